"""Decoding and encoding side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.video.children.pool import DecodeEvent, DecodePool, StillWanted
from data.video.types import DecodeRequest, DecodeState, Ending, FrameBatch, VideoInfo
from data.video.write import write_video
from indexer.build import embed as embedding
from indexer.build.cutting import Embedded
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
    requests = [DecodeRequest(path, encoder.frame_spec, key=key) for key, path in enumerate(paths)]
    with DecodePool(2) as pool:
        stream = EmbeddingStream(pool, encoder, threads=3)
        found = by_id(stream.run(requests))
    assert sorted(found) == [0, 1, 2]
    assert encoder.frames == 450
    assert encoder.most_calls_at_once > 1
    for key, first in enumerate((16, 60, 90)):
        video = found[key]
        assert (video.ending.state, len(video.vectors.frames)) == ("done", 150)
        assert video.vectors.frame_times_s == pytest.approx(np.arange(150) / 2)
        levels = np.arange(first, first + 150, dtype=np.uint8)
        pixels = np.broadcast_to(levels[:, None, None, None], (150, 4, 4, 3))
        expected = ColourEncoder().encode_frames(pixels)
        assert np.abs(video.vectors.frames.astype(np.float32) - expected).max() < 0.03
        # Neighbouring levels differ by less than that, runs of 24 frames by far more.
        assert np.abs(expected[24:] - expected[:-24]).max(axis=1).min() > 0.05
        assert video.vectors.clip_spans[-1, 1] == pytest.approx(75.0)


def test_a_fault_of_the_encoder_reaches_the_caller(tmp_path: Path) -> None:
    class Broken(ColourEncoder):
        def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
            raise RuntimeError("out of memory")

    path = grey_video(tmp_path / "a.mp4", 10, 20)
    with DecodePool(1) as pool, pytest.raises(RuntimeError, match="out of memory"):
        list(EmbeddingStream(pool, Broken()).run([DecodeRequest(path, Broken().frame_spec)]))


def test_requests_are_pulled_only_as_decoders_become_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "CLOSE_FRAMES", 1)
    path = grey_video(tmp_path / "a.mp4", 10, 8)
    pulled = 0

    def requests() -> Iterator[DecodeRequest]:
        nonlocal pulled
        for key in range(400):
            pulled += 1
            yield DecodeRequest(path, ColourEncoder().frame_spec, key=key)

    with DecodePool(1) as pool:
        stream = EmbeddingStream(pool, ColourEncoder()).run(requests())
        for _ in range(5):
            next(stream)
        stream.close()
    assert pulled < 100


INFO = VideoInfo("h264", 8, 8, 2.0, 6.0)


class Scripted(DecodePool):
    """Gives the events of a script."""

    def __init__(self, events: Callable[[], Iterable[DecodeEvent]]) -> None:
        super().__init__(1)
        self._events = events

    def run(
        self, requests: Iterable[DecodeRequest], *, still_wanted: StillWanted | None = None
    ) -> Generator[DecodeEvent]:
        yield from self._events()


def batch(levels: range, *, first: int = 0) -> FrameBatch:
    pixels = np.empty((len(levels), 4, 4, 3), np.uint8)
    pixels[:] = np.asarray(levels, np.uint8)[:, None, None, None]
    return FrameBatch(pixels, (first + np.arange(len(levels))) / 2)


def ended(state: DecodeState = "done") -> Ending:
    return Ending(state, decoded_s=6.0, decoder="pyav", info=INFO)


def by_id(videos: Iterable[Embedded]) -> dict[int, Embedded]:
    return {video.vectors.video_id: video for video in videos}


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    monkeypatch.setattr(embedding, "EARLY_AFTER_S", 1000.0)
    monkeypatch.setattr(embedding, "CLOSE_AFTER_S", 1000.0)
    return CountingEncoder()


def test_videos_share_calls_and_keep_their_own_clips(counting: CountingEncoder) -> None:
    def events() -> Iterator[DecodeEvent]:
        for key in range(120):
            if key != 5:
                yield key, batch(range(key, key + 12))
            if key == 7:
                yield key, batch(range(200, 208), first=12)  # a cut, and two clips
            yield key, ended("failed" if key == 5 else "done")

    found = by_id(EmbeddingStream(Scripted(events), counting).run([]))
    assert sorted(found) == list(range(120))
    assert (found[5].ending.state, len(found[5].vectors.clips)) == ("failed", 0)
    assert found[5].ending.reason == "no frame could be decoded"
    frames = 119 * 12 + 8
    assert sorted(counting.frames_at_once) == [frames % 64] + frames // 64 * [64]
    assert sum(counting.clips_at_once) == 120
    assert len(counting.clips_at_once) <= 4
    for key in set(range(120)) - {5}:
        rows = counting.encode_frames(batch(range(key, key + 12)).pixels)
        (mean,) = counting.encode_clips(rows, np.arange(12) / 2, [(0, 12)])
        vectors = found[key].vectors
        assert np.abs(vectors.frames[:12].astype(np.float32) - rows).max() < 1e-3
        assert np.abs(vectors.clips[0].astype(np.float32) - mean).max() < 1e-3
        assert vectors.clip_spans[0].tolist() == [0.0, 5.75 if key == 7 else 6.0]
    assert found[7].vectors.clip_spans.tolist() == [[0.0, 5.75], [5.75, 10.0]]
    rows = counting.encode_frames(batch(range(200, 208)).pixels)
    (mean,) = counting.encode_clips(rows, np.arange(8) / 2, [(0, 8)])
    assert np.abs(found[7].vectors.clips[1].astype(np.float32) - mean).max() < 1e-3


@pytest.mark.parametrize("slow", ["EARLY_AFTER_S", "CLOSE_AFTER_S"])
def test_a_finished_video_does_not_wait_for_others(
    counting: CountingEncoder, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    out: list[int] = []
    waits = 0

    def events() -> Iterator[DecodeEvent]:
        nonlocal waits
        yield 0, batch(range(12))
        yield 0, ended()
        while not out and waits < 40:
            yield 1, batch(range(1), first=waits)  # another one that takes for ever
            waits += 1
            time.sleep(0.05)
        yield 1, ended("partial")

    def waits_needed() -> int:
        nonlocal waits
        out.clear()
        waits = 0
        for video in EmbeddingStream(Scripted(events), counting).run([]):
            out.append(video.vectors.video_id)
        assert sorted(out) == [0, 1]
        return waits

    monkeypatch.setattr(embedding, "EARLY_AFTER_S", 0.25)
    monkeypatch.setattr(embedding, "CLOSE_AFTER_S", 0.25)
    assert 5 <= waits_needed() < 40
    monkeypatch.setattr(embedding, slow, 1000.0)
    assert waits_needed() == 40
