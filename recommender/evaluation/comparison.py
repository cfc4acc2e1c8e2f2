"""Several recommenders on the same questions: metrics, intervals, paired differences, slices."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.choosing.ranking import Fit, Outcome, ask, pool, summary
from recommender.choosing.splits import Case
from recommender.events.videos import VideoTable

INTERVAL_METRICS = ("recall_at_10", "recall_at_20", "ndcg_at_10", "ndcg_at_20", "mrr")
"""Metrics with intervals and paired differences."""
HISTORY_SLICES = ((0, 0), (1, 5), (6, 20), (21, 50), (51, None))
"""Slices by the number of liked items in a history: first and last number of each."""
DRAWS = 1_000
"""Samples of people; 95 % intervals move by a few per cent of their width between seeds."""
_SEED = 95
_AT_ONCE = 50


def compare_fits(
    fits: Mapping[str, Fit],
    cases: Iterable[Case],
    videos: VideoTable,
    note: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Fit every recommender on every case and rank all items for all of its users.

    The first of `fits` is evaluated: its figures, with those of the others as `baselines`. The
    cases are in order of time, where there is one.

    Raises:
        ValueError: There are no cases.
    """
    started = time.perf_counter()
    outcomes: dict[str, list[Outcome]] = {name: [] for name in fits}
    seconds: dict[str, float] = dict.fromkeys(fits, 0.0)
    for number, case in enumerate(cases, 1):
        for name, fit in fits.items():
            note(f"step {number}: {name}")
            began = time.perf_counter()
            outcomes[name].append(ask(fit(case.train, videos), case, videos))
            seconds[name] += time.perf_counter() - began
    pooled = {name: pool(each) for name, each in outcomes.items() if each}
    if not pooled:
        raise ValueError("there must be a case with something to predict, got none")
    figures = {
        name: {
            **summary(outcome),
            "seconds": seconds[name],
            "intervals": _intervals(outcome),
            "slices": _slices(outcome),
            # What was chosen on held-out events; nothing for a fit without settings.
            "settings": dict(getattr(fits[name], "keywords", {})),
        }
        for name, outcome in pooled.items()
    }
    ours, *others = fits
    return {
        **figures[ours],
        "steps": len(outcomes[ours]),
        "seconds": time.perf_counter() - started,
        "seconds_of_its_own": seconds[ours],
        "differences": {name: _differences(pooled[ours], pooled[name]) for name in others},
        "baselines": {name: figures[name] for name in others},
    }


def interval(
    person: NDArray[np.int64], values: NDArray[np.float64], *, draws: int = DRAWS
) -> tuple[float, float]:
    """95 % percentile bootstrap interval (Efron 1979) of the mean over questions.

    Questions of one `person` (q,) stay together. `values` (q,) that are differences of two
    recommenders give a paired interval. NaN without questions.
    """
    if not len(values):
        return float("nan"), float("nan")
    _, slot, count = np.unique(person, return_inverse=True, return_counts=True)
    total = np.bincount(slot, values)
    rng = np.random.default_rng(_SEED)
    n = len(total)
    means = []
    for _ in range(0, draws, _AT_ONCE):
        times = rng.multinomial(n, np.full(n, 1.0 / n), size=_AT_ONCE)
        means.append((times @ total) / (times @ count))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def _intervals(outcome: Outcome) -> dict[str, list[float]]:
    return {name: list(interval(outcome.person, outcome.values[name])) for name in INTERVAL_METRICS}


def _differences(ours: Outcome, other: Outcome) -> dict[str, list[float]]:
    """Metric to mean, low and high of ours minus theirs, question by question."""
    differences = {}
    for name in INTERVAL_METRICS:
        gain = ours.values[name] - other.values[name]
        differences[name] = [float(gain.mean()), *interval(ours.person, gain)]
    return differences


def _slices(outcome: Outcome) -> dict[str, dict[str, float]]:
    slices: dict[str, dict[str, float]] = {}
    for first, last in HISTORY_SLICES:
        inside = outcome.known >= first
        if last is not None:
            inside &= outcome.known <= last
        if inside.any():
            slices[f"history {_span(first, last)}"] = _means(outcome.values, inside)
    predicted = ~np.isnan(outcome.new["recall_at_10"])
    if predicted.any():
        slices["new videos"] = _means(outcome.new, predicted)
    return slices


def _span(first: int, last: int | None) -> str:
    if last is None:
        return f"{first}+"
    return str(first) if first == last else f"{first}-{last}"


def _means(values: dict[str, NDArray[np.float64]], inside: NDArray[np.bool_]) -> dict[str, float]:
    means = {name: float(each[inside].mean()) for name, each in values.items() if name != "rank"}
    return {**means, "n": int(inside.sum())}
