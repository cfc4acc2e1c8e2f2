"""Files that browsers cannot play come as streams, whole; parts of videos as downloads."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest

from data.video.decoders.opening import open_video
from tests.ui.conftest import Odd
from ui.server.media.streams import media_playlist, n_pieces


def test_a_gif_streams_whole(odd: Odd, tmp_path: Path) -> None:
    """It darkens by the second, from 240 to 80 in five."""
    base = f"/api/v1/streams/{odd.ids['grey.gif']}"
    status, headers, body = odd.server.ask(f"{base}/index.m3u8")
    assert (status, headers["content-type"]) == (200, "application/vnd.apple.mpegurl")
    lines = body.decode().splitlines()
    assert lines[0] == "#EXTM3U"
    assert 'CODECS="avc1.' in body.decode()
    assert lines[-1] == "media.m3u8"
    listed = odd.server.ask(f"{base}/media.m3u8")[2].decode().splitlines()
    pieces = [line for line in listed if line and not line.startswith("#")]
    assert pieces == ["0.m4s", "1.m4s"]
    assert sum(float(line[8:-1]) for line in listed if line.startswith("#EXTINF:")) == 5.0
    content = b"".join(odd.server.ask(f"{base}/{name}")[2] for name in ("head.mp4", *pieces))
    whole = tmp_path / "whole.mp4"
    whole.write_bytes(content)
    with open_video(whole) as video:
        assert video.table.end_s == pytest.approx(5.0, abs=0.11)
        assert video.table.has_times
    again = b"".join(odd.server.ask(f"{base}/{name}")[2] for name in ("head.mp4", *pieces))
    assert again == content


@pytest.mark.parametrize("name", ["2.m4s", "99999.m4s", "x.m4s", "-1.m4s", "..%2f..%2fpasswd"])
def test_there_is_no_other_piece(odd: Odd, name: str) -> None:
    status, _, body = odd.server.ask(f"/api/v1/streams/{odd.ids['grey.gif']}/{name}")
    assert status in (400, 404)
    assert json.loads(body)["code"]


def test_what_cannot_be_converted_is_told_once_and_for_all(odd: Odd) -> None:
    content = (odd.folder / "spoilt.mp4").read_bytes()
    (odd.folder / "spoilt.mp4").write_bytes(b"no video any more" * 99)
    try:
        status, _, body = odd.server.ask(f"/api/v1/streams/{odd.ids['spoilt.mp4']}/0.m4s")
    finally:
        (odd.folder / "spoilt.mp4").write_bytes(content)
    assert status == 422
    told = json.loads(body)
    assert told["code"] == "cannot_convert"
    assert str(odd.folder) not in body.decode()


def test_a_clip_is_a_download_with_its_name(odd: Odd, tmp_path: Path) -> None:
    address = f"/api/v1/clips/{odd.ids['grey.mp4']}?start=1.5&end=3&name={quote('käse/é')}"
    status, headers, body = odd.server.ask(address)
    assert status == 200
    assert headers["content-type"] == "video/mp4"
    assert "filename*=UTF-8''k%C3%A4se_%C3%A9.mp4" in headers["content-disposition"]
    (tmp_path / "clip.mp4").write_bytes(body)
    with open_video(tmp_path / "clip.mp4") as video:
        assert video.table.end_s == pytest.approx(1.5, abs=0.11)
    assert "x-reelwise-begins-earlier-s" in headers


def test_a_fast_clip_says_how_much_earlier_it_begins_also_the_second_time(odd: Odd) -> None:
    with open_video(odd.folder / "grey.mp4") as video:
        table = video.table
        keys_s = [table.seconds(int(pts)) for pts in table.pts[table.is_key]]
    earlier_s = 1.5 - max(each for each in keys_s if each <= 1.5)
    assert earlier_s > 0.1
    address = f"/api/v1/clips/{odd.ids['grey.mp4']}?start=1.5&end=3&fast=1"
    for _ in range(2):
        status, headers, _ = odd.server.ask(address, method="HEAD")
        assert status == 200
        assert float(headers["x-reelwise-begins-earlier-s"]) == pytest.approx(earlier_s)


@pytest.mark.parametrize(
    "given", ["start=3&end=2", "start=1", "start=0&end=x", "start=0&end=1&path=/etc/passwd"]
)
def test_a_clip_that_is_none_is_refused(odd: Odd, given: str) -> None:
    assert odd.server.ask(f"/api/v1/clips/{odd.ids['grey.mp4']}?{given}")[0] == 400


def test_a_playlist_adds_up_to_the_length_of_the_video() -> None:
    for length_s, n in ((0.0, 1), (0.1, 1), (4.0, 1), (4.0001, 1), (4.5, 2), (139.4, 35)):
        assert n_pieces(length_s) == n
        listed = BytesIO(media_playlist(length_s).encode()).read().decode()
        parts = [float(line[8:-1]) for line in listed.split() if line.startswith("#EXTINF:")]
        assert len(parts) == n
        assert sum(parts) == pytest.approx(max(length_s, 0.1), abs=0.01)
