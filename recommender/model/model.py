"""Everything that is fitted on what people did, and how it is blended: one model, one list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.model.blend import Blender, Weights, linear_weights
from recommender.sources.adapter import Adapter
from recommender.sources.base import OnlySome, SameForAll, Source
from recommender.sources.counts import CrowdCounts, Freshness
from recommender.sources.ease import DENSE_LIMIT, RIDGE, CoWatched, fit_co_watching
from recommender.sources.ials import UNSEEN, fit_factors
from recommender.sources.item_links import CoWatching
from recommender.sources.next_item import RIDGE as NEXT_RIDGE
from recommender.sources.next_item import fit_next_item
from recommender.sources.popularity import (
    first_said,
    first_watched,
    newness,
    popularity,
    recent_popularity,
)
from recommender.sources.rp3beta import BETA, fit_walks
from recommender.sources.tastes import Interests

INTEREST, CO_WATCH, LATELY, NEXT = "interest", "co-watch ever", "co-watch", "next"
WALK, FACTORS, POPULAR, TREND = "walk", "factors", "popular ever", "popular"
CONTENT, ADAPTED, SEQUENCE = "content", "adapted", "sequence"
FIRST, NEW, UNWATCHED = "first", "new", "unwatched"
BY_VECTORS = (INTEREST, CONTENT, ADAPTED, UNWATCHED)
"""They need vectors."""
TOGETHER = (CO_WATCH, LATELY, NEXT, WALK, FACTORS, SEQUENCE)
"""They follow from who watched what."""
CROWD = (POPULAR, TREND, FIRST, NEW)
"""The same for everybody."""
SOURCES = (*BY_VECTORS, *TOGETHER, *CROWD)
"""All that can be fitted."""
HEARD = (POPULAR, TREND, FIRST)
"""Of these, what other people say."""
LEARNED = (ADAPTED, *TOGETHER)
"""Fitted on everybody's events."""

SHIPPED = linear_weights(
    SOURCES,
    [
        {TREND: 0.45, POPULAR: 0.35, NEW: 0.1},
        {INTEREST: 0.5, LATELY: 1.0, TREND: 0.2},
        {INTEREST: 0.5, LATELY: 1.0, TREND: 0.1},
        {INTEREST: 0.5, LATELY: 1.0, TREND: 0.1},
    ],
)
"""Weights before anything is known of a library."""


@dataclass(frozen=True)
class Settings:
    """What a model is fitted with."""

    weights: Weights = SHIPPED
    """How much each source counts."""
    ridge: float = RIDGE
    """Against every link of co-watching."""
    content: float = 0.0
    """Weight of content among the rows that co-watching is fitted on; 0 leaves it out."""
    half_life_places: float = 10.0
    """Later items at which one counts half in `LATELY`."""
    content_half_life: float = 10.0
    """The same in `CONTENT` and `ADAPTED`."""
    next_ridge: float = NEXT_RIDGE
    """Against every link of `NEXT`."""
    beta: float = BETA
    """Fame taken off in `WALK`."""
    unseen: float = UNSEEN
    """Weight of what has not been met in `FACTORS`."""
    dense_limit: int = DENSE_LIMIT
    """Most videos or people, whichever are fewer, of which a dense matrix is fitted."""


class Model:
    """Fitted sources and their weights; the crowd's sources follow the events at once.

    Args:
        log: What everybody did.
        videos: What may be recommended.
        settings: What to fit with.
        fitted: Sources that are there already; all others are fitted on `log`.
        names: Only these sources; None takes those that have a weight.
    """

    def __init__(
        self,
        log: EventLog,
        videos: VideoTable,
        settings: Settings,
        *,
        fitted: Mapping[str, Source] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        fitting = _Fitting(log, videos, settings, {} if fitted is None else fitted)
        self.settings = settings
        wanted = settings.weights.used if names is None else names
        build = {name: _BUILD[name] for name in wanted}
        kept = {} if fitted is None else fitted
        self.sources = {
            name: kept[name] if name in kept else make(fitting) for name, make in build.items()
        }

    @cached_property
    def blender(self) -> Blender:
        """The sources by their weights."""
        return Blender(self.sources, self.settings.weights)


def to_learn(weights: Weights) -> list[str]:
    """What has to be fitted on everybody's events for these weights."""
    wanted = {*weights.used} | ({ADAPTED} if UNWATCHED in weights.used else set())
    return [name for name in LEARNED if name in wanted]


def crowd_sources(counts: CrowdCounts) -> dict[str, Source]:
    """The crowd's sources on counts that follow the events at once."""
    found: dict[str, Source] = {
        POPULAR: SameForAll(counts.liked),
        TREND: SameForAll(counts.trend),
        NEW: Freshness(counts),
    }
    return {**found, FIRST: SameForAll(counts.begun)} if len(counts.begun) else found


class _Fitting:
    """What several sources share."""

    def __init__(
        self,
        log: EventLog,
        videos: VideoTable,
        settings: Settings,
        fitted: Mapping[str, Source],
    ) -> None:
        self.log = log
        self.videos = videos
        self.settings = settings
        self._fitted = fitted

    @cached_property
    def adapted(self) -> Source:
        if ADAPTED in self._fitted:
            return self._fitted[ADAPTED]
        from recommender.sources.adapter_training import (
            fit_adapter,  # torch is loaded only to learn
        )

        found = fit_adapter(self.log.histories, self.videos)
        return replace(found, half_life_places=self.settings.content_half_life)

    @cached_property
    def co_watching(self) -> CoWatching:
        content = None
        if self.settings.content > 0:
            content = np.sqrt(np.float32(self.settings.content)) * self.videos.centred
        return fit_co_watching(
            self.log.liked,
            ridge=self.settings.ridge,
            content=content,
            dense_limit=self.settings.dense_limit,
        )


def _content(fit: _Fitting) -> Source:
    return replace(Adapter.raw(fit.videos), half_life_places=fit.settings.content_half_life)


def _unwatched(fit: _Fitting) -> Source:
    silent = ~np.isfinite(first_said(fit.log))
    return OnlySome(fit.adapted, silent)


def _sequence(fit: _Fitting) -> Source:
    from recommender.sources.sequence.fit import fit_sequence

    return fit_sequence(fit.log.histories, fit.videos if fit.videos.has_vectors else None, seed=0)


_BUILD: Mapping[str, Callable[[_Fitting], Source]] = {
    INTEREST: lambda fit: Interests(fit.videos),
    CONTENT: _content,
    ADAPTED: lambda fit: fit.adapted,
    UNWATCHED: _unwatched,
    SEQUENCE: _sequence,
    CO_WATCH: lambda fit: CoWatched(fit.co_watching),
    LATELY: lambda fit: CoWatched(fit.co_watching, fit.settings.half_life_places),
    NEXT: lambda fit: fit_next_item(
        fit.log.histories,
        ridge=fit.settings.next_ridge,
        dense_limit=fit.settings.dense_limit,
    ),
    WALK: lambda fit: CoWatched(fit_walks(fit.log.liked, beta=fit.settings.beta)),
    FACTORS: lambda fit: fit_factors(fit.log.liked, unseen=fit.settings.unseen),
    POPULAR: lambda fit: SameForAll(popularity(fit.log)),
    TREND: lambda fit: SameForAll(recent_popularity(fit.log)),
    FIRST: lambda fit: SameForAll(first_watched(fit.log.histories)),
    NEW: lambda fit: SameForAll(newness(fit.log, fit.videos)),
}
