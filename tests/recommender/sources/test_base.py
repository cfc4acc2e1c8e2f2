"""Sources that are the same for everybody."""

from __future__ import annotations

import numpy as np

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources.base import SameForAll, Source
from tests.recommender.sources.contract import N, SourceContract


class TestSameForAll(SourceContract):
    scores_nobody, links_add_up = True, False

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        return SameForAll(np.bincount(histories.item, minlength=N).astype(np.float64).__getitem__)

    def test_nothing_in_a_history_is_the_reason(self) -> None:
        assert not self.source.links(self.histories.of(np.array([3])), 4).any()
