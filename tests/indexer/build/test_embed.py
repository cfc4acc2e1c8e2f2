"""Decoding and encoding side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.children.pool import Chunk, DecodeJob, DecodePool, Finished, Started
from data.video.types import DecodeState, VideoInfo
from data.video.write import write_video
from indexer.build import embed as embedding
from indexer.build.embed import EmbeddingStream
from tests.fakes import ColourEncoder, CountingEncoder


def grey_video(path: Path, first: int, n: int) -> Path:
    """Frame i is grey of level first + i, so that every vector tells its frame."""
    frames = [np.full((32, 32, 3), first + i, np.uint8) for i in range(n)]
    write_video(path, frames, fps=2, crf=1)
    return path


def test_vectors_come_out_in_the_order_of_their_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "BATCH_FRAMES", 24)
    paths = [grey_video(tmp_path / f"{i}.mp4", first, 150) for i, first in enumerate((16, 60, 90))]
    encoder = CountingEncoder(delay_s=0.05)
    jobs = [DecodeJob(i, path, encoder.frame_spec) for i, path in enumerate(paths)]
    with DecodePool(2) as pool:
        stream = EmbeddingStream(pool, encoder, threads=3)
        found = {video.key: video for video in stream.run(jobs)}
    assert sorted(found) == [0, 1, 2]
    assert stream.frames == 450
    assert encoder.most_calls_at_once > 1
    for key, first in enumerate((16, 60, 90)):
        video = found[key]
        assert (video.state, len(video.frames)) == ("done", 150)
        assert video.times_s == pytest.approx(np.arange(150) / 2)
        levels = np.arange(first, first + 150, dtype=np.uint8)
        pixels = np.broadcast_to(levels[:, None, None, None], (150, 4, 4, 3))
        expected = ColourEncoder().encode_frames(pixels)
        assert np.abs(video.frames.astype(np.float32) - expected).max() < 0.03
        # Neighbouring levels differ by less than that, runs of 24 frames by far more.
        assert np.abs(expected[24:] - expected[:-24]).max(axis=1).min() > 0.05
        assert video.spans[-1].end_s == pytest.approx(75.0)


def test_a_fault_of_the_encoder_reaches_the_caller(tmp_path: Path) -> None:
    class Broken(ColourEncoder):
        def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
            raise RuntimeError("out of memory")

    path = grey_video(tmp_path / "a.mp4", 10, 20)
    with DecodePool(1) as pool, pytest.raises(RuntimeError, match="out of memory"):
        list(EmbeddingStream(pool, Broken()).run([DecodeJob(0, path, Broken().frame_spec)]))


def test_jobs_are_pulled_only_as_decoders_become_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "CLOSE_FRAMES", 1)
    path = grey_video(tmp_path / "a.mp4", 10, 8)
    pulled = 0

    def jobs() -> Iterator[DecodeJob]:
        nonlocal pulled
        for key in range(400):
            pulled += 1
            yield DecodeJob(key, path, ColourEncoder().frame_spec)

    with DecodePool(1) as pool:
        stream = EmbeddingStream(pool, ColourEncoder()).run(jobs())
        for _ in range(5):
            next(stream)
        stream.close()
    assert pulled < 100


INFO = VideoInfo("mp4", "h264", 8, 8, 2.0, 6.0, 0, 12)


class Told(DecodePool):
    """Gives the events that a test wants."""

    def __init__(self, events: Callable[[], Iterable[Started | Chunk | Finished]]) -> None:
        super().__init__(1)
        self._events = events

    def run(self, jobs: Iterable[DecodeJob]) -> Iterator[Started | Chunk | Finished]:
        yield from self._events()


def chunk(key: int, levels: range, *, first: int = 0) -> Chunk:
    pixels = np.empty((len(levels), 4, 4, 3), np.uint8)
    pixels[:] = np.asarray(levels, np.uint8)[:, None, None, None]
    return Chunk(key, pixels, (first + np.arange(len(levels))) / 2)


def ended(key: int, state: DecodeState = "done") -> Finished:
    return Finished(key, state, "", INFO, "pyav", 6.0, 0.0)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    monkeypatch.setattr(embedding, "EARLY_AFTER_S", 1000.0)
    monkeypatch.setattr(embedding, "CLOSE_AFTER_S", 1000.0)
    return CountingEncoder()


def test_videos_share_calls_and_keep_their_own_clips(counting: CountingEncoder) -> None:
    def events() -> Iterator[Started | Chunk | Finished]:
        for key in range(120):
            yield Started(key, INFO)
            if key != 5:
                yield chunk(key, range(key, key + 12))
            if key == 7:
                yield chunk(key, range(200, 208), first=12)  # a cut, and two clips
            yield ended(key, "failed" if key == 5 else "done")

    found = {video.key: video for video in EmbeddingStream(Told(events), counting).run([])}
    assert sorted(found) == list(range(120))
    assert (found[5].state, len(found[5].clips)) == ("failed", 0)
    frames = 119 * 12 + 8
    assert sorted(counting.frames_at_once) == [frames % 64] + frames // 64 * [64]
    assert sum(counting.clips_at_once) == 120
    assert len(counting.clips_at_once) <= 4
    for key in set(range(120)) - {5}:
        rows = counting.encode_frames(chunk(key, range(key, key + 12)).pixels)
        (mean,) = counting.encode_clips(rows, np.arange(12) / 2, [(0, 12)])
        assert np.abs(found[key].frames[:12].astype(np.float32) - rows).max() < 1e-3
        assert np.abs(found[key].clips[0].astype(np.float32) - mean).max() < 1e-3
        assert (found[key].spans[0].first, found[key].spans[0].last) == (0, 12)
    assert [(s.first, s.last) for s in found[7].spans] == [(0, 12), (12, 20)]


@pytest.mark.parametrize("slow", ["EARLY_AFTER_S", "CLOSE_AFTER_S"])
def test_a_finished_video_does_not_wait_for_others(
    counting: CountingEncoder, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    out: list[int] = []
    looks = 0

    def events() -> Iterator[Started | Chunk | Finished]:
        nonlocal looks
        yield Started(0, INFO)
        yield chunk(0, range(12))
        yield ended(0)
        while not out and looks < 40:
            looks += 1
            time.sleep(0.01)
            yield Started(1, INFO)  # another one that takes for ever
        yield ended(1, "failed")

    def looks_needed() -> int:
        nonlocal looks
        out.clear()
        looks = 0
        for video in EmbeddingStream(Told(events), counting).run([]):
            out.append(video.key)
        assert sorted(out) == [0, 1]
        return looks

    monkeypatch.setattr(embedding, "EARLY_AFTER_S", 0.05)
    monkeypatch.setattr(embedding, "CLOSE_AFTER_S", 0.05)
    assert 5 <= looks_needed() < 40
    monkeypatch.setattr(embedding, slow, 1000.0)
    assert looks_needed() == 40
