"""Decoding is bounded by the bytes that a file holds, not by what it promises."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from data.errors import UnreadableVideo
from data.video.children.pool import decode_one
from data.video.decoders.work import FREE_PIXELS, PIXELS_PER_BYTE, Work
from data.video.types import DecodeRequest, FrameSpec

SPEC = FrameSpec(16, 16)


def empty_gif(path: Path, side_px: int, n_frames: int) -> Path:
    """A GIF whose pictures are one dot each, 23 bytes, on a canvas of any size."""
    head = b"GIF89a" + struct.pack("<HHBBB", side_px, side_px, 0x80, 0, 0) + bytes(3) + b"\xff" * 3
    control = b"\x21\xf9\x04\x00" + struct.pack("<H", 1) + b"\0\0"
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    path.write_bytes(head + (control + picture) * n_frames + b";")
    return path


def test_a_file_may_cost_what_its_bytes_pay_for() -> None:
    work = Work(1000)
    work.count(1000, 1000, frames=FREE_PIXELS // 10**6 + PIXELS_PER_BYTE // 1000)
    with pytest.raises(UnreadableVideo, match="more work than a file of this size"):
        work.count(1, 1)


def test_a_plan_that_costs_too_much_is_cut_short_at_once() -> None:
    work = Work(100_000)
    work.expect(6, 1000, 1000)
    work.count(1000, 1000, frames=6000)
    work.expect(10**6, 1000, 1000)
    work.count(1000, 1000, frames=FREE_PIXELS // 10**6)
    with pytest.raises(UnreadableVideo, match=r"1000000 pictures of 1000x1000 in 0\.1 MB"):
        work.count(1, 1)


def test_a_gif_of_endless_empty_pictures_is_read_in_part_with_the_reason(tmp_path: Path) -> None:
    bomb = empty_gif(tmp_path / "bomb.gif", 3000, 20_000)
    pixels, _, ending = decode_one(DecodeRequest(bomb, SPEC))
    assert ending.state == "partial"
    assert ending.reason.startswith("stopped: 199")
    assert "pictures of 3000x3000 in 0.5 MB" in ending.reason
    assert 1 <= len(pixels) <= FREE_PIXELS // 3000**2 / 100 * 2 + 1


def test_a_gif_of_as_many_small_pictures_is_done(tmp_path: Path) -> None:
    gif = empty_gif(tmp_path / "small.gif", 64, 20_000)
    pixels, _, ending = decode_one(DecodeRequest(gif, SPEC))
    assert (ending.state, ending.reason) == ("done", "")
    assert len(pixels) == 400
