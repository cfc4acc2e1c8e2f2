"""What each first bytes and name make of a file: a video, something passed over, or no video."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.errors import UnreadableVideo
from data.video.containers import HEAD_BYTES, kind_by_name, kind_of, sniff

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(os.environ.get("REELWISE_CASES", ROOT / "../shared/cases"))


def packets(step: int, n: int = 20) -> bytes:
    packet = bytes((0x47, 0x01, 0x00, 0x10)) + bytes(range(184))
    lead = bytes(4) if step == 192 else b""
    return (lead + packet + bytes(step - 188 - len(lead))) * n


H264 = bytes.fromhex("00000001 0910 00000001 6764 000b ac d9 00000001 65 88")
HEVC = bytes.fromhex("00000001 4001 0c01 ffff 00000001 4201 01 01")


@pytest.mark.parametrize("step", [188, 192, 204])
@pytest.mark.parametrize("cut", [0, 1, 100, 187])
def test_a_transport_stream_may_begin_inside_a_packet(step: int, cut: int) -> None:
    assert kind_of("x", packets(step)[cut:][:HEAD_BYTES]).container == "mpegts"


def test_bytes_like_packets_are_no_transport_stream() -> None:
    assert kind_of("x", b"G" * HEAD_BYTES).standing == "other"
    assert kind_of("x", packets(188)[:180]).standing == "other"
    assert kind_of("x", os.urandom(HEAD_BYTES)).standing == "other"


@pytest.mark.parametrize("box", ["uuid", "free", "skip", "wide", "pnot", "sidx", "styp"])
def test_an_mp4_may_begin_with_another_box(box: str) -> None:
    head = b"\0\0\0\x20" + box.encode() + bytes(24) + b"\0\0\0\x18ftypisom" + bytes(12)
    assert kind_of("x", head).container == "mp4"


def test_text_that_spells_a_box_is_no_mp4() -> None:
    assert kind_of("x", b"The free encyclopedia " * 9).standing == "other"


@pytest.mark.parametrize(
    ("name", "head", "container"),
    [
        ("x", H264, "h264"),
        ("x", HEVC, "hevc"),
        ("x", b"DKIF\0\0\x20\0VP80" + bytes(40), "ivf"),
        ("x", b"YUV4MPEG2 W160 H120 F25:1\n", "y4m"),
        ("x", bytes(9) + bytes.fromhex("060e2b34020501010d0102010102") + bytes(40), "mxf"),
        ("x", b"\x1f\x07\x00\xbf" + bytes(90), "dv"),
        ("x", b".RMF\0\0\0\x12" + bytes(40), "realmedia"),
        ("x", b"nut/multimedia container\0" + bytes(40), "nut"),
        ("x.mjpeg", b"\xff\xd8\xff\xe0" + bytes(40), "mjpeg"),
        ("x.ogg", b"OggS" + bytes(24) + b"\x80theora" + bytes(40), "ogg"),
        ("x", b"\0\0\x01\xb0\x01\0\0\x01\xb5" + bytes(40), "mpeg4video"),
    ],
)
def test_raw_streams_and_rarer_containers_are_videos(
    name: str, head: bytes, container: str
) -> None:
    assert kind_of(name, head).standing == "video"
    assert kind_of(name, head).container == container


@pytest.mark.parametrize(
    ("name", "head", "what"),
    [
        ("x.yuv", bytes(range(200)), "raw pixels"),
        ("x", b"BIKi" + bytes(40), "game"),
        ("clip.r3d", bytes(range(200)), "camera"),
        ("x.swf", b"CWS\x09" + bytes(40), "Flash"),
        ("film.mp4.part", b"\0\0\0\x18ftypisom" + bytes(40), "unfinished"),
        ("film.iso", bytes(64), "disc"),
    ],
)
def test_moving_pictures_that_are_not_read_say_why(name: str, head: bytes, what: str) -> None:
    kind = kind_of(name, head)
    assert kind.standing == "passed over"
    assert what in kind.what


@pytest.mark.parametrize(
    ("name", "head", "what"),
    [
        ("song.mp3", b"ID3" + bytes(40), "sound"),
        ("song.ogg", b"OggS" + bytes(24) + b"\x01vorbis" + bytes(40), "sound"),
        ("app.ts", b"export const answer: number = 42;\n" * 9, "text"),
        ("x", b"\0\0\0\x18ftypavif" + bytes(40), "picture"),
        ("x.heic", b"\0\0\0\x18ftypheic" + bytes(40), "picture"),
        ("x", b"\xff\xd8\xff\xe0" + bytes(40), "picture"),
    ],
)
def test_sound_pictures_and_text_are_told_apart(name: str, head: bytes, what: str) -> None:
    kind = kind_of(name, head)
    assert kind.standing == "other"
    assert what in kind.what


def test_a_damaged_file_named_as_a_video_stays_one() -> None:
    kind = kind_of("holiday.mp4", b"\0" * 64)
    assert (kind.standing, kind.container) == ("video", "")
    assert "zeros" in kind.what
    assert kind_by_name("holiday.mp4") is not None
    assert kind_by_name("app.ts") is None


def test_what_is_passed_over_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.bik"
    path.write_bytes(b"BIKi" + bytes(100))
    with pytest.raises(UnreadableVideo, match="not read: a video of an old game"):
        sniff(path)


@pytest.mark.skipif(not CASES.is_dir(), reason=f"no cases at {CASES} (REELWISE_CASES)")
def test_each_case_is_a_video() -> None:
    paths = sorted((CASES / "video").iterdir())
    kinds = {p.name: kind_of(p.name, p.read_bytes()[:HEAD_BYTES]) for p in paths}
    assert {name for name, kind in kinds.items() if kind.standing != "video"} == set()
