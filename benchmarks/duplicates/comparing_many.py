"""Processor time of comparing synthetic libraries: how it grows with the number of clips."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue, FileRecord
from data.home import Home, resolve_home
from data.video.types import Ending, VideoInfo
from indexer.build.cutting import Embedded
from indexer.build.recording.record import record_embedded, writing_session
from indexer.copies.groups import live_copies
from indexer.duplicates.find import compare_videos
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore, VideoVectors

DIM = 256
ENCODER = "synthetic-1"
CLIPS_EACH = 10
STEP_S, CLIP_S = 0.5, 10.0
FRAMES = int((CLIPS_EACH + 1) * CLIP_S / 2 / STEP_S)
COPY_EVERY = 20
"""One video of so many is a poor copy of the one before."""
TOPICS = 200
"""Videos cluster around so many directions, as real ones do."""
AT_ONCE = 500  # a multiple of `COPY_EVERY`

Vectors = NDArray[np.float32]


def growth(folder: Path, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """For each number of clips: processor seconds, for all and for one new video, and recall."""
    return [_measured(folder / str(n), n) for n in sizes]


def _measured(folder: Path, n_clips: int) -> dict[str, Any]:
    home = resolve_home(folder)
    home.make()
    rng = np.random.default_rng(n_clips)
    n = n_clips // CLIPS_EACH
    sources = _fill(home, n, rng)
    with Catalogue(home) as catalogue:
        began_s = time.process_time()
        compare_videos(home, catalogue)
        all_s = time.process_time() - began_s
        pairs = {(pair.one, pair.other) for pair in live_copies(catalogue, ENCODER).pairs}
        _store(home, n, [_film(rng, rng.standard_normal((TOPICS, DIM)))])
        began_s = time.process_time()
        compare_videos(home, catalogue)
        one_s = time.process_time() - began_s
    shutil.rmtree(folder)
    true = {(min(pair), max(pair)) for pair in sources.items()}
    return {
        "clips": n_clips,
        "cpu_s": round(all_s, 1),
        "cpu_ms_per_clip": round(1000 * all_s / n_clips, 2),
        "one_more_cpu_s": round(one_s, 2),
        "recall": round(len(true & pairs) / max(1, len(true)), 3),
        "wrong": len(pairs - true),
    }


def _fill(home: Home, n: int, rng: np.random.Generator) -> dict[int, int]:
    """Store and publish n videos; gives the copies among them with what they are copies of."""
    topics = rng.standard_normal((TOPICS, DIM))
    sources: dict[int, int] = {}
    for first in range(0, n, AT_ONCE):
        films: list[Vectors] = []
        for number in range(first, min(n, first + AT_ONCE)):
            if number % COPY_EVERY == 1:
                films.append(_unit(films[-1] + 0.3 * _unit(rng.standard_normal((FRAMES, DIM)))))
                sources[number + 1] = number  # ids count from 1
            else:
                films.append(_film(rng, topics))
        _store(home, first, films)
    with writing_session(home) as catalogue:
        catalogue.set_encoder(ENCODER, ENCODER)
        publish(home, catalogue, ENCODER)
    return sources


def _film(rng: np.random.Generator, topics: NDArray[np.float64]) -> Vectors:
    """(FRAMES, DIM) a few shots of one topic, in which something wanders."""
    topic = topics[rng.integers(len(topics))]
    shots = np.repeat(rng.standard_normal((4, DIM)), FRAMES // 4 + 1, axis=0)[:FRAMES]
    wander = np.cumsum(rng.standard_normal((FRAMES, DIM)), axis=0) / 6
    return _unit(0.9 * topic + shots + 0.3 * wander)


def _unit(rows: NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _store(home: Home, first: int, films: Sequence[Vectors]) -> None:
    with writing_session(home) as catalogue:
        paths = [Path("/films") / f"{first + at:07}.mp4" for at in range(len(films))]
        ids = catalogue.files.put(
            [FileRecord(path, 1, 1, 1, f"content-{path.stem}") for path in paths]
        )
        rows = [
            _embedded(int(ids[path] or 0), film) for path, film in zip(paths, films, strict=True)
        ]
        record_embedded(catalogue, VectorStore(home, ENCODER), rows)


def _embedded(video_id: int, film: Vectors) -> Embedded:
    times_s = np.arange(FRAMES, dtype=np.float64) * STEP_S
    starts_s = np.arange(CLIPS_EACH) * CLIP_S / 2
    spans = np.stack([starts_s, starts_s + CLIP_S], axis=1)
    each = int(CLIP_S / STEP_S)
    firsts = (starts_s / STEP_S).astype(int).tolist()
    clips = _unit(np.stack([film[at : at + each].mean(axis=0) for at in firsts]))
    ids = np.zeros(CLIPS_EACH, np.int64)
    half = film.astype(np.float16)
    vectors = VideoVectors(video_id, times_s, half, ids, spans, clips.astype(np.float16))
    info = VideoInfo("h264", 640, 360, 25.0, float(spans[-1, 1]))
    return Embedded(vectors, Ending("done", info=info))
