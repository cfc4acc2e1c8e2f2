"""Pictures wait for their turn without holding up anything else, and end with their visitor."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from data.video.children.pool import DecodingStopped, StillWanted
from ui.server.media.cache import FileCache
from ui.server.media.turns import Turns, Unmade

N_PICTURES = 60
"""More than the 40 threads in which starlette answers."""


class Kitchen:
    """Makes files when it is let, and counts."""

    def __init__(self, folder: Path) -> None:
        self._cache = FileCache(folder, 10**6)
        self._lock = threading.Lock()
        self.open = threading.Event()
        self.at_once = self.most_at_once = self.begun = self.left = 0

    def picture(self, name: str) -> Response | Unmade:
        return Unmade(self._cache, name, self.draw, {"x-kept": "1"})

    def draw(self, draft: Path, still_wanted: StillWanted) -> bool:
        with self._lock:
            self.begun += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            while not self.open.wait(0.01):
                still_wanted()
            draft.write_bytes(b"done")
        except Exception:
            self.left += 1
            raise
        finally:
            self.at_once -= 1
        return True


def application(kitchen: Kitchen, places: int) -> Starlette:
    def search(request: Request) -> Response:
        return PlainTextResponse("found")

    turns = Turns(places)

    async def picture(request: Request) -> Response:
        name = request.path_params["name"]
        return await turns.answer(request, lambda: kitchen.picture(name))

    return Starlette(routes=[Route("/search", search), Route("/thumbs/{name}", picture)])


def test_a_search_is_answered_while_more_pictures_wait_than_there_are_threads(
    tmp_path: Path,
) -> None:
    kitchen = Kitchen(tmp_path)

    async def visit() -> None:
        transport = httpx.ASGITransport(app=application(kitchen, 2))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            waiting = [
                asyncio.create_task(client.get(f"/thumbs/{at}.jpg")) for at in range(N_PICTURES)
            ]
            while kitchen.begun < 2:
                await asyncio.sleep(0.01)
            found = await asyncio.wait_for(client.get("/search"), 60)
            assert found.text == "found"
            assert not any(task.done() for task in waiting)
            kitchen.open.set()
            answers = await asyncio.wait_for(asyncio.gather(*waiting), 60)
            assert all(answer.text.startswith("done") for answer in answers)
            assert answers[0].headers["x-kept"] == "1"
            # What is in the cache needs no turn.
            again = await client.get("/thumbs/0.jpg")
            assert (again.text[:4], kitchen.begun) == ("done", N_PICTURES)

    asyncio.run(visit())
    assert kitchen.most_at_once == 2


def test_a_visitor_who_leaves_ends_the_work_and_what_waited_is_never_begun(
    tmp_path: Path,
) -> None:
    kitchen = Kitchen(tmp_path)
    app = application(kitchen, 1)

    async def visit(name: str, gone: asyncio.Event) -> list[Message]:
        sent: list[Message] = []
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            for message in messages:
                return message
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/thumbs/{name}",
            "headers": [],
            "query_string": b"",
        }
        await app(scope, receive, send)
        return sent

    async def all_visits() -> None:
        first_gone, second_gone, stays = asyncio.Event(), asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(visit("a.jpg", first_gone))
        while kitchen.begun < 1:
            await asyncio.sleep(0.01)
        second = asyncio.create_task(visit("b.jpg", second_gone))
        third = asyncio.create_task(visit("c.jpg", stays))
        await asyncio.sleep(0.1)
        second_gone.set()
        await asyncio.wait_for(second, 60)
        assert kitchen.begun == 1
        first_gone.set()
        sent = await asyncio.wait_for(first, 60)
        assert sent[0]["status"] == 499
        kitchen.open.set()
        sent = await asyncio.wait_for(third, 60)
        assert sent[0]["status"] == 200

    asyncio.run(all_visits())
    assert (kitchen.begun, kitchen.left) == (2, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["c.jpg"]


def test_a_server_that_stops_says_so(tmp_path: Path) -> None:
    def stop(draft: Path, still_wanted: StillWanted) -> bool:
        raise DecodingStopped

    response = Unmade(FileCache(tmp_path, 10), "a", stop).make(lambda: None)
    assert response.status_code == 503
    assert b'"error": "decoding was stopped"' in response.body
