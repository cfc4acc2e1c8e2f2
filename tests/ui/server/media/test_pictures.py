"""The pictures and previews of the real server."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from data.video.children.pool import decode_one
from data.video.types import DecodeRequest, FrameSpec
from tests.ui.conftest import Odd


@pytest.mark.parametrize(("time_s", "grey"), [(0.2, 240), (2.2, 160), (4.2, 80)])
def test_a_picture_shows_the_asked_time(odd: Odd, time_s: float, grey: int) -> None:
    status, headers, body = odd.server.ask(f"/api/v1/thumbs/{odd.ids['grey.mp4']}?t={time_s}")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    pixels = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (270, 480, 3)
    assert abs(float(pixels.mean()) - grey) < 6


def test_a_time_that_the_video_does_not_have_is_404(odd: Odd) -> None:
    # The last frame of a moment may lie at the very end.
    assert odd.server.ask(f"/api/v1/thumbs/{odd.ids['grey.mp4']}?t=5.0")[0] == 200
    assert odd.server.ask(f"/api/v1/previews/{odd.ids['grey.mp4']}?start=500&end=501")[0] == 404
    for time in ("500", "1e9"):
        assert odd.server.ask(f"/api/v1/thumbs/{odd.ids['grey.mp4']}?t={time}")[0] == 404
    for time in ("-1", "nan", "inf", "x"):
        assert odd.server.ask(f"/api/v1/thumbs/{odd.ids['grey.mp4']}?t={time}")[0] == 400


def test_pictures_are_kept_in_the_cache(odd: Odd) -> None:
    folder = odd.home / "cache" / "thumbnails"
    odd.server.ask(f"/api/v1/thumbs/{odd.ids['grey.mp4']}?t=1.11")
    # Beside it the server makes pictures of new videos.
    kept = {each: each.stat().st_mtime_ns for each in folder.glob("[!.]*")}
    odd.server.ask(f"/api/v1/thumbs/{odd.ids['grey.mp4']}?t=1.11")
    assert {each: each.stat().st_mtime_ns for each in kept} == kept
    # The cache may be deleted at any time.
    for path in kept:
        path.unlink()
    assert odd.server.ask(f"/api/v1/thumbs/{odd.ids['grey.mp4']}?t=1.11")[0] == 200


def test_a_gif_is_played_as_an_mp4_of_the_moment(odd: Odd, tmp_path: Path) -> None:
    path = f"/api/v1/previews/{odd.ids['grey.gif']}?start=2&end=4"
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
    assert odd.server.ask(f"/api/v1/previews/{odd.ids['grey.gif']}?start=4&end=2")[0] == 404
