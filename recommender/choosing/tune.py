"""Choose the settings of the sources, then the weights of the blend, on held-out events."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.choosing.ranking import ASKED, Scores, climb, judged
from recommender.choosing.splits import Case
from recommender.choosing.weights import fit_weights, gather, join_examples
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.model.blend import Blender, alone
from recommender.model.model import DEFAULT_WEIGHTS, Settings, fit_sources
from recommender.model.taste import pushed_down, read_taste
from recommender.sources.base import Source
from recommender.sources.ease import TUNED_DENSE_LIMIT
from recommender.sources.registry import (
    BY_NAME,
    EASE,
    NEW,
    NEXT_ITEM,
    SASREC,
    SOURCES,
    SourceSetting,
)

GROWN = 1.25
"""Growth of the events at which a slow source is fitted anew."""
SASREC_LIKES = 50_000
"""Likes from which on SASRec is fitted: fewer are not enough for it."""
ORDER_TELLS = 0.8
"""And only where next-item alone is this good beside EASE alone."""
SETTING_CASES = 3
"""Settings of a source are chosen on this many of the latest cases, weights on all of them."""


class SharedSources:
    """Sources fitted on the events used last, shared by blends that differ in weights.

    A slow source takes minutes and answers any history: it is kept while events are added, until
    they have grown by `GROWN`.
    """

    def __init__(self) -> None:
        self._train: EventLog | None = None
        self._sources: dict[str, Source] = {}
        self._n_fitted: dict[str, int] = {}

    def fit(
        self,
        train: EventLog,
        videos: VideoTable,
        settings: Settings,
        names: Sequence[str] | None = None,
    ) -> dict[str, Source]:
        """The sources of a model, of which only missing ones are fitted."""
        if train is not self._train:
            self._sources = {
                name: one for name, one in self._sources.items() if self._still_good(name, train)
            }
            self._train = train
        sources = fit_sources(train, videos, settings, fitted=self._sources, names=names)
        for name in {*sources} - {*self._sources}:
            self._n_fitted[name] = len(train)
        self._sources |= sources
        return sources

    def _still_good(self, name: str, train: EventLog) -> bool:
        """A slow source, and the events are those from before and some later ones."""
        before = self._train
        if not BY_NAME[name].slow or before is None or not (before.timed and train.timed):
            return False
        grown = len(train) / max(self._n_fitted[name], 1)
        return 1.0 <= grown < GROWN and bool(before.at_s.max() <= train.at_s.max())


class BlendScores:
    """Scores for the people of the events that sources were fitted on, before any re-ranking."""

    def __init__(self, blender: Blender, train: EventLog, videos: VideoTable) -> None:
        self._blender, self._train, self._videos = blender, train, videos
        self._pushes = np.zeros(train.n_users, bool)
        if videos.has_vectors:
            pairs = train.pairs
            self._pushes[pairs.user[pairs.disliked | (pairs.weight <= 0)]] = True

    def __call__(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items)."""
        allowed = ~self._train.seen[people].toarray()
        total = self._blender.total(self._train.histories.of(people), allowed)
        for at in np.flatnonzero(self._pushes[people]):
            taste = read_taste(self._train.pairs.of(int(people[at])), self._train.n_items)
            total[at] *= pushed_down(taste, self._videos)
        return total


@dataclass(frozen=True)
class ModelFit:
    """How to fit a model whose settings are chosen."""

    settings: Settings
    """What to fit with."""
    figures: dict[str, float] = field(default_factory=dict)
    """NDCG of its weights on held-out events."""
    shared: SharedSources = field(default_factory=SharedSources)
    """Shared by fits that differ in weights alone."""

    def __call__(self, train: EventLog, videos: VideoTable) -> Scores:
        """Fit on some events."""
        sources = self.shared.fit(train, videos, self.settings)
        return BlendScores(Blender(sources, self.settings.weights), train, videos)

    @property
    def keywords(self) -> dict[str, Any]:
        """The settings for a reader: weights by source, one for each of the history lengths."""
        weights = self.settings.weights
        return {
            **self.settings.of_sources,
            "dense_limit": self.settings.dense_limit,
            "weights": {name: weights.rounded(name) for name in weights.used},
            "chosen_by": self.figures,
        }


def tune(
    cases: Sequence[Case],
    videos: VideoTable,
    *,
    dense_limit: int = TUNED_DENSE_LIMIT,
    note: Callable[[str], None] = lambda line: None,
) -> tuple[ModelFit, ModelFit]:
    """Choose settings source by source, then the weights of all, on the questions of the cases.

    The cases are in order of time, where there is one. `note` is called with a line for each step.

    Returns:
        How to fit the model, and how to fit it without popularity.
    """
    shared = SharedSources()
    settings, quality = _chosen_settings(cases, videos, Settings(dense_limit=dense_limit), note)
    names = _worth_fitting(cases[-1].train, videos, quality)
    note("asking every source")
    parts = [
        gather(shared.fit(case.train, videos, settings, names), case.of_some(ASKED))
        for case in cases
        if len(case.users)
    ]
    if not parts:
        return ModelFit(settings), ModelFit(settings)
    note("weights")
    examples = join_examples(parts)
    weights, figures = fit_weights(examples, DEFAULT_WEIGHTS)
    plain = examples.only([name for name in names if BY_NAME[name].personal or name == NEW])
    without, _ = fit_weights(plain, DEFAULT_WEIGHTS)
    return (
        ModelFit(replace(settings, weights=weights), figures, shared),
        ModelFit(replace(settings, weights=without), shared=shared),
    )


def _worth_fitting(train: EventLog, videos: VideoTable, quality: Mapping[str, float]) -> list[str]:
    """Names of the sources: those of vectors only with vectors, SASRec only where order tells."""
    names = [kind.name for kind in SOURCES if videos.has_vectors or not kind.needs_vectors]
    if train.liked.nnz < SASREC_LIKES or quality[NEXT_ITEM] < ORDER_TELLS * quality[EASE]:
        names.remove(SASREC)
    return names


def _chosen_settings(
    cases: Sequence[Case], videos: VideoTable, settings: Settings, note: Callable[[str], None]
) -> tuple[Settings, dict[str, float]]:
    """The settings of each source by what it predicts alone, and its NDCG@20 at the best one."""
    quality: dict[str, float] = {}
    for kind in SOURCES:
        for setting in kind.settings:
            if setting.needs_vectors and not videos.has_vectors:
                continue
            note(f"settings: {kind.name}, {setting.name}")
            best, quality[kind.name] = _climbed(
                kind.name, setting, settings, cases[-SETTING_CASES:], videos
            )
            settings = _with(settings, setting.name, best)
    return settings, quality


def _climbed(
    source: str,
    setting: SourceSetting,
    settings: Settings,
    cases: Sequence[Case],
    videos: VideoTable,
) -> tuple[float, float]:
    """The best value of a setting, and the NDCG@20 of the source alone with it."""
    # What does not depend on the setting, as the matrix of EASE, is fitted once for each case.
    caches: dict[int, dict[str, Any]] = {id(case.train): {} for case in cases}

    @functools.cache
    def quality(value: float) -> float:
        tried = replace(_with(settings, setting.name, value), weights=alone(source))

        def fit(train: EventLog, videos: VideoTable) -> Scores:
            sources = fit_sources(train, videos, tried, cache=caches[id(train)])
            return BlendScores(Blender(sources, tried.weights), train, videos)

        return judged(fit, cases, videos)

    start = setting.choices.index(settings.of_sources[setting.name])
    best = climb(setting.choices, quality, start=start)
    return best, quality(best)


def _with(settings: Settings, name: str, value: float) -> Settings:
    return replace(settings, of_sources={**settings.of_sources, name: value})
