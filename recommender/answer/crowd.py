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
from recommender.model.model import (
    ADAPTED,
    FIRST,
    HEARD,
    LEARNED,
    UNWATCHED,
    Model,
    Settings,
    crowd_sources,
)
from recommender.sources.base import OnlySome, Source
from recommender.sources.tastes import Taste

REFIT_SHARE = 0.02
"""Learned sources are fitted anew once this part of their events is new; others are at once."""
OTHERS_DOUBT = 10.0
"""Other people's worth of doubt in what the crowd says: with ten others it counts half."""


class Crowd:
    """Everybody's events and what follows from them; replaced whole when it is fitted anew."""

    def __init__(
        self,
        log: LiveLog,
        videos: VideoTable,
        settings: Settings,
        learned: Mapping[str, Source] | None = None,
    ) -> None:
        self.log = log
        self._learned = learned
        self._videos = videos
        self._settings = settings
        self._lock = threading.Lock()
        self._model: Model | None = None
        self._n_fitted = 0

    @property
    def stale(self) -> bool:
        """Enough is new to fit anew what was fitted; what was given stays."""
        if self._learned is not None:
            return False
        new = len(self.log) - self._n_fitted
        return self._model is not None and new > REFIT_SHARE * self._n_fitted

    @property
    def model(self) -> Model:
        """Fitted when first asked for; sources of the crowd follow the events at once."""
        with self._lock:
            if self._model is None:
                whole, crowd = self.log.whole, crowd_sources(self.log.counts)
                self._n_fitted = len(whole)
                fitted = crowd | dict(self._learned or {})
                if ADAPTED in fitted:
                    silent = self.log.counts.nobody_watched  # changed in place by every event
                    fitted[UNWATCHED] = OnlySome(fitted[ADAPTED], silent)
                self._model = Model(whole, self._videos, self._settings, fitted=fitted)
            return self._model

    @cached_property
    def standings(self) -> Standings:
        """What is best for all."""
        return Standings(self.model.sources, self.log.counts, self._videos.added_at_s)

    @property
    def nobody_watched(self) -> NDArray[np.bool_]:
        """(n,) videos without an event that says anything, for or against."""
        return self.log.counts.nobody_watched

    def trust(self, taste: Taste) -> float:
        """How far somebody should believe the crowd: the less the fewer others there are."""
        n_others = self.log.n_active - bool(len(taste.met))
        return n_others / (n_others + OTHERS_DOUBT)

    def blender(self, trust: float) -> Blender:
        """The sources, the crowd's word counting as far as it is trusted."""
        weights = self._settings.weights.trusting((*LEARNED, *HEARD), trust)
        return Blender(self.model.sources, weights)

    def of(self, log: EventLog) -> Crowd:
        """The same on other events, fitted when first asked for."""
        first = FIRST in self._settings.weights.used
        return Crowd(LiveLog(log, self._videos, first=first), self._videos, self._settings)

    def warm_up(self) -> None:
        """Fit now, and find what is best for all."""
        self.standings.best(np.ones(len(self._videos), bool))
