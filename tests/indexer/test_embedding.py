"""Decoding and encoding side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.decode_pool import DecodeJob, DecodePool
from data.writer import write_video
from indexer import embedding
from indexer.embedding import EmbeddingStream
from tests.fakes import ColourEncoder


class Uneven(ColourEncoder):
    """Every other batch takes long, so that batches finish out of order."""

    calls = 0
    at_once = 0
    most_at_once = 0
    lock = threading.Lock()

    def encode_frames(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with Uneven.lock:
            Uneven.calls += 1
            slow = Uneven.calls % 2
            Uneven.at_once += 1
            Uneven.most_at_once = max(Uneven.most_at_once, Uneven.at_once)
        time.sleep(0.05 if slow else 0.0)
        with Uneven.lock:
            Uneven.at_once -= 1
        return super().encode_frames(pixels)


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
    encoder = Uneven()
    jobs = [DecodeJob(i, path, encoder.frame_spec) for i, path in enumerate(paths)]
    with DecodePool(2) as pool:
        stream = EmbeddingStream(pool, encoder, threads=3)
        found = {video.key: video for video in stream.run(jobs)}
    assert sorted(found) == [0, 1, 2]
    assert stream.frames == 450
    assert Uneven.most_at_once > 1
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


def test_jobs_are_pulled_only_as_decoders_become_free(tmp_path: Path) -> None:
    path = grey_video(tmp_path / "a.mp4", 10, 8)
    pulled = 0

    def jobs() -> Iterator[DecodeJob]:
        nonlocal pulled
        for key in range(100):
            pulled += 1
            yield DecodeJob(key, path, ColourEncoder().frame_spec)

    with DecodePool(1) as pool:
        stream = EmbeddingStream(pool, ColourEncoder()).run(jobs())
        for _ in range(5):
            next(stream)
        stream.close()
    assert pulled < 40
