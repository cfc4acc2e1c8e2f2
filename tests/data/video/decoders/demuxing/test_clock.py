"""Time stamps that start anew, leap or lie: every part is seen, in order, on one clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import data.video.decoders.demuxing.packets
from data.video.children.pool import decode_one
from data.video.decoders.demuxing.clock import part_starts, shifts
from data.video.types import DecodeRequest, FrameSpec
from tests.data.paint import CYCLE, numbers, paint

SPEC = FrameSpec(16, 16)
BACK, LEAP = 10, 36_000


def starts(pts: list[int], keys: list[int], *, leap: int | None = None) -> list[int]:
    is_key = np.isin(np.arange(len(pts)), keys)
    found: list[int] = part_starts(np.array(pts), is_key, back=BACK, leap=leap).tolist()
    return found


def joined(pts: list[int], keys: list[int]) -> list[int]:
    is_key = np.isin(np.arange(len(pts)), keys)
    found = part_starts(np.array(pts), is_key, back=BACK, leap=LEAP)
    ticks = np.ones(len(pts), np.int64)
    on_clock: list[int] = (np.array(pts) + shifts(np.array(pts), ticks, found)).tolist()
    return on_clock


def test_a_clock_that_only_grows_is_the_file_s_own() -> None:
    in_order = list(range(100))
    reordered = [at + (2, -1, -1)[at % 3] for at in range(99)]
    assert starts(in_order, [0, 50]) == starts(reordered, [0, 51]) == starts([], []) == []
    leading = [*range(20), 25, 22, 23, 24, *range(26, 40)]
    assert starts(leading, [0, 20]) == []


def test_a_key_frame_that_lies_before_the_frames_before_it_begins_a_part() -> None:
    pts = [*range(100, 130), *range(40), *range(60)]
    assert starts(pts, [0, 30, 70]) == [30, 70]
    assert joined(pts, [0, 30, 70]) == list(range(100, 230))


def test_what_is_left_of_a_group_begins_a_part_without_its_key_frame() -> None:
    pts = [*range(500, 560), *range(10, 50)]
    assert starts(pts, [0, 30, 65]) == [60]


def test_one_wrong_time_stamp_begins_no_part() -> None:
    for wrong in (-5000, 5_000_000):
        pts = list(range(100))
        pts[40] = wrong
        assert starts(pts, [0, 40, 70], leap=LEAP) == starts(pts, [0, 30, 70], leap=LEAP) == []


def test_a_leap_begins_a_part_only_where_the_clock_is_a_sender_s() -> None:
    pts = [*range(50), *range(100_000, 100_050)]
    assert starts(pts, [0, 50], leap=LEAP) == [50]
    assert starts(pts, [0, 50]) == []
    assert starts([*range(50), *range(20_000, 20_050)], [0, 50], leap=LEAP) == []


def test_time_stamps_that_start_anew_all_the_time_say_nothing() -> None:
    assert starts([at % 4 * 20 for at in range(100)], list(range(100))) == []


def two_in_one(folder: Path, name: str, *, second_s: float) -> Path:
    """Frames 0 to 29 and then, by another clock, frames 10 to 29, in one file."""
    first = paint(folder / f"1.{name}", n=30, g=10)
    times_s = [second_s + at / 10 for at in range(20)]
    second = paint(folder / f"2.{name}", times_s=times_s, first=10, g=10)
    whole = folder / f"whole.{name}"
    head_bytes = 13 if name == "flv" else 0
    whole.write_bytes(first.read_bytes() + second.read_bytes()[head_bytes:])
    return whole


@pytest.mark.parametrize("name", ["ts", "mkv", "flv"])
@pytest.mark.parametrize("second_s", [0.0, 1.5])
def test_both_of_two_recordings_in_one_file_are_seen(
    name: str, second_s: float, tmp_path: Path
) -> None:
    path = two_in_one(tmp_path, name, second_s=second_s)
    pixels, times_s, ending = decode_one(DecodeRequest(path, SPEC))
    assert (ending.state, ending.reason) == ("done", "")
    assert numbers(pixels) == [0, 5, 10, 15, 20, 25, 10, 15, 20, 25]
    assert times_s == pytest.approx(np.arange(10) / 2, abs=0.011)
    assert ending.info is not None
    assert ending.info.duration_s == pytest.approx(5.0, abs=0.11)


def test_a_part_is_found_again_in_a_large_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = two_in_one(tmp_path, "ts", second_s=0.0)
    monkeypatch.setattr(data.video.decoders.demuxing.packets, "KEEP_PACKETS_BYTES", 500)
    from tests.data.video.decoders.test_decoders import sampled

    assert sampled(path, fps=2.0, start_s=3.5, end_s=4.5) == ([15, 20], [3.5, 4.0])


def test_a_sender_s_clock_may_leap_by_hours(tmp_path: Path) -> None:
    path = two_in_one(tmp_path, "ts", second_s=36_000.0)
    pixels, times_s, ending = decode_one(DecodeRequest(path, SPEC))
    assert ending.state == "done"
    assert numbers(pixels) == [0, 5, 10, 15, 20, 25, 10, 15, 20, 25]
    assert times_s[-1] == pytest.approx(4.5)


@pytest.mark.parametrize("name", ["h264", "avi"])
def test_pictures_without_times_of_their_own_start_anew_as_well(name: str, tmp_path: Path) -> None:
    path = two_in_one(tmp_path, name, second_s=0.0)
    pixels, _, ending = decode_one(DecodeRequest(path, SPEC))
    assert ending.state == "done"
    assert ending.info is not None
    assert ending.info.duration_s == pytest.approx(5.0, abs=0.2)
    assert numbers(pixels) == [at % CYCLE for at in (0, 5, 10, 15, 20, 25, 10, 15, 20, 25)]


def test_a_second_mp4_behind_the_first_is_said(tmp_path: Path) -> None:
    path = two_in_one(tmp_path, "mp4", second_s=0.0)
    pixels, _, ending = decode_one(DecodeRequest(path, SPEC))
    assert numbers(pixels) == [0, 5, 10, 15, 20, 25]
    assert ending.state == "partial"
    assert "another video behind its end" in ending.reason


def test_a_header_that_counts_from_before_the_first_picture_promises_no_more(
    tmp_path: Path,
) -> None:
    path = paint(tmp_path / "a.flv", times_s=[0.5 + at / 10 for at in range(20)])
    assert decode_one(DecodeRequest(path, SPEC))[2].state == "done"


def test_pictures_that_avi_repeats_by_empty_packets_count(tmp_path: Path) -> None:
    times_s = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 3.6]
    path = paint(tmp_path / "a.avi", times_s=times_s, bf=0)
    pixels, found_s, ending = decode_one(DecodeRequest(path, SPEC))
    assert (ending.state, numbers(pixels)) == ("done", list(range(8)))
    assert found_s == pytest.approx(times_s[:8], abs=0.11)


def test_a_picture_that_goes_on_in_another_stream_is_said(tmp_path: Path) -> None:
    first = paint(tmp_path / "1.ts", n=30, g=10)
    other = {"mpegts_start_pid": "768", "mpegts_pmt_start_pid": "4128"}
    second = paint(tmp_path / "2.ts", n=30, g=10, container=other)
    path = tmp_path / "whole.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    pixels, _, ending = decode_one(DecodeRequest(path, SPEC))
    assert numbers(pixels) == [0, 5, 10, 15, 20, 25]
    assert ending.state == "partial"
    assert "goes on in another stream" in ending.reason
