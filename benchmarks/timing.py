"""Timing of work, several kinds of it in turns, so that other load meets all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def seconds_of(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


def median_seconds(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median wall seconds of each call, over rounds in which every one runs once."""
    took_s: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            took_s[name].append(seconds_of(work))
    return {name: statistics.median(seconds) for name, seconds in took_s.items()}
