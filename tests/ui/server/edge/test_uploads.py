"""Uploads are refused before they are read where there is no room, and come a few at a time."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

from ui.server.edge import uploads
from ui.server.edge.uploads import HELD_BYTES, UPLOADS, UPLOADS_AT_ONCE, VisitorLimits

PATH = f"{UPLOADS[0]}/session/file"
MOST = 1 << 20


class Room:
    """Receives uploads, and says how many came at once."""

    def __init__(self) -> None:
        self.held = 0
        self.read = self.at_once = self.most_at_once = 0

    async def put(self, request: Request) -> PlainTextResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.read += len(await request.body())
        await asyncio.sleep(0.02)
        self.at_once -= 1
        return PlainTextResponse("kept", status_code=204)


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive()


def application(room: Room) -> Starlette:
    limits = Middleware(VisitorLimits, most_bytes=MOST, held_bytes=lambda: room.held)
    routes = [Route(PATH, room.put, methods=["PUT", "POST"]), WebSocketRoute("/talk", talk)]
    return Starlette(routes=routes, middleware=[limits])


def test_uploads_are_received_a_few_at_a_time() -> None:
    room = Room()

    async def send_all() -> list[int]:
        transport = httpx.ASGITransport(app=application(room))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answers = await asyncio.gather(*(client.put(PATH, content=b"abc") for _ in range(50)))
        return [answer.status_code for answer in answers]

    assert asyncio.run(send_all()) == [204] * 50
    assert room.most_at_once == UPLOADS_AT_ONCE
    assert room.read == 150


def endless() -> Iterator[bytes]:
    yield b"no length is told"


def test_what_has_no_room_is_refused_before_it_is_read() -> None:
    room = Room()
    client = TestClient(application(room))
    assert client.put(PATH, content=endless()).status_code == 411
    large = {"content-length": str(MOST + (2 << 20))}
    assert client.put(PATH, content=b"", headers=large).status_code == 413
    room.held = HELD_BYTES
    full = client.post(PATH, content=b"abc")
    assert (full.status_code, full.json()["code"]) == (503, "busy")
    assert room.read == 0
    room.held = 0
    assert client.put(PATH, content=b"abc").status_code == 204


def test_an_upload_that_never_ends_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "RECEIVE_S", 0.05)
    room = Room()
    app = application(room)

    async def dribble() -> list[int]:
        statuses: list[int] = []

        async def receive() -> Message:
            await asyncio.sleep(3600)
            return {}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        headers = [(b"content-length", b"100")]
        scope: Scope = {"type": "http", "method": "PUT", "path": PATH, "headers": headers}
        scope["query_string"] = b""
        for _ in range(2 * UPLOADS_AT_ONCE):
            await app(dict(scope), receive, send)
        return statuses

    assert asyncio.run(dribble()) == [408] * (2 * UPLOADS_AT_ONCE)


def test_open_pages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PAGES_AT_ONCE", 2)
    client = TestClient(application(Room()))
    with client.websocket_connect("/talk"), client.websocket_connect("/talk"):
        with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/talk"):
            pass
        assert refused.value.code == 1013
    with client.websocket_connect("/talk"):
        pass
