"""The model as evaluated: its settings and weights chosen on held-out events, by itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.choosing.examples import gather, joined
from recommender.choosing.ranking import ASKED, Fit, Scores, climb, judged, scores_of
from recommender.choosing.splits import Case
from recommender.choosing.weights import learn
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.model.blend import HISTORIES, linear_weights
from recommender.model.model import (
    BY_VECTORS,
    CO_WATCH,
    CONTENT,
    CROWD,
    FACTORS,
    LATELY,
    NEW,
    NEXT,
    SEQUENCE,
    SHIPPED,
    SOURCES,
    WALK,
    Model,
    Settings,
)
from recommender.sources.base import Source
from recommender.sources.ease import CoWatched, fit_co_watching
from recommender.sources.ials import UNSEENS
from recommender.sources.tastes import pushed_down, read_taste

DENSE_LIMIT = 12_000
"""Most people or videos, whichever are fewer, inverted when fitting may take minutes: some 4 GB."""
RIDGES = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Ridges of EASE to choose from."""
HALF_LIVES = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
"""Half-lives in places to choose from."""
NEXT_RIDGES = (30.0, 100.0, 300.0, 1000.0)
"""Ridges of the next item to choose from."""
CONTENTS = (0.0, 1.0, 3.0, 10.0, 30.0)
"""Weights of content rows to choose from."""
GROWN = 1.25
"""Growth of the events at which a sequence model is fitted anew."""
SEQUENCE_PAIRS = 50_000
"""People's liked videos from which on a sequence model is fitted: fewer do not feed it."""
ORDER_TELLS = 0.8
"""And only where `NEXT` alone is that good beside `CO_WATCH` alone."""
SETTING_CASES = 3
"""Settings of a source are chosen on so many of the latest cases, weights on all of them."""
BETAS = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Powers of fame to choose from."""


class FittedOnce:
    """Sources fitted on the latest events asked for, shared by blends that differ in weights.

    The sequence model takes minutes and answers any history: it is kept while events go on, until
    they have grown by `GROWN`.
    """

    def __init__(self) -> None:
        self._train: EventLog | None = None
        self._sources: dict[str, Source] = {}
        self._learned_from = 0

    def model(
        self,
        train: EventLog,
        table: VideoTable,
        settings: Settings,
        names: Sequence[str] | None = None,
    ) -> Model:
        """A model of which only what is not there yet is fitted."""
        if train is not self._train:
            kept = {SEQUENCE} if self._goes_on(train) else set()
            self._sources = {name: one for name, one in self._sources.items() if name in kept}
            self._train = train
        if SEQUENCE not in self._sources:
            self._learned_from = len(train)
        found = Model(train, table, settings, fitted=self._sources, names=names)
        self._sources |= found.sources
        return found

    def _goes_on(self, train: EventLog) -> bool:
        """The events are those from before and some later ones: nothing of a future was learned."""
        before = self._train
        if before is None or not (before.timed and train.timed):
            return False
        grown = len(train) / max(self._learned_from, 1)
        return 1.0 <= grown < GROWN and bool(before.at_s.max() <= train.at_s.max())


class Tuned:
    """A fitted model as the evaluator sees it: the blend before diversity and kept places.

    Args:
        settings: What to fit with.
        train: What is known.
        videos: The items.
        fitted: Sources that other blends with the same settings share.
    """

    def __init__(
        self,
        settings: Settings,
        train: EventLog,
        videos: VideoTable,
        fitted: FittedOnce | None = None,
    ) -> None:
        self._train = train
        self._videos = videos
        once = fitted or FittedOnce()
        self._blender = once.model(train, videos, settings).blender
        self._pushes = np.zeros(train.n_users, bool)
        if videos.has_vectors:
            pairs = train.pairs
            self._pushes[pairs.user[pairs.disliked | (pairs.weight <= 0)]] = True

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items)."""
        allowed = ~self._train.seen[people].toarray()
        total = self._blender.total(self._train.histories.of(people), allowed)
        for at in np.flatnonzero(self._pushes[people]):
            taste = read_taste(self._train.pairs.of(int(people[at])), self._train.n_items)
            total[at] *= pushed_down(taste, self._videos)
        return total


def _worth_fitting(train: EventLog, videos: VideoTable, worth: Mapping[str, float]) -> list[str]:
    left_out = set() if videos.has_vectors else set(BY_VECTORS)
    # A sequence model takes minutes: not where order tells little.
    if train.liked.nnz < SEQUENCE_PAIRS or worth[NEXT] < ORDER_TELLS * worth[CO_WATCH]:
        left_out.add(SEQUENCE)
    return [name for name in SOURCES if name not in left_out]


@dataclass(frozen=True)
class TunedFit:
    """How to fit a model whose settings are chosen."""

    settings: Settings
    """What to fit with."""
    told: dict[str, float] = field(default_factory=dict)
    """What spoke for its weights, on held-out events."""
    fitted: FittedOnce = field(default_factory=FittedOnce)
    """Shared by fits that differ in weights alone."""

    def __call__(self, train: EventLog, videos: VideoTable) -> Scores:
        """Fit on some events."""
        return Tuned(self.settings, train, videos, self.fitted).scores

    @property
    def keywords(self) -> dict[str, Any]:
        """The settings for a reader: weights by source, one for each of the history lengths."""
        told = {one.name: getattr(self.settings, one.name) for one in fields(self.settings)}
        weights = self.settings.weights
        told["weights"] = {name: weights.rounded(name) for name in weights.used}
        return {**told, "chosen_by": self.told}


def tune(
    cases: Sequence[Case],
    videos: VideoTable,
    *,
    dense_limit: int = DENSE_LIMIT,
    note: Callable[[str], None] = lambda line: None,
) -> tuple[TunedFit, TunedFit]:
    """Choose settings source by source, then the weights of all, on what the cases ask.

    Args:
        cases: In order of time, where there is one.
        videos: The items.
        dense_limit: Most videos or people, whichever are fewer, that are inverted.
        note: Told what happens next.

    Returns:
        How to fit the model, and how to fit it without the crowd's sources.
    """
    choosing = _Choosing(cases, videos, note)
    chosen = choosing.settings(dense_limit)
    names = _worth_fitting(cases[-1].train, videos, choosing.worth)
    note("asking every source")
    once = FittedOnce()
    parts = [
        gather(once.model(case.train, videos, chosen, names).sources, case.of_some(ASKED))
        for case in cases
        if len(case.users)
    ]
    if not parts:
        return TunedFit(chosen), TunedFit(chosen)
    note("weights")
    examples = joined(parts)
    found, told = learn(examples, SHIPPED)
    plain = examples.only([name for name in names if name not in CROWD or name == NEW])
    without, _ = learn(plain, SHIPPED)
    ours = TunedFit(replace(chosen, weights=found), told)
    return ours, TunedFit(replace(chosen, weights=without), fitted=ours.fitted)


class _Choosing:
    """The settings of each source by what it foretells alone."""

    def __init__(
        self, cases: Sequence[Case], videos: VideoTable, note: Callable[[str], None]
    ) -> None:
        self._cases = cases[-SETTING_CASES:]
        self._videos = videos
        self._note = note
        self.worth: dict[str, float] = {}
        """NDCG@20 of each source alone, at its best setting."""

    def settings(self, dense_limit: int) -> Settings:
        found = Settings(dense_limit=dense_limit)
        found = self._climbed(found, CO_WATCH, "ridge", RIDGES)
        found = self._half_life(found)
        if self._videos.has_vectors:
            found = self._climbed(found, CO_WATCH, "content", CONTENTS)
            found = self._climbed(found, CONTENT, "content_half_life", HALF_LIVES)
        found = self._climbed(found, NEXT, "next_ridge", NEXT_RIDGES)
        found = self._climbed(found, WALK, "beta", BETAS)
        return self._climbed(found, FACTORS, "unseen", UNSEENS)

    def _climbed(
        self, found: Settings, source: str, name: str, choices: Sequence[float]
    ) -> Settings:
        alone = linear_weights([source], [{source: 1.0}] * len(HISTORIES))

        def fit(value: float) -> Fit:
            return TunedFit(replace(found, weights=alone, **_setting(name, value)))

        return self._best(found, source, name, choices, fit)

    def _half_life(self, found: Settings) -> Settings:
        """Of `LATELY`: the matrix, which takes longest, is the same for all."""
        fitted: dict[int, CoWatched] = {}

        def fit(value: float) -> Fit:
            def of(train: EventLog, videos: VideoTable) -> Scores:
                if id(train) not in fitted:
                    matrix = fit_co_watching(
                        train.liked, ridge=found.ridge, dense_limit=found.dense_limit
                    )
                    fitted[id(train)] = CoWatched(matrix)
                source = replace(fitted[id(train)], half_life_places=value)
                return scores_of(source, train.histories)

            return of

        return self._best(found, LATELY, "half_life_places", HALF_LIVES, fit)

    def _best(
        self,
        found: Settings,
        source: str,
        name: str,
        choices: Sequence[float],
        fit: Callable[[float], Fit],
    ) -> Settings:
        self._note(f"settings: {source}, {name}")

        def worth(value: float) -> float:
            return judged(fit(value), self._cases, self._videos)

        asked = functools.cache(worth)
        best = climb(choices, asked, start=choices.index(getattr(found, name)))
        self.worth[source] = asked(best)
        return replace(found, **_setting(name, best))


def _setting(name: str, value: float) -> dict[str, Any]:
    return {name: value}
