"""Timing of work, several kinds of it in turns, so that other load meets all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


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


@dataclass(frozen=True)
class Times:
    """Medians over many calls."""

    ms: float
    """Wall milliseconds of a call."""
    cpu_ms: float
    """Milliseconds of processor time of a call, of the calling thread."""


def in_turns(works: Mapping[str, Callable[[T], object]], asked: Sequence[T]) -> dict[str, Times]:
    """Times of each kind of work for each thing that is asked, in turns that change their order."""
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    names = list(works)
    for n, each in enumerate(asked):
        turn = n % len(names)
        for name in names[turn:] + names[:turn]:
            began_s, cpu_s = time.perf_counter(), time.thread_time()
            works[name](each)
            took[name].append((time.perf_counter() - began_s, time.thread_time() - cpu_s))
    medians = {
        name: [1000 * statistics.median(times) for times in zip(*pairs, strict=True)]
        for name, pairs in took.items()
    }
    return {name: Times(round(ms, 3), round(cpu_ms, 3)) for name, (ms, cpu_ms) in medians.items()}
