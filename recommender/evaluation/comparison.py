"""A recommender beside its baselines on one protocol: every figure with how sure it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.choosing.ranking import Fit, Outcome, Tune, ask, pool, summary
from recommender.choosing.splits import Case
from recommender.choosing.tune import tune
from recommender.evaluation.baselines import (
    fit_content,
    fit_popularity,
    fit_recent_popularity,
    tune_ease,
    tune_ials,
    tune_item_knn,
    tune_rp3beta,
)
from recommender.events.videos import VideoTable
from recommender.intervals import interval

OURS = "reelwise"
"""Name of the recommender that is being evaluated."""
SURE = ("recall_at_10", "recall_at_20", "ndcg_at_10", "ndcg_at_20", "mrr")
"""Metrics with intervals and paired differences."""
CONTENT = "content only"
HISTORIES = ((0, 0), (1, 5), (6, 20), (21, 50), (51, None))
"""Slices by the number of liked items in a history: first and last of each."""


def _fixed(fit: Fit) -> Tune:
    return lambda cases, items: fit


BASELINES: dict[str, Tune] = {
    "popularity": _fixed(fit_popularity),
    "recent popularity": _fixed(fit_recent_popularity),
    "item-knn": tune_item_knn,
    "rp3beta": tune_rp3beta,
    "ease": tune_ease,
    "ials": tune_ials,
    CONTENT: _fixed(fit_content),
}
"""What always stands beside it."""


@dataclass
class Comparison:
    """What was asked, of whom, and how each answered."""

    held_out: Sequence[Case]
    """What settings are chosen by."""
    videos: VideoTable
    """The items."""
    by_time: bool = True
    """The test part lies after everything known; else popularity knows the future."""
    note: Callable[[str], None] = field(default=lambda line: None)
    """Told what happens next."""

    def run(self, cases: Iterable[Case]) -> dict[str, Any]:
        """Fit and ask everybody on all cases.

        Raises:
            ValueError: Nothing can be asked of anybody.
        """
        started = time.perf_counter()
        fits = self._tuned()
        outcomes: dict[str, list[Outcome]] = {name: [] for name in fits}
        seconds: dict[str, float] = dict.fromkeys(fits, 0.0)
        for number, case in enumerate(cases, 1):
            for name, fit in fits.items():
                self.note(f"step {number}: {name}")
                began = time.perf_counter()
                outcomes[name].append(ask(fit(case.train, self.videos), case, self.videos))
                seconds[name] += time.perf_counter() - began
        pooled = {name: pool(each) for name, each in outcomes.items() if each}
        if not pooled:
            raise ValueError("cases must ask something of somebody")
        document: dict[str, Any] = {"steps": len(outcomes[OURS])}
        document |= _document(pooled, seconds, time.perf_counter() - started)
        for name, one in {OURS: document, **document["baselines"]}.items():
            one["settings"] = dict(getattr(fits[name], "keywords", {}))
        return document

    def _tuned(self) -> dict[str, Fit]:
        ours, without = tune(self.held_out, self.videos, note=self.note)
        fits: dict[str, Fit] = {OURS: ours}
        for name, of_baseline in BASELINES.items():
            if self.videos.has_vectors or name != CONTENT:
                self.note(f"settings: {name}")
                fits[name] = of_baseline(self.held_out, self.videos)
        if not self.by_time:
            fits[f"{OURS} without popularity"] = without
        return fits


def _document(
    pooled: dict[str, Outcome], seconds: dict[str, float], total_s: float
) -> dict[str, Any]:
    ours = pooled[OURS]
    others = {name: outcome for name, outcome in pooled.items() if name != OURS}
    return {
        **_figures(ours),
        "seconds": total_s,
        "seconds_of_its_own": seconds[OURS],
        "intervals": _intervals(ours),
        "differences": {name: _differences(ours, other) for name, other in others.items()},
        "slices": _slices(ours),
        "baselines": {
            name: {
                **_figures(other),
                "seconds": seconds[name],
                "intervals": _intervals(other),
                "slices": _slices(other),
            }
            for name, other in others.items()
        },
    }


def _figures(outcome: Outcome) -> dict[str, float]:
    return summary(outcome)


def _intervals(outcome: Outcome) -> dict[str, list[float]]:
    return {name: list(interval(outcome.person, outcome.values[name])) for name in SURE}


def _differences(ours: Outcome, other: Outcome) -> dict[str, list[float]]:
    """Metric to mean, low and high of ours minus theirs, question by question."""
    found = {}
    for name in SURE:
        gain = ours.values[name] - other.values[name]
        found[name] = [float(gain.mean()), *interval(ours.person, gain)]
    return found


def _slices(outcome: Outcome) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for first, last in HISTORIES:
        inside = outcome.known >= first
        if last is not None:
            inside &= outcome.known <= last
        if inside.any():
            found[f"history {_span(first, last)}"] = _means(outcome.values, inside)
    asked = ~np.isnan(outcome.new["recall_at_10"])
    if asked.any():
        found["new videos"] = _means(outcome.new, asked)
    return found


def _span(first: int, last: int | None) -> str:
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}-{last}"


def _means(values: dict[str, NDArray[np.float64]], inside: NDArray[np.bool_]) -> dict[str, float]:
    means = {name: float(each[inside].mean()) for name, each in values.items() if name != "rank"}
    return {**means, "n": int(inside.sum())}
