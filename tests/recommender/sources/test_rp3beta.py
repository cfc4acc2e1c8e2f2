"""RP3beta does what every source must do; its links are checked with the baselines."""

from __future__ import annotations

import numpy as np

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources.base import LinkSource, Source
from recommender.sources.registry import RP3BETA
from recommender.sources.rp3beta import fit_rp3beta
from tests.recommender.sources.contract import SavedSourceContract


class TestRp3beta(SavedSourceContract):
    name, finds_best = RP3BETA, True

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        return LinkSource(fit_rp3beta(histories.matrix().astype(np.float64)))
