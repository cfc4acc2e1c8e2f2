"""Fifty threads search while twenty generations are published in the same process.

Each publication adds a video with a clip that is nearer to each query than any before, so that no
two states of the library answer alike. An answer that is none of those is a mixed one. The same
threads search before that with nothing published, for comparison.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.clustered import Clusters, half
from benchmarks.made.many_clips import ENCODER_ID, filled_home, record_clips
from data.arrays import Floats
from data.home import Home
from data.video.types import FrameSpec, Pixels
from embeddings.encoder import Spans, Times, Vectors
from indexer.build.recording.record import writing_session
from indexer.search.query import Options
from indexer.search.query_vectors import QueryVectors
from indexer.search.searcher import Searcher
from indexer.store.publishing import publish

LIBRARY = {"small": Clusters(20_000), "full": Clusters(100_000)}
PUBLICATIONS = {"small": 5, "full": 20}
THREADS = 50
QUERIES = 10
IDLE_S = 10.0
PAUSE_S = 0.5
"""Between two publications."""

Answer = tuple[int, ...]
"""Clip ids of the hits."""


def run(size: str) -> dict[str, Any]:
    """Errors, mixed answers, and how long a search takes, idle and while generations change."""
    library = LIBRARY[size]
    with filled_home(library) as home, closing(Searcher(home, NoEncoder(library.dim))) as searcher:
        return measured(home, searcher, library, PUBLICATIONS[size])


def measured(
    home: Home, searcher: Searcher, library: Clusters, publications: int
) -> dict[str, Any]:
    """The same of an opened home."""
    queries = library.queries(QUERIES)
    known = {_answer(searcher, query) for query in queries}
    _under_load(searcher, queries, lambda: None)  # reads what the first searches read
    idle = _under_load(searcher, queries, lambda: time.sleep(IDLE_S))

    def publish_one_by_one() -> None:
        for number in range(publications):
            for step in (_record_one, _publish):
                step(home, queries, number)
                searcher.refresh()
                known.update(_answer(searcher, query) for query in queries)
            time.sleep(PAUSE_S)

    busy = _under_load(searcher, queries, publish_one_by_one)
    figures = {"idle": idle.times_ms(), "publishing": busy.times_ms()}
    return {
        "clips": library.n_clips,
        "threads": THREADS,
        "publications": publications,
        "answers_known": len(known),
        "answers_seen": len(set(busy.answers)),
        "errors": len(busy.errors) + len(idle.errors),
        "mixed_answers": sum(answer not in known for answer in busy.answers),
        "p99_ratio": round(figures["publishing"]["p99_ms"] / figures["idle"]["p99_ms"], 2),
        **figures,
    }


@dataclass
class Seen:
    """What the threads saw."""

    answers: list[Answer] = field(default_factory=list)
    """Every answer."""
    took_s: list[float] = field(default_factory=list)
    """Wall seconds of each."""
    errors: list[Exception] = field(default_factory=list)
    """What was raised instead of an answer."""

    def times_ms(self) -> dict[str, float]:
        """Number of searches, median and ninety-ninth percentile in milliseconds."""
        middle, late = np.percentile(self.took_s, [50, 99])
        return {
            "searches": len(self.took_s),
            "median_ms": round(1000 * float(middle), 1),
            "p99_ms": round(1000 * float(late), 1),
        }


def _under_load(searcher: Searcher, queries: Floats, meanwhile: Callable[[], None]) -> Seen:
    """Search in all threads as long as something else is done, and in each once at least."""
    seen, done = Seen(), threading.Event()

    def ask(place: int) -> None:
        while True:
            began_s = time.perf_counter()
            try:
                searcher.refresh()  # as the server does for each request
                answer = _answer(searcher, queries[place % len(queries)])
            except Exception as error:  # noqa: BLE001 - each is counted
                seen.errors.append(error)
            else:
                seen.answers.append(answer)
                seen.took_s.append(time.perf_counter() - began_s)
            place += 1
            if done.is_set():
                return

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        meanwhile()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    return seen


def _answer(searcher: Searcher, query: Floats) -> Answer:
    hits = searcher.search_vectors(QueryVectors(query[None]), Options(10)).hits
    return tuple(clip_id for hit in hits for clip_id in hit.clip_ids)


def _record_one(home: Home, queries: Floats, number: int) -> None:
    """A video with a clip near each query, the nearer the later."""
    rng = np.random.default_rng(number)
    noise = rng.standard_normal(queries.shape, dtype=np.float32)
    clips = queries + noise * np.float32(0.3 / (number + 2) / np.sqrt(queries.shape[1]))
    clips /= np.linalg.norm(clips, axis=1, keepdims=True)
    with writing_session(home) as catalogue:
        record_clips(catalogue, [Path(f"/videos/near/{time.time_ns()}.mp4")], half(clips)[None])


def _publish(home: Home, queries: Floats, number: int) -> None:
    with writing_session(home) as catalogue:
        publish(home, catalogue, ENCODER_ID)


class NoEncoder:
    """Searches by vector need an encoder's names and nothing that it does."""

    id = name = ENCODER_ID
    frame_spec = FrameSpec(8, 8)

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def encode_frames(self, pixels: Pixels) -> Vectors:
        """Not asked."""
        raise NotImplementedError

    def encode_clips(self, vectors: Vectors, times_s: Times, spans: Spans) -> Vectors:
        """Not asked."""
        raise NotImplementedError

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Not asked."""
        raise NotImplementedError
