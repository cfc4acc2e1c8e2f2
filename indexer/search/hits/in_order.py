"""One thing and then another: the best moments of one video in the order that was asked.

Each step is searched by itself, in all channels. Of each video the moments, one a step, are taken
whose order is right and of which all are most probably meant: steps are judged apart, so the
relevance of a sequence is the product of the relevances of its moments. A video that shows one step
alone, or all of them in another order, has no sequence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexer.search.query import Options, Query
from indexer.search.relevance.calibrate import CONFIDENT_RELEVANCE
from indexer.search.result import Hit, SearchResult, Step

Ask = Callable[[Query, Options], SearchResult]
"""Answers a query that has one step."""

CANDIDATES = 500
"""Moments of each step by which videos are chosen."""
VIDEOS = 200
"""Videos in which all moments are then compared."""
MOMENTS_PER_VIDEO = 64
"""Moments of one step that are tried in one video: the most relevant ones."""
LEAST = 1e-12
"""No relevance is taken for smaller."""
PER_SECOND = 1e-9
"""Taken off for each second between two moments: of equal sequences the closest is meant."""

Weights = NDArray[np.float64]


@dataclass(frozen=True)
class _Chain:
    """Moments of one video in order, one a step."""

    weight: float
    """Logarithm of the product of their relevances."""
    hits: tuple[Hit, ...]


def find_in_order(query: Query, options: Options, n_clips: int, ask: Ask) -> SearchResult:
    """The k best sequences, at most one of each video, the best first.

    Args:
        query: With more than one step.
        options: Of the answer; its least relevance is one of whole sequences.
        n_clips: Clips that can be found.
        ask: Searches for one step.
    """
    every = replace(options.filters, min_relevance=0.0)
    wide = replace(options, k=CANDIDATES, merge=False, filters=every)
    results = [ask(step, wide) for step in query.steps]
    if n_clips > CANDIDATES:
        # Of a step that much of the library shows, the right moment may not be among the first.
        likely = _likely([result.hits for result in results])
        wide = replace(wide, k=n_clips, among=n_clips, filters=replace(every, videos=likely))
        results = [ask(step, wide) for step in query.steps]
    chains = _chains([result.hits for result in results], query.within_s)
    hits = [_hit(rank, chain, query) for rank, chain in enumerate(chains[: options.k], start=1)]
    hits = [hit for hit in hits if hit.relevance >= options.filters.min_relevance]
    return replace(
        results[0],
        hits=hits,
        confident=bool(hits) and hits[0].relevance >= CONFIDENT_RELEVANCE,
        not_understood=_each_once(result.not_understood for result in results),
        warnings=_each_once(result.warnings for result in results),
    )


def _each_once(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for some in lists for each in some))


def _likely(found: Sequence[Sequence[Hit]]) -> frozenset[int]:
    """The videos whose best moments of all steps are together most relevant."""
    best: list[dict[int, float]] = []
    for hits in found:
        of_step: dict[int, float] = {}
        for hit in hits:
            of_step[hit.video_id] = max(hit.relevance, of_step.get(hit.video_id, LEAST))
        best.append(of_step)
    weights = {
        video_id: sum(math.log(of_step.get(video_id, LEAST)) for of_step in best)
        for video_id in set().union(*best)
    }
    return frozenset(sorted(weights, key=lambda each: (-weights[each], each))[:VIDEOS])


def _chains(found: Sequence[Sequence[Hit]], within_s: float | None) -> list[_Chain]:
    """The best sequence of each video that has one, the best first."""
    by_video: list[dict[int, list[Hit]]] = []
    for hits in found:
        of_step: dict[int, list[Hit]] = {}
        for hit in hits:
            moments = of_step.setdefault(hit.video_id, [])
            if len(moments) < MOMENTS_PER_VIDEO:
                moments.append(hit)
        by_video.append(of_step)
    in_all = set(by_video[0]).intersection(*by_video[1:])
    chains = [_best_chain([each[video_id] for each in by_video], within_s) for video_id in in_all]
    known = [chain for chain in chains if chain is not None]
    return sorted(known, key=lambda chain: (-chain.weight, chain.hits[0].video_id))


def _best_chain(steps: Sequence[Sequence[Hit]], within_s: float | None) -> _Chain | None:
    """The best moments of one video in order, by dynamic programming over steps; None for none."""
    best = _weights(steps[0])
    before: list[NDArray[np.intp]] = []
    for earlier, later in pairwise(steps):
        gaps_s = _gaps_s(earlier, later)
        allowed = gaps_s <= (math.inf if within_s is None else within_s)
        total = np.where(
            allowed, best[:, None] - PER_SECOND * np.where(allowed, gaps_s, 0), -np.inf
        )
        before.append(total.argmax(axis=0))
        best = total.max(axis=0) + _weights(later)
    place = int(best.argmax())
    weight = float(best[place])
    if weight == -math.inf:
        return None
    places = [place]
    for origin in reversed(before):
        places.append(int(origin[places[-1]]))
    pairs = zip(steps, reversed(places), strict=True)
    return _Chain(weight, tuple(moments[each] for moments, each in pairs))


def _weights(hits: Sequence[Hit]) -> Weights:
    return np.log(np.maximum([hit.relevance for hit in hits], LEAST))


def _gaps_s(earlier: Sequence[Hit], later: Sequence[Hit]) -> Weights:
    """(a, b) seconds between the end of one and the start of another; nan where it is not after.

    A moment is after another that began before it: what is said in a clip comes after the picture.
    """
    began_s = np.asarray([hit.start_s for hit in earlier])[:, None]
    ended_s = np.asarray([hit.end_s for hit in earlier])[:, None]
    starts_s = np.asarray([hit.start_s for hit in later])[None]
    return np.where(starts_s > began_s, np.maximum(starts_s - ended_s, 0.0), np.nan)


def _hit(rank: int, chain: _Chain, query: Query) -> Hit:
    first, relevance = chain.hits[0], math.exp(chain.weight)
    steps = tuple(
        Step(step.name, hit.start_s, hit.end_s, hit.relevance)
        for step, hit in zip(query.steps, chain.hits, strict=True)
    )
    return replace(
        first,
        rank=rank,
        end_s=chain.hits[-1].end_s,
        score=math.exp(chain.weight / len(chain.hits)),
        relevance=relevance,
        why={name: _weakest([hit.why[name] for hit in chain.hits]) for name in first.why},
        clip_ids=tuple(each for hit in chain.hits for each in hit.clip_ids),
        matched=tuple(match for hit in chain.hits for match in hit.matched),
        steps=steps,
    )


def _weakest(scores: Iterable[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return min(known, default=None)
