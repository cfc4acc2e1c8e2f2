"""Full rankings for many people at a time, their metrics, and the choice of a setting by them."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.choosing.splits import Case
from recommender.events.histories import Histories
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.sources.base import Source

CUTS = (5, 10, 20)
"""List lengths of the metrics."""
DEEPEST = max(CUTS)
"""Length of the longest list."""
LIST = 10
"""List length of coverage, novelty and similarity within a list."""
ASKED = 2_000
"""Maximum number of people whose held-out events a setting is judged by."""
METRIC = "ndcg_at_20"
"""The metric that settings are judged by."""
_CHUNK_BYTES = 64_000_000
"""Memory for scores."""

Values = dict[str, NDArray[np.float64]]
"""One value for each question."""
Scores = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""Numbers of b people to (b, n_items) scores; what a person has seen is left out later."""
Fit = Callable[[EventLog, VideoTable], Scores]
"""Fits on events up to some point; all settings are fixed in it already."""
Tune = Callable[[Sequence[Case], VideoTable], Fit]
"""Chooses settings by what they predict in some cases; returns how to fit anew."""


def scores_of(source: Source, histories: Histories) -> Scores:
    """A source that is given the histories of the people, who are numbered as in `histories`."""
    return lambda people: source.scores(histories.of(people))


@dataclass(frozen=True, eq=False)
class Outcome:
    """The metrics of one recommender for every question of a case."""

    person: NDArray[np.int64]
    """(q,) the person of each question; in rolling evaluation a person has several."""
    known: NDArray[np.int64]
    """(q,) liked items in the person's history at that time."""
    values: Values
    """Metric to (q,) values over everything wanted."""
    new: Values
    """Metric to (q,) values over wanted items without an event before; NaN where none is."""
    shown: NDArray[np.bool_]
    """(n_items,) items on at least one list of `LIST`."""


def pool(outcomes: list[Outcome]) -> Outcome:
    """All questions of several steps together."""
    first = outcomes[0]
    return Outcome(
        np.concatenate([one.person for one in outcomes]),
        np.concatenate([one.known for one in outcomes]),
        {name: np.concatenate([one.values[name] for one in outcomes]) for name in first.values},
        {name: np.concatenate([one.new[name] for one in outcomes]) for name in first.new},
        np.logical_or.reduce([one.shown for one in outcomes]),
    )


def ask(scores_of_people: Scores, case: Case, videos: VideoTable | None = None) -> Outcome:
    """Rank all items for each person with something to predict; memory stays bounded.

    Without vectors of the videos there is no similarity within a list.
    """
    people = case.users
    n_items = case.train.n_items
    width = max(1, min(2048, _CHUNK_BYTES // (4 * max(n_items, 1))))
    seen_by = np.bincount(case.train.seen.indices, minlength=n_items)
    # Laplace's prior keeps the surprise of an item without events finite.
    surprise = -np.log2((seen_by + 1.0) / (case.train.n_users + 1.0))
    parts: list[tuple[Values, Values]] = []
    shown = np.zeros(n_items, bool)
    for start in range(0, len(people), width):
        chunk = people[start : start + width]
        scores = np.array(scores_of_people(chunk), dtype=np.float32)
        scores[case.masked[chunk].nonzero()] = -np.inf
        wanted = case.wanted[chunk].toarray()
        best = top_items(scores, DEEPEST)
        values = accuracy(best, wanted) | first_places(scores, wanted)
        fresh = wanted & (seen_by == 0)
        new = accuracy(best, fresh)
        without = ~fresh.any(axis=1)
        for each in new.values():
            each[without] = np.nan
        listed = best[:, :LIST]
        values |= _beyond_accuracy(listed, surprise, videos)
        shown[np.unique(listed[listed >= 0])] = True
        parts.append((values, new))
    liked = np.diff(case.train.liked.indptr)[people].astype(np.int64)
    if not parts:
        raise ValueError("a case must have a question")
    return Outcome(
        people, liked, _joined([v for v, _ in parts]), _joined([n for _, n in parts]), shown
    )


def _joined(parts: list[Values]) -> Values:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def top_items(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """The k best of each row, best first; ties go to the lower number.

    Returns:
        (b, k) int64; -1 where a row has fewer than k scores above -inf.
    """
    k = min(k, scores.shape[1])
    # argpartition picks any of those tied at the border; the lower numbers are wanted.
    border = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]
    sure, tied = scores > border, scores == border
    places_left = k - sure.sum(axis=1, keepdims=True)
    chosen = sure | (tied & (np.cumsum(tied, axis=1) <= places_left))
    rows = np.nonzero(chosen)[1].reshape(len(scores), k)
    values = np.take_along_axis(scores, rows, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    best = np.take_along_axis(rows, order, axis=1)
    best[~np.isfinite(np.take_along_axis(values, order, axis=1))] = -1
    return best.astype(np.int64)


def accuracy(
    best: NDArray[np.int64], wanted: NDArray[np.bool_], n_wanted: NDArray[np.int64] | None = None
) -> Values:
    """Recall, NDCG and hits of lists.

    Recall divides by everything wanted, not by min(k, wanted). NDCG (Jarvelin and Kekalainen 2002)
    has gain 1 for each wanted item, and its ideal list holds min(k, wanted) of them.

    Args:
        best: (b, k) item numbers, best first; -1 for no item.
        wanted: (b, n_items).
        n_wanted: (b,) all that is wanted, where `wanted` holds only some of it.
    """
    hits = np.take_along_axis(wanted, np.maximum(best, 0), axis=1) & (best >= 0)
    n_wanted = wanted.sum(axis=1) if n_wanted is None else n_wanted
    discount = 1.0 / np.log2(np.arange(2, DEEPEST + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])
    values: Values = {}
    for k in CUTS:
        top = hits[:, :k]
        gained = top @ discount[: top.shape[1]]
        best_possible = np.maximum(ideal[np.minimum(n_wanted, k)], discount[-1])
        values[f"recall_at_{k}"] = top.sum(axis=1) / np.maximum(n_wanted, 1)
        values[f"ndcg_at_{k}"] = gained / best_possible
        values[f"hit_rate_at_{k}"] = np.where(top.any(axis=1), 1.0, 0.0)
    return values


def first_places(scores: NDArray[np.float32], wanted: NDArray[np.bool_]) -> Values:
    """Where in the whole ranking the first wanted item stands.

    Returns:
        `rank` from 1, of tied items the middle place; `mrr` its inverse; both (b,).
    """
    best = np.where(wanted, scores, -np.inf).max(axis=1, initial=-np.inf)[:, None]
    above = (scores > best).sum(axis=1)
    tied = (scores == best).sum(axis=1)
    rank = 1.0 + above + np.maximum(tied - 1, 0) / 2.0
    return {"rank": rank, "mrr": 1.0 / rank}


def _beyond_accuracy(
    listed: NDArray[np.int64], surprise: NDArray[np.float64], videos: VideoTable | None
) -> Values:
    """Novelty of lists, which is the mean surprise of an item, and mean cosine of their pairs."""
    real = listed >= 0
    total = np.where(real, surprise[listed], 0.0).sum(axis=1)
    values: Values = {"novelty_at_10": total / np.maximum(real.sum(axis=1), 1)}
    if videos is not None and videos.has_vectors:
        shown = videos.centred[listed] * real[:, :, None]
        k = shown.shape[1]
        alike = (shown.sum(axis=1) ** 2).sum(axis=1) - (shown**2).sum(axis=(1, 2))
        values["intra_list_similarity_at_10"] = alike / max(k * (k - 1), 1)
    return values


def summary(outcome: Outcome) -> dict[str, float]:
    """Metric to its mean over all questions; `median_rank`, `coverage_at_10` and `n` beside."""
    means = {name: float(np.mean(values)) for name, values in outcome.values.items()}
    ranks = outcome.values["rank"]
    del means["rank"]
    return {
        **means,
        "median_rank": float(np.median(ranks)) if len(ranks) else float("nan"),
        "coverage_at_10": float(np.mean(outcome.shown)),
        "n": len(outcome.person),
    }


def judged(fit: Fit, cases: Sequence[Case], videos: VideoTable) -> float:
    """Mean NDCG@20 over all questions of some cases, of at most `ASKED` people each."""
    values = [
        ask(fit(case.train, videos), case.of_some(ASKED)).values[METRIC]
        for case in cases
        if len(case.users)
    ]
    return float(np.concatenate(values).mean()) if values else 0.0


def climb(settings: Sequence[float], quality: Callable[[float], float], *, start: int) -> float:
    """Walk along settings from position `start` for as long as they get better.

    They are in order, so that quality rises and then falls along them.
    """
    quality_of = functools.cache(quality)
    best = start
    for way in (-1, 1):
        while 0 <= best + way < len(settings):
            if quality_of(settings[best + way]) <= quality_of(settings[best]):
                break
            best += way
        if best != start:
            break
    return settings[best]


def tuned(
    fit: Callable[..., Scores], name: str, settings: Sequence[float], *, start: float
) -> Tune:
    """A way of fitting whose setting `name` is chosen on held-out events."""

    def tune(cases: Sequence[Case], videos: VideoTable) -> Fit:
        def quality(setting: float) -> float:
            return judged(functools.partial(fit, **{name: setting}), cases, videos)

        best = climb(settings, quality, start=settings.index(start))
        return functools.partial(fit, **{name: best})

    return tune
