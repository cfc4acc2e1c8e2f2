"""One new video in a library of any size: until it can be found, and until it is published.

Once with ten clips in a library of many clips, once with 200 lines in one of many lines.

Found: it is recorded, an open search is brought up to date, and the video is the first hit. A
writer checks the whole catalogue once when it starts (`start_writing`), however many videos follow.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.made.clustered import CLIPS_PER_VIDEO, Clusters
from benchmarks.made.many_clips import ENCODER_ID, filled_home, record
from benchmarks.scale.many_lines import add_videos, encode_lines, home_of_lines
from benchmarks.trust.kill_child import ENCODER
from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.build.recording.record import writing_session
from indexer.search.hits.ranking import rank
from indexer.search.query import Options
from indexer.search.query_vectors import QueryVectors
from indexer.search.view import open_view
from indexer.store.publishing import publish

SIZES = {"small": (1_000, 20_000), "full": (10_000, 100_000, 1_000_000)}
"""Clips, and lines."""
TIMES = 5
_CLIP = CLIPS_PER_VIDEO // 2

Lap = tuple[float, float]
"""Wall and processor seconds."""


def run(size: str) -> dict[str, Any]:
    """Median seconds of each step, and the most, by number of clips and of lines.

    `growth` is the largest library to the smallest.
    """
    clips, lines = {}, {}
    for n in SIZES[size]:
        library = Clusters(n)
        with filled_home(library) as home:
            clips[n] = _steps(_laps(home, library))
    for n in SIZES[size]:
        with home_of_lines(n) as home:
            lines[n] = _steps(_laps_of_lines(home))
    return {
        "clips": {"growth": _growth(clips), **clips},
        "lines": {"growth": _growth(lines), **lines},
    }


def _growth(figures: dict[int, dict[str, float]]) -> dict[str, float]:
    first, last = figures[min(figures)], figures[max(figures)]
    return {name: round(last[name] / first[name], 2) for name in first if name.endswith("cpu_s")}


def _steps(laps: Iterator[tuple[str, Lap]]) -> dict[str, float]:
    took: dict[str, list[Lap]] = {}
    for name, lap in laps:
        took.setdefault(name, []).append(lap)
    figures: dict[str, float] = {}
    for name, each in took.items():
        walls_s, cpus_s = zip(*each, strict=True)
        figures[f"{name}_s"] = round(statistics.median(walls_s), 3)
        figures[f"{name}_cpu_s"] = round(statistics.median(cpus_s), 3)
        figures[f"{name}_cpu_s_at_most"] = round(max(cpus_s), 3)
    return figures


def _laps(home: Home, library: Clusters) -> Iterator[tuple[str, Lap]]:
    """Record, find and publish videos one by one; each step with its time."""
    with Catalogue(home) as catalogue:
        view = open_view(home, catalogue, ENCODER_ID)
        first = library.n_videos + len(view.video_ids)
        library.queries(1)  # draws what vectors are made of
        for number in range(first, first + TIMES):
            numbers, clock = range(number, number + 1), _Clock()
            with writing_session(home) as writer:
                yield "start_writing", clock.lap()
                (video_id,) = record(writer, library, numbers)
                yield "record", clock.lap()
                view = open_view(home, catalogue, ENCODER_ID, before=view)
                query = QueryVectors(library.videos(numbers)[_CLIP : _CLIP + 1])
                hits = rank(view, query, Options(1), lambda _: {})
                yield "refresh_and_find", clock.lap()
                if [hit.video_id for hit in hits] != [video_id]:
                    raise AssertionError(f"video {video_id} is not found: {hits}")
                publish(home, writer, ENCODER_ID)
                yield "publish", clock.lap()
            view = open_view(home, catalogue, ENCODER_ID, before=view)
            yield "refresh_after_publication", clock.lap()


def _laps_of_lines(home: Home) -> Iterator[tuple[str, Lap]]:
    """Read, find, encode and publish the lines of videos one by one; each step with its time."""
    rng = np.random.default_rng(1)
    with Catalogue(home) as catalogue:
        view = open_view(home, catalogue, ENCODER)
        first = len(view.video_ids)
        for number in range(first, first + TIMES):
            clock = _Clock()
            with writing_session(home) as writer:
                yield "start_writing", clock.lap()
                add_videos(writer, rng, range(number, number + 1))
                yield "record", clock.lap()
                view = open_view(home, catalogue, ENCODER, before=view)
                yield "refresh_and_find_words", clock.lap()
                encode_lines(writer)
                yield "encode", clock.lap()
                publish(home, writer, ENCODER)
                yield "publish", clock.lap()
            view = open_view(home, catalogue, ENCODER, before=view)
            yield "refresh_after_publication", clock.lap()
            if view.meanings is None or view.meanings.n_lines != view.words.n_lines:
                raise AssertionError(f"the lines of video {number} are not published")


class _Clock:
    """Wall and processor seconds since the last lap."""

    def __init__(self) -> None:
        self._began = (time.perf_counter(), time.process_time())

    def lap(self) -> Lap:
        """Seconds since the last lap, or since it was made."""
        before, self._began = self._began, (time.perf_counter(), time.process_time())
        return self._began[0] - before[0], self._began[1] - before[1]
