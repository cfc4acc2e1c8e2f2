"""SASRec does what every source must do."""

from __future__ import annotations

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources.base import Source
from recommender.sources.registry import SASREC
from recommender.sources.sequence.fit import StopRule, fit_sequence
from tests.recommender.sources.contract import SavedSourceContract


class TestSasrec(SavedSourceContract):
    name = SASREC
    tolerance, links_add_up, order_matters = 1e-4, False, True

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        return fit_sequence(histories, videos, stop=StopRule(epochs=2), seed=0)
