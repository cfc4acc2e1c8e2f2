"""Encoding: every frame painted so that its pixels prove which one came back, and when."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from data.errors import ReelwiseError
from data.video.decoders.opening import open_video
from data.video.transcode import Change, join, transcode
from data.video.write import write_video

REPOSITORY = Path(__file__).resolve().parents[3]
REAL_VIDEOS = Path(
    os.environ.get("REELWISE_REAL_VIDEOS", REPOSITORY / ".." / "shared" / "videos")
).resolve()


def _grey(i: int, *, width_px: int = 64, height_px: int = 48) -> NDArray[np.uint8]:
    """Frame i of thirty: grey of 8 * i."""
    return np.full((height_px, width_px, 3), 8 * i, np.uint8)


def _read(path: Path) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Times in seconds (n,) and frames (n, h, w, 3) RGB, by a decoder that is not the writer's."""
    capture = cv2.VideoCapture(str(path))
    times_s, frames = list[float](), list[NDArray[np.uint8]]()
    while True:
        ok, frame = capture.read()
        if not ok:
            return np.array(times_s), np.array(frames)
        times_s.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        frames.append(frame[:, :, ::-1].astype(np.uint8))


def _numbers(frames: NDArray[np.uint8]) -> list[int]:
    return [round(float(frame.mean()) / 8) for frame in frames]


@pytest.fixture
def thirty(tmp_path: Path) -> Path:
    """Three seconds, ten grey frames in each."""
    path = tmp_path / "thirty.mp4"
    write_video(path, (_grey(i) for i in range(30)), fps=10, crf=10)
    return path


def test_every_frame_comes_back_in_order_at_its_time(thirty: Path) -> None:
    times_s, frames = _read(thirty)
    assert _numbers(frames) == list(range(30))
    assert times_s == pytest.approx(np.arange(30) / 10, abs=0.002)


@pytest.mark.parametrize("fps", [12.5, 29.97, 1])
def test_odd_frame_rates_are_kept(tmp_path: Path, fps: float) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, (_grey(i) for i in range(10)), fps=fps, crf=10)
    assert _read(path)[0] == pytest.approx(np.arange(10) / fps, abs=0.005)


def test_colours_survive(tmp_path: Path) -> None:
    halves = np.zeros((48, 64, 3), np.uint8)
    halves[:, :32] = (220, 30, 30)
    halves[:, 32:] = (20, 60, 220)
    write_video(tmp_path / "a.mp4", [halves] * 3, fps=5, crf=10)
    frame = _read(tmp_path / "a.mp4")[1][1].astype(int)
    assert np.abs(frame[:, :28] - (220, 30, 30)).max() < 12
    assert np.abs(frame[:, 36:] - (20, 60, 220)).max() < 12


def test_the_same_frames_give_the_same_bytes_ready_to_stream(tmp_path: Path, thirty: Path) -> None:
    again = tmp_path / "again.mp4"
    write_video(again, (_grey(i) for i in range(30)), fps=10, crf=10)
    data = thirty.read_bytes()
    assert again.read_bytes() == data
    assert data.index(b"moov") < data.index(b"mdat")
    write_video(again, (_grey(i) for i in range(30)), fps=10, crf=10, title="Thirty greys")
    assert b"Thirty greys" in again.read_bytes()


def test_a_higher_crf_makes_a_smaller_file(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (10, 48, 64, 3), dtype=np.uint8)
    for crf in (15, 40):
        write_video(tmp_path / f"{crf}.mp4", noise, fps=10, crf=crf)
    sizes = [(tmp_path / f"{crf}.mp4").stat().st_size for crf in (15, 40)]
    assert sizes[1] < 0.5 * sizes[0]


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, thirty: Path) -> None:
    def failing() -> Iterator[NDArray[np.uint8]]:
        yield _grey(1)
        raise OSError("the painter fell off the ladder")

    before = thirty.read_bytes()
    with pytest.raises(OSError, match="ladder"):
        write_video(thirty, failing(), fps=10)
    assert thirty.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["thirty.mp4"]


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="no frames"):
        write_video(tmp_path / "a.mp4", [], fps=10)
    with pytest.raises(ReelwiseError, match="63x48"):
        write_video(tmp_path / "a.mp4", [_grey(1, width_px=63)], fps=10)
    assert list(tmp_path.iterdir()) == []


def test_a_cut_starts_and_ends_at_its_times(tmp_path: Path, thirty: Path) -> None:
    out = tmp_path / "cut.mp4"
    transcode(thirty, out, Change(start_s=1.0, end_s=2.0, crf=10))
    times_s, frames = _read(out)
    assert _numbers(frames) == list(range(10, 20))
    assert times_s == pytest.approx(np.arange(10) / 10, abs=0.002)


def test_a_cut_between_frames_starts_with_the_one_on_screen(tmp_path: Path, thirty: Path) -> None:
    out = tmp_path / "cut.mp4"
    transcode(thirty, out, Change(start_s=1.05, end_s=1.25, crf=10))
    times_s, frames = _read(out)
    assert _numbers(frames) == [10, 11, 12]
    assert times_s == pytest.approx([0, 0.05, 0.15], abs=0.002)


def test_speed_squeezes_the_times_and_keeps_the_frames(tmp_path: Path, thirty: Path) -> None:
    out = tmp_path / "fast.mp4"
    transcode(thirty, out, Change(speed=1.25, crf=10))
    times_s, frames = _read(out)
    assert _numbers(frames) == list(range(30))
    assert times_s == pytest.approx(np.arange(30) / 12.5, abs=0.002)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A green middle (half of each side) in a red frame, 80x60."""
    picture = np.full((60, 80, 3), (200, 20, 20), np.uint8)
    picture[15:45, 20:60] = (20, 180, 20)
    write_video(tmp_path / "target.mp4", [picture] * 5, fps=5, crf=8)
    return tmp_path / "target.mp4"


def test_size_and_scale_change_the_size_and_keep_the_picture(tmp_path: Path, target: Path) -> None:
    for change, size in (
        (Change(scale=0.5, crf=8), (30, 40)),
        (Change(size=(33, 21), crf=8), (20, 32)),
    ):
        out = tmp_path / "small.mp4"
        transcode(target, out, change)
        frames = _read(out)[1]
        assert frames.shape[:3] == (5, *size)
        middle = frames[2][size[0] // 2, size[1] // 2].astype(int)
        assert np.abs(middle - (20, 180, 20)).max() < 25
        assert np.abs(frames[2][1, 1].astype(int) - (200, 20, 20)).max() < 25


def test_cropping_keeps_the_middle(tmp_path: Path, target: Path) -> None:
    out = tmp_path / "crop.mp4"
    transcode(target, out, Change(crop=0.5, crf=8))
    frames = _read(out)[1]
    assert frames.shape[1:3] == (30, 40)
    assert np.abs(frames[2][4:-4, 4:-4].astype(int) - (20, 180, 20)).max() < 25


def test_saturation_washes_colours_out(tmp_path: Path, target: Path) -> None:
    spread = []
    for saturation in (1.0, 0.5, 0.0):
        out = tmp_path / "grey.mp4"
        transcode(target, out, Change(saturation=saturation, crf=8))
        corner = _read(out)[1][2][2, 2].astype(int)
        spread.append(int(np.ptp(corner)))
        assert float(corner @ (0.299, 0.587, 0.114)) == pytest.approx(74, abs=6)  # as bright
    assert spread[0] > 150
    assert 60 < spread[1] < 120
    assert spread[2] < 10


def test_a_bar_blackens_the_middle(tmp_path: Path, target: Path) -> None:
    out = tmp_path / "bar.mp4"
    transcode(target, out, Change(bar=0.2, crf=8))
    frame = _read(out)[1][2].astype(int)
    assert frame[26:34].max() < 30
    assert frame[4, 40].max() > 150
    assert frame[40, 40].max() > 150


def test_a_mirrored_copy_swaps_left_and_right(tmp_path: Path, target: Path) -> None:
    picture = np.full((40, 60, 3), (200, 20, 20), np.uint8)
    picture[:, :30] = (20, 180, 20)
    write_video(tmp_path / "halves.mp4", [picture] * 3, fps=5, crf=8)
    transcode(tmp_path / "halves.mp4", tmp_path / "m.mp4", Change(mirrored=True, crf=8))
    frame = _read(tmp_path / "m.mp4")[1][1].astype(int)
    assert np.abs(frame[20, 5] - (200, 20, 20)).max() < 25
    assert np.abs(frame[20, 55] - (20, 180, 20)).max() < 25


def test_a_border_keeps_the_size_and_a_logo_marks_the_corner(tmp_path: Path, target: Path) -> None:
    out = tmp_path / "b.mp4"
    transcode(target, out, Change(border=0.2, crf=8))
    frame = _read(out)[1][2].astype(int)
    assert frame.shape[:2] == (60, 80)
    assert frame[30, 4].max() < 30
    assert np.abs(frame[30, 40] - (20, 180, 20)).max() < 25
    assert np.abs(frame[15, 20] - (200, 20, 20)).max() < 40
    transcode(target, out, Change(logo=0.3, crf=8))
    frame = _read(out)[1][2].astype(int)
    assert frame[8, 72].min() > 200
    assert np.abs(frame[52, 4] - (200, 20, 20)).max() < 25


def test_other_codecs_are_written(tmp_path: Path, thirty: Path) -> None:
    out = tmp_path / "old.mkv"
    transcode(thirty, out, Change(codec="mpeg4"))
    with open_video(out) as opened:
        assert opened.info.codec == "mpeg4"
    assert len(_read(out)[1]) == 30


def test_parts_are_joined_in_order_in_one_size(tmp_path: Path, thirty: Path, target: Path) -> None:
    out = tmp_path / "joined.mp4"
    parts = [(thirty, Change(1.0, 2.0, crf=10)), (target, Change()), (thirty, Change(0.0, 0.5))]
    join(parts, out)
    times_s, frames = _read(out)
    assert times_s == pytest.approx(
        [*np.arange(10) / 10, *(1 + np.arange(5) / 5), *(2 + np.arange(5) / 10)], abs=0.003
    )
    assert _numbers(frames)[:10] == list(range(10, 20))
    assert _numbers(frames)[15:] == list(range(5))
    assert np.abs(frames[12][24, 32].astype(int) - (20, 180, 20)).max() < 25


def test_a_gif_with_frames_of_different_lengths_keeps_its_times(tmp_path: Path) -> None:
    pictures = [Image.fromarray(_grey(i)) for i in (2, 10, 18, 26)]
    durations_ms = [100, 400, 50, 200]
    pictures[0].save(
        tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=durations_ms
    )
    out = tmp_path / "a.mp4"
    transcode(tmp_path / "a.gif", out, Change(crf=8))
    times_s, frames = _read(out)
    assert _numbers(frames) == [2, 10, 18, 26]
    assert times_s == pytest.approx([0, 0.1, 0.5, 0.55], abs=0.003)
    transcode(tmp_path / "a.gif", out, Change(start_s=0.2, end_s=0.52, crf=8))
    times_s, frames = _read(out)
    assert _numbers(frames) == [10, 18]
    assert times_s == pytest.approx([0, 0.3], abs=0.003)


def test_matroska_is_read_and_written(tmp_path: Path, thirty: Path) -> None:
    transcode(thirty, tmp_path / "a.mkv", Change(crf=8))
    assert (tmp_path / "a.mkv").read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    transcode(tmp_path / "a.mkv", tmp_path / "b.mp4", Change(crf=8))
    times_s, frames = _read(tmp_path / "b.mp4")
    assert _numbers(frames) == list(range(30))
    assert times_s == pytest.approx(np.arange(30) / 10, abs=0.003)


def test_a_file_cut_short_gives_what_can_be_read(tmp_path: Path, thirty: Path) -> None:
    transcode(thirty, tmp_path / "a.mkv", Change(crf=8))
    data = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "half.mkv").write_bytes(data[: len(data) * 4 // 5])
    transcode(tmp_path / "half.mkv", tmp_path / "b.mp4", Change(crf=8))
    numbers = _numbers(_read(tmp_path / "b.mp4")[1])
    assert 4 < len(numbers) < 30
    assert numbers[:5] == list(range(5))
    assert numbers == sorted(set(numbers))


def test_times_outside_and_texts_are_refused(tmp_path: Path, thirty: Path) -> None:
    out = tmp_path / "out.mp4"
    with pytest.raises(ReelwiseError, match="between 8 s and its end"):
        transcode(thirty, out, Change(start_s=8.0))
    listing = tmp_path / "evil.mp4"
    listing.write_text(f"ffconcat version 1.0\nfile {thirty.name}\n")
    with pytest.raises(ReelwiseError, match=r"evil\.mp4"):
        transcode(listing, out)
    with pytest.raises(ReelwiseError, match=r"absent\.mp4"):
        transcode(tmp_path / "absent.mp4", out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.mp4", "thirty.mp4"]


@pytest.mark.parametrize("name", ["int_04.gif", "int_13.mkv", "slp_07.mp4"])
def test_real_videos_keep_their_length_when_perturbed(tmp_path: Path, name: str) -> None:
    source = REAL_VIDEOS / name
    if not source.exists():
        pytest.skip(f"{source} is not here; set REELWISE_REAL_VIDEOS")
    before = _read(source)[0]
    transcode(source, tmp_path / "a.mp4", Change(scale=0.5, crop=0.7, saturation=0.4, bar=0.1))
    after = _read(tmp_path / "a.mp4")[0]
    assert len(after) == len(before)
    assert after[-1] == pytest.approx(before[-1] - before[0], abs=0.05)
