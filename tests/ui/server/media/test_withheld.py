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
from indexer.build.pipeline import index_library
from tests.data.review.made import find, set_policy
from tests.fakes import ColourEncoder
from tests.indexer.made import paint
from ui.api.application import build_api
from ui.api.served import VISITOR, Served, Visitor
from ui.library.library import Library
from ui.server.media import media_routes, video_routes
from ui.server.media.frames import FrameSource
from ui.server.media.withheld import blurred

OWNER, VIEWER = Visitor("ann", "owner"), Visitor("eva", "viewer")


class As:
    """The application, asked by somebody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.visitor = OWNER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, VISITOR: self.visitor}, receive, send)


class Asked:
    """A video, red from 4 to 8 s, else blue; the rule has found the red part."""

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
    index_library(home, [folder], ColourEncoder())
    frames = FrameSource()
    with Library(home.root) as library:
        set_policy(library.catalogue)
        yield Asked(library, frames)
    frames.close()


def test_a_withheld_part_is_served_to_nobody_who_does_not_ask_for_it(asked: Asked) -> None:
    whole = ("/media/1", "/streams/1/index.m3u8", "/streams/1/media.m3u8", "/streams/1/head.mp4")
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


def test_what_is_blurred_tells_nothing_of_small_things() -> None:
    pixels = np.zeros((270, 480, 3), np.uint8)
    pixels[::8, ::8] = 255
    assert np.ptp(blurred(pixels).astype(int)) < 12
