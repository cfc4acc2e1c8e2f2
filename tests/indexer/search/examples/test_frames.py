"""Examples are thinned while they are read, end when nobody waits, and never wait for a pipe."""

import os
from pathlib import Path

import numpy as np
import psutil
import pytest

from data.errors import ReelwiseError
from data.video.children import pool
from data.video.children.supervisor import CHILD, ON_DEMAND, DecodeLimits, Supervisor
from data.video.clips.rule import ClipRule
from data.video.types import DecodeRequest, FrameSpec
from data.video.write import write_video
from indexer.search.examples.example import check_examples, load_example
from indexer.search.examples.frames import AS_INDEXED, Thinned, for_a_visitor, read_frames
from indexer.search.examples.pictures import is_picture, read_image
from indexer.search.query import Query
from tests.fakes import ColourEncoder

SPEC = FrameSpec(8, 8)


def frames(first: int, n: int) -> np.ndarray:
    """Frames whose pixels are their number, modulo 251."""
    numbers = np.arange(first, first + n) % 251
    return np.broadcast_to(numbers[:, None, None, None], (n, 8, 8, 3)).astype(np.uint8)


@pytest.mark.parametrize("n", [0, 1, 10, 11, 39, 40, 41, 1000])
def test_a_long_stream_keeps_every_first_second_or_fourth_frame(n: int) -> None:
    thinned, most_held = Thinned(10, SPEC), 0
    for first in range(0, n, 7):
        here = min(7, n - first)
        thinned.add(frames(first, here), np.arange(first, first + here) / 2)
        most_held = max(most_held, len(thinned.frames()[0]))
    pixels, times_s = thinned.frames()
    assert most_held <= 10
    assert len(pixels) == len(times_s)
    assert (n == 0) == (len(pixels) == 0)
    steps = set(np.diff(times_s * 2).astype(int).tolist())
    assert len(steps) <= 1
    assert len(pixels) > min(n, 10) // 2 - 1
    assert pixels[:, 0, 0, 0].tolist() == (np.round(times_s * 2) % 251).astype(int).tolist()
    if n:
        assert times_s[0] == 0
        assert n / 2 - times_s[-1] <= 2 * max(steps, default=1)


def test_kept_frames_do_not_keep_their_batch() -> None:
    batch = frames(0, 7)
    thinned = Thinned(10, SPEC)
    thinned.add(batch, np.arange(7.0))
    assert not any(np.shares_memory(batch, kept) for kept in thinned._kept)


@pytest.fixture
def long_clip(tmp_path: Path) -> Path:
    path = tmp_path / "long.mp4"
    write_video(path, (np.full((32, 32, 3), 10, np.uint8) for _ in range(400)), fps=2)
    return path


def test_a_film_gives_at_most_so_many_frames_to_its_end(long_clip: Path) -> None:
    pixels, times_s, ending = read_frames(DecodeRequest(long_clip, SPEC), 50, AS_INDEXED)
    assert ending.state == "done"
    assert 25 <= len(pixels) <= 50
    assert times_s[-1] > 190


def test_a_visitor_who_leaves_ends_the_reading_and_its_child(long_clip: Path) -> None:
    class Left(Exception):
        pass

    def leave() -> None:
        raise Left

    children = set(psutil.Process().children())
    with pytest.raises(Left):
        read_frames(DecodeRequest(long_clip, SPEC), 50, for_a_visitor(leave))
    assert set(psutil.Process().children()) <= children
    limits = for_a_visitor(leave).limits
    assert limits is not None
    assert limits.wall_of(long_clip) < 31


def test_the_limits_of_a_reading_are_those_of_its_child(
    long_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_to: list[DecodeLimits] = []

    class Told(Supervisor):
        def __init__(self, limits: DecodeLimits, child: str = CHILD) -> None:
            super().__init__(limits, child)
            kept_to.append(limits)

    monkeypatch.setattr(pool, "Supervisor", Told)
    for reading in (for_a_visitor(lambda: None), AS_INDEXED):
        read_frames(DecodeRequest(long_clip, SPEC), 50, reading)
    assert kept_to == [ON_DEMAND, DecodeLimits()]


def test_an_example_that_is_read_in_part_says_so(long_clip: Path) -> None:
    assert load_example(long_clip, None, ColourEncoder()).notice == ""
    long_clip.write_bytes(long_clip.read_bytes())
    cut = long_clip.with_name("cut.mkv")
    write_video(cut, (np.full((32, 32, 3), 10, np.uint8) for _ in range(400)), fps=2)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    notice = load_example(cut, None, ColourEncoder()).notice
    assert "cut.mkv" in notice
    assert "was read" in notice


def test_an_example_is_cut_as_the_library_is(long_clip: Path) -> None:
    """200 s in windows of 50 s without overlap; key frames of an example are not looked for."""
    for rule in (ClipRule("windows", 50, 0), ClipRule("keyframes", 50, 0)):
        assert len(load_example(long_clip, None, ColourEncoder(), rule=rule).clips) == 4
    whole = load_example(long_clip, None, ColourEncoder(), rule=ClipRule("whole-shots", 600))
    assert len(whole.clips) == 1


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = {"device": Path("/dev/zero"), "folder": tmp_path}.get(kind, tmp_path / "pipe")
    if kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(ReelwiseError, match="is no file"):
        read_image(path, SPEC)
    for query in (Query(image=path), Query(like=path)):
        with pytest.raises(ReelwiseError):
            check_examples(query)


def test_a_picture_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    from PIL import Image

    for kind in ("jpg", "png", "bmp", "webp", "tiff"):
        path = tmp_path / f"a.{kind}"
        Image.new("RGB", (8, 8)).save(path)
        assert is_picture(path.rename(tmp_path / "upload")), kind
    other = tmp_path / "b.mp4"
    for start in (b"", b"RIFF\0\0\0\0AVI LIST", b"\0\0\0\x18ftypisom", b"GIF89a"):
        other.write_bytes(start)
        assert not is_picture(other), start
