"""The JSON API and the pictures of the real server."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data.video.children.pool import decode_one
from data.video.types import DecodeRequest, FrameSpec
from tests.ui.conftest import Odd, Server, ask


def test_search_answers_as_the_command_does(
    server: Server, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, document = server.json("/api/search?q=a%20red%20car&k=3")
    assert status == 200
    told = ask(capsys, "search", "a red car", "-k", "3", home=home)
    for each in (document, told):
        each.pop("took_ms")
    assert document == told


def test_similar_recommend_and_status_answer(server: Server) -> None:
    assert server.json("/api/similar?video=1&k=2")[1]["hits"]
    assert server.json("/api/similar?video=1@0-2")[1]["hits"]
    assert server.json("/api/recommend?user=stranger&k=2")[1]["items"]
    assert server.json("/api/status?failed=1")[1]["failures"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/search",
        "/api/search?q=",
        "/api/search?q=x&k=0",
        "/api/search?q=x&k=1000000",
        "/api/search?q=x&k=many",
        "/api/search?q=x&min_relevance=nan",
        "/api/search?q=" + "x" * 5000,
        "/api/similar?video=/etc/passwd",
        "/api/similar?video=..%2Fx",
        "/api/similar?video=1@9-1",
        "/api/recommend",
    ],
)
def test_a_wrong_request_is_4xx_with_both_lines(server: Server, path: str) -> None:
    status, document = server.json(path)
    assert 400 <= status < 500
    assert set(document) == {"error", "fix"}


@pytest.mark.parametrize("path", ["similar?video=999999", "recommend?user=a&playing=999999"])
def test_a_video_that_is_not_there_is_404(server: Server, path: str) -> None:
    status, document = server.json(f"/api/{path}")
    assert status == 404
    assert "999999" in document["error"]


@pytest.mark.parametrize(("time_s", "grey"), [(0.2, 240), (2.2, 160), (4.2, 80)])
def test_a_picture_shows_the_asked_time(odd: Odd, time_s: float, grey: int) -> None:
    status, headers, body = odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t={time_s}")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    pixels = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (270, 480, 3)
    assert abs(float(pixels.mean()) - grey) < 6


def test_a_time_after_the_end_shows_the_beginning_and_nonsense_is_refused(odd: Odd) -> None:
    assert odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t=500")[0] == 200
    for time in ("-1", "nan", "inf", "x", "1e9"):
        assert odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t={time}")[0] == 404


def test_pictures_are_kept_in_the_cache(odd: Odd) -> None:
    folder = odd.home / "cache" / "thumbnails"
    odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t=1.11")
    kept = set(folder.iterdir())
    odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t=1.11")
    assert set(folder.iterdir()) == kept
    # The cache may be deleted at any time.
    for path in kept:
        path.unlink()
    assert odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t=1.11")[0] == 200


def test_a_gif_is_played_as_an_mp4_of_the_moment(odd: Odd, tmp_path: Path) -> None:
    path = f"/api/previews/{odd.ids['grey.gif']}?start=2&end=4"
    status, headers, body = odd.server.ask(path)
    assert (status, headers["content-type"]) == (200, "video/mp4")
    preview = tmp_path / "preview.mp4"
    preview.write_bytes(body)
    info = decode_one(DecodeRequest(preview, FrameSpec(16, 16)))[2].info
    assert info is not None
    assert info.codec == "h264"
    assert info.duration_s == pytest.approx(2.0, abs=0.15)
    status, _, part = odd.server.ask(path, headers={"Range": "bytes=0-9"})
    assert (status, part) == (206, body[:10])
    assert odd.server.ask(f"/api/previews/{odd.ids['grey.gif']}?start=4&end=2")[0] == 404
