"""Time of one warm search in a library of many clips, without encoding the query.

The library holds random vectors; five clips make a video. The index, the stored clip vectors and
the merging to moments are those of every search.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.home import Home, resolve_home
from data.video.types import Ending, VideoInfo
from indexer.build.cutting import Embedded
from indexer.build.recording.record import record_embedded, writing_session
from indexer.search.hits.ranking import FETCH_PER_HIT, rank
from indexer.search.query import Filters, Options
from indexer.search.query_vectors import QueryVectors
from indexer.search.view import View, open_view
from indexer.store.publishing import publish
from indexer.store.vectors import VectorStore, VideoVectors

N_VIDEOS = {"small": 2_000, "full": 20_000}
CLIPS_PER_VIDEO = 5
DIM = 512
SEARCHES = 50
VIDEOS_PER_PART = 1_000
ENCODER_ID = "random-512"
FOLDERS = (Path("/videos"), Path("/videos/0"))
"""A folder with all videos, and one with a tenth of them."""


def run(size: str) -> dict[str, Any]:
    """Milliseconds of searches one after another: 10,000 clips, or 100,000 with `full`."""
    rng = np.random.default_rng(9)
    with tempfile.TemporaryDirectory() as folder:
        home = resolve_home(Path(folder) / "home")
        _fill(home, N_VIDEOS[size], rng)
        with Catalogue(home) as catalogue:
            began_s, cpu_s = time.perf_counter(), time.process_time()
            view = open_view(home, catalogue, ENCODER_ID)
            open_s, open_cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
            took_ms: list[float] = []
            cpu_s = time.process_time()
            for row in _unit_rows(rng, SEARCHES + 1):
                began_s = time.perf_counter()
                rank(view, QueryVectors(row[None]), Options(10), lambda _ids: {})
                took_ms.append((time.perf_counter() - began_s) * 1000)
            cpu_ms = (time.process_time() - cpu_s) * 1000 / (SEARCHES + 1)
            below_ms = [_below_ms(view, folder, rng) for folder in (*FOLDERS[:2], FOLDERS[0])]
            bare_ms = _bare_ms(view, _unit_rows(rng, SEARCHES))
            _store(home, range(N_VIDEOS[size], N_VIDEOS[size] + 1), rng)
            cpu_s = time.process_time()
            view = open_view(home, catalogue, ENCODER_ID, before=view)
            one_more_s = time.process_time() - cpu_s
    warm = took_ms[1:]  # the first one reads the sample of clips
    return {
        "clips": view.n_clips,
        "dim": DIM,
        "open_s": round(open_s, 3),
        "open_cpu_s": round(open_cpu_s, 3),
        "below_all_cpu_ms": round(below_ms[0], 2),
        "below_a_tenth_cpu_ms": round(below_ms[1], 2),
        "below_again_cpu_ms": round(below_ms[2], 2),
        "cpu_ms_per_query": round(cpu_ms, 2),
        "bare_index_cpu_ms": round(bare_ms, 2),
        "times_bare_index": round(cpu_ms / bare_ms, 2),
        "one_more_video_cpu_s": round(one_more_s, 3),
        "first_ms": round(took_ms[0], 2),
        "ms_per_query": round(float(np.median(warm)), 2),
        "p95_ms": round(float(np.percentile(warm, 95)), 2),
    }


def _fill(home: Home, n_videos: int, rng: np.random.Generator) -> None:
    """Store videos as if they had been embedded, and publish them."""
    with writing_session(home) as catalogue:
        catalogue.set_encoder(ENCODER_ID, ENCODER_ID)
    for first in range(0, n_videos, VIDEOS_PER_PART):
        _store(home, range(first, first + VIDEOS_PER_PART), rng)
    with writing_session(home) as catalogue:
        publish(home, catalogue, ENCODER_ID)


def _store(home: Home, numbers: range, rng: np.random.Generator) -> None:
    """Store videos in one part."""
    paths = [FOLDERS[0] / str(number % 10) / f"{number}.mp4" for number in numbers]
    with writing_session(home) as catalogue:
        ids = catalogue.files.put([FileRecord(path, 1, 1, 1, path.stem) for path in paths])
        embedded = [_embedded(ids[path] or 0, rng) for path in paths]
        record_embedded(catalogue, VectorStore(home, ENCODER_ID), embedded)


def _below_ms(view: View, folder: Path, rng: np.random.Generator) -> float:
    """Processor time of one search below a folder."""
    row, options = _unit_rows(rng, 1), Options(10, Filters(under=folder))
    cpu_s = time.process_time()
    rank(view, QueryVectors(row), options, lambda _ids: {})
    return (time.process_time() - cpu_s) * 1000


def _bare_ms(view: View, queries: NDArray[np.float32]) -> float:
    """Processor time of the index alone for the clips that a search of ten hits fetches."""
    cpu_s = time.process_time()
    for row in queries:
        view.searched[0].segment.index.search(row[None], FETCH_PER_HIT * 10)
    return (time.process_time() - cpu_s) * 1000 / len(queries)


def _embedded(video_id: int, rng: np.random.Generator) -> Embedded:
    rows = _unit_rows(rng, CLIPS_PER_VIDEO).astype(np.float16)
    times_s = np.arange(CLIPS_PER_VIDEO, dtype=np.float64)
    spans_s, ids = np.stack([times_s, times_s + 1], axis=1), np.zeros(CLIPS_PER_VIDEO, np.int64)
    info = VideoInfo("none", 8, 8, 1.0, float(CLIPS_PER_VIDEO))
    return Embedded(
        VideoVectors(video_id, times_s, rows, ids, spans_s, rows), Ending("done", info=info)
    )


def _unit_rows(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    rows = rng.standard_normal((n, DIM), dtype=np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
