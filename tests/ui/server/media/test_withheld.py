"""Pictures, previews, strips, streams and files of what moderation does not show."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from data.home import resolve_home
from data.review.deciding import Deciding, Decision
from data.video.excerpts.source import Source
from data.video.types import Pixels
from data.video.write import write_video
from indexer.build.pipeline import index_library
from tests.data.review.made import find, set_policy
from tests.fakes import ColourEncoder
from tests.indexer.made import paint
from ui.api.application import build_api
from ui.api.served import VISITOR, Served, Visitor
from ui.library.library import Library
from ui.server.media.frames import FrameSource
from ui.server.media.routes import media_routes, video_routes

pytestmark = pytest.mark.long(9)

STREAM = ("head.mp4", "0.m4s", "1.m4s", "2.m4s")
OWNER, VIEWER = Visitor("ann", "owner"), Visitor("eva", "viewer")


class As:
    """The application, asked by somebody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.visitor = OWNER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, VISITOR: self.visitor}, receive, send)


class Asked:
    """Two videos: red from 4 to 8 s, else blue; and a board of small squares."""

    def __init__(self, library: Library, frames: FrameSource) -> None:
        self.catalogue = library.catalogue
        api = build_api(Served(library), (media_routes.router, video_routes.router))
        api.state.files = media_routes.Files(library, frames)
        api.state.player_files = video_routes.PlayerFiles(library, frames)
        self._app = As(api)
        self._client = TestClient(self._app)

    def get(self, path: str, visitor: Visitor = OWNER) -> Any:
        self._app.visitor = visitor
        return self._client.get(path)

    def status(self, path: str, visitor: Visitor = OWNER) -> int:
        return int(self.get(path, visitor).status_code)

    def picture(self, path: str) -> np.ndarray[Any, Any]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    home, folder = resolve_home(tmp_path / "home"), tmp_path / "films"
    paint(folder / "red.mp4", ("blue", 4.0), ("red", 4.0), ("blue", 4.0))
    board = np.kron(np.indices((24, 24)).sum(0) % 2, np.full((2, 2), 255, np.uint8))
    squares = np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8)
    write_video(folder / "squares.mp4", [squares] * 60, fps=5)
    index_library(home, [folder], ColourEncoder())
    frames = FrameSource()
    with Library(home.root) as library:
        set_policy(library.catalogue)
        yield Asked(library, frames)
    frames.close()


def pictures(file: Path) -> list[Pixels]:
    with Source.opened(file) as source:
        return [each for _, each in source.pictures(0.0, source.length_s)]


def test_a_withheld_part_is_served_to_nobody_who_does_not_ask_for_it(asked: Asked) -> None:
    whole = ("/media/1",)
    inside = ("/thumbs/1?t=5", "/previews/1?start=3&end=6", "/clips/1?start=5&end=6")
    outside = ("/thumbs/1?t=1", "/thumbs/1?t=9", "/previews/1?start=9&end=10")
    before = asked.get("/thumbs/1?t=5")
    assert before.status_code == 200
    find(asked.catalogue, "fights", (1, 4.0, 8.0, 0.9))
    for path in (*whole, *inside):
        refused = asked.get(path)
        assert (path, refused.status_code) == (path, 404)
        assert refused.json()["code"] == "withheld"
        assert "case 1" in refused.json()["error"]
        told = asked.get(path, VIEWER)
        assert told.status_code == 404
        assert "case" not in told.json()["error"]
    for path in outside:
        assert (path, asked.status(path)) == (path, 200)
    for path in ("/media/1", "/thumbs/1?t=5"):
        show = f"{path}{'&' if '?' in path else '?'}show=1"
        assert asked.status(show) == 200
        assert asked.status(show, VIEWER) == 403
    Deciding(asked.catalogue).decide(1, Decision("allow", "ann", "fine"))
    assert asked.status("/media/1", VIEWER) == 200
    assert asked.get("/thumbs/1?t=5").content == before.content


def test_a_blurred_part_is_blurred_until_somebody_asks(asked: Asked) -> None:
    find(asked.catalogue, "blood", (1, 4.0, 8.0, 0.9))
    clear, plain = asked.picture("/thumbs/1?t=5&show=1"), asked.picture("/thumbs/1?t=5")
    # Bars stand beside a square frame: its edge is sharp where it is shown as it is.
    assert np.abs(np.diff(clear[100, :, 0])).max() > 3 * np.abs(np.diff(plain[100, :, 0])).max()
    assert asked.status("/thumbs/1?t=5&show=1", VIEWER) == 200
    same = asked.picture("/thumbs/1?t=1"), asked.picture("/thumbs/1?t=1&show=1")
    assert (same[0] == same[1]).all()
    assert asked.get("/previews/1?start=4&end=6").content != (
        asked.get("/previews/1?start=4&end=6&show=1").content
    )
    assert asked.status("/media/1", VIEWER) == 200


def test_a_stream_is_black_where_it_is_withheld_and_an_owner_may_see_it(
    asked: Asked, tmp_path: Path
) -> None:
    def reds(show: str = "", visitor: Visitor = OWNER) -> list[bool]:
        answers = [asked.get(f"/streams/1/{each}{show}", visitor) for each in STREAM]
        assert [answer.text for answer in answers if answer.status_code != 200] == []
        film = tmp_path / "stream.mp4"
        film.write_bytes(b"".join(answer.content for answer in answers))
        return [bool(each[24, 24, 0] > 150) for each in pictures(film)]

    before = reds()
    assert 0.2 < np.mean(before) < 0.5
    find(asked.catalogue, "fights", (1, 4.0, 8.0, 0.9))
    assert not any(reds())
    assert not any(reds(visitor=VIEWER))
    assert reds("?show=1") == before
    assert asked.status("/streams/1/1.m4s?show=1", VIEWER) == 403
    assert asked.status("/streams/1/index.m3u8", VIEWER) == 200
    assert "no-cache" in asked.get("/streams/1/1.m4s").headers["cache-control"]


def test_a_file_of_a_blurred_part_is_blurred_until_somebody_asks(
    asked: Asked, tmp_path: Path
) -> None:
    def contrast(query: str) -> int:
        answer = asked.get(f"/clips/2?start=3&end=6{query}", VIEWER)
        assert answer.status_code == 200, answer.text
        (tmp_path / "clip.mp4").write_bytes(answer.content)
        return int(np.ptp(pictures(tmp_path / "clip.mp4")[-1]))

    assert contrast("") > 150
    find(asked.catalogue, "blood", (2, 4.0, 8.0, 0.9))
    assert contrast("&show=1") > 150
    assert contrast("") < 60
    fast = asked.get("/clips/2?start=3&end=6&fast=1", VIEWER)
    assert (fast.status_code, "blurred" in fast.json()["error"]) == (400, True)
    assert asked.status("/clips/2?start=3&end=6&fast=1&show=1", VIEWER) == 200
    assert asked.status("/clips/2?start=0&end=3&fast=1", VIEWER) == 200


def test_an_owner_may_see_a_withheld_part_blurred(asked: Asked) -> None:
    find(asked.catalogue, "fights", (1, 4.0, 8.0, 0.9))
    assert asked.status("/thumbs/1?t=5&show=blurred") == 200
    assert asked.status("/previews/1?start=4&end=6&show=blurred") == 200
    assert asked.status("/thumbs/1?t=5&show=blurred", VIEWER) == 403


def test_a_strip_leaves_out_what_is_withheld(asked: Asked) -> None:
    def red(strip: np.ndarray[Any, Any]) -> int:
        return int((strip[45, :, 0] > 150).sum())

    assert red(asked.picture("/strips/1")) > 500
    find(asked.catalogue, "fights", (1, 4.0, 8.0, 0.9))
    assert red(asked.picture("/strips/1")) == 0
    assert red(asked.picture("/strips/1?show=1")) > 500


def test_browsers_ask_again_where_there_are_cases(asked: Asked) -> None:
    assert "no-cache" in asked.get("/thumbs/1?t=1").headers["cache-control"]
