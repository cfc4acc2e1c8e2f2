"""Everybody's events and what follows from them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.answer.live import LiveLog
from recommender.answer.shortlist import Standings
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.model.blend import Blender
from recommender.model.model import Model, Settings, fit_model
from recommender.model.taste import Taste
from recommender.sources.base import Source
from recommender.sources.registry import SOURCES, live_sources

REFIT_SHARE = 0.02
"""Sources are fitted anew once this part of their events is new; live ones follow at once."""
OTHERS_PRIOR = 10.0
"""Number of other people at which sources of what they did count half."""
FROM_CROWD = tuple(kind.name for kind in SOURCES if kind.from_crowd)
"""Sources of what other people did."""


class Crowd:
    """Everybody's events and what follows from them; replaced whole when it is fitted anew."""

    def __init__(
        self,
        log: LiveLog,
        videos: VideoTable,
        settings: Settings,
        saved: Mapping[str, Source] | None = None,
    ) -> None:
        self.log = log
        self._saved = saved
        self._videos = videos
        self._settings = settings
        self._lock = threading.Lock()
        self._model: Model | None = None
        self._n_fitted = 0

    @property
    def stale(self) -> bool:
        """Enough is new to fit anew what was fitted; what was given stays."""
        if self._saved is not None:
            return False
        new = len(self.log) - self._n_fitted
        return self._model is not None and new > REFIT_SHARE * self._n_fitted

    @property
    def model(self) -> Model:
        """Fitted when first asked for; sources of the crowd follow the events at once."""
        with self._lock:
            if self._model is None:
                whole = self.log.whole
                self._n_fitted = len(whole)
                fitted = live_sources(self.log.counts) | dict(self._saved or {})
                self._model = fit_model(whole, self._videos, self._settings, fitted=fitted)
            return self._model

    @cached_property
    def standings(self) -> Standings:
        """What is best for all."""
        return Standings(self.model.sources, self.log.counts, self._videos)

    @property
    def unwatched(self) -> NDArray[np.bool_]:
        """(n,) videos without an event that says anything, for or against."""
        return self.log.counts.unwatched

    def trust(self, taste: Taste) -> float:
        """How far somebody should believe the crowd: the less the fewer others there are."""
        n_others = self.log.n_active - bool(len(taste.met))
        return n_others / (n_others + OTHERS_PRIOR)

    def blender(self, trust: float) -> Blender:
        """The sources, the crowd's word counting as far as it is trusted."""
        weights = self._settings.weights.trusting(FROM_CROWD, trust)
        return Blender(self.model.sources, weights)

    def of(self, log: EventLog) -> Crowd:
        """The same on other events, fitted when first asked for."""
        return Crowd(LiveLog(log, self._videos), self._videos, self._settings)

    def warm_up(self) -> None:
        """Fit now, and find what is best for all."""
        _ = self.standings.nearest
        self.standings.best(np.ones(len(self._videos), bool))
