"""Libraries for tests: painted videos that really are decoded, and vectors without any video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.catalogue.records import FileRecord
from data.home import Home
from data.video.types import Ending, VideoInfo
from data.video.write import write_video
from indexer.build.cutting import Embedded
from indexer.build.recording.record import record_embedded, writing_session
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore, VideoVectors
from tests.fakes import COLOUR_WORDS

Scenes = Sequence[tuple[str, float]]


def paint(
    path: Path, *scenes: tuple[str, float], fps: int = 4, size_px: int = 48, noise: int = 0
) -> Path:
    """Write a video whose scenes are one colour each: ("red", 3.0) shows red for 3 s.

    `noise` levels of grain make the file large, so that it can be cut in the middle.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    frames = []
    for colour, seconds in scenes:
        plain = np.full((size_px, size_px, 3), COLOUR_WORDS[colour], np.int16)
        for _ in range(round(seconds * fps)):
            grain = rng.integers(-noise, noise + 1, plain.shape)
            frames.append(np.clip(plain + grain, 0, 255).astype(np.uint8))
    write_video(path, frames, fps=fps, crf=12)
    return path


def embedded(video_id: int, rows: NDArray[np.float32], *, clip_s: float = 4.0) -> Embedded:
    """A video of (m, d) clips in a row, each with one frame in its middle that has its vector."""
    starts_s = np.arange(len(rows), dtype=np.float64) * clip_s
    spans_s = np.stack([starts_s, starts_s + clip_s], axis=1)
    half, ids = rows.astype(np.float16), np.zeros(len(rows), np.int64)
    vectors = VideoVectors(video_id, starts_s + clip_s / 2, half, ids, spans_s, half)
    info = VideoInfo("h264", 64, 48, 25.0, len(rows) * clip_s)
    return Embedded(vectors, Ending("done", info=info))


def store(
    home: Home,
    clips: dict[str, NDArray[np.float32]],
    *,
    encoder_id: str = "colour-1",
    published: bool = True,
    clip_s: float = 4.0,
) -> dict[str, int]:
    """Put videos into a library as if they had been embedded: name -> (m, d) clips of 4 s in a row.

    Frames lie at the middle of each clip and have its vector. Returns the video ids.
    """
    with writing_session(home) as catalogue:
        paths = {name: Path("/videos") / name for name in clips}
        records = [
            FileRecord(path, 1, 1, 1, content_key=f"key-{name}") for name, path in paths.items()
        ]
        ids = catalogue.files.put(records)
        results = []
        for name, rows in clips.items():
            video_id = ids[paths[name]]
            assert video_id is not None
            results.append(embedded(video_id, rows, clip_s=clip_s))
        record_embedded(catalogue, VectorStore(home, encoder_id), results)
        if catalogue.encoder is None:
            catalogue.set_encoder(encoder_id, encoder_id)
        if published:
            publish(home, catalogue, encoder_id)
    return {name: int(ids[path] or 0) for name, path in paths.items()}
