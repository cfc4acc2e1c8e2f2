from __future__ import annotations

import numpy as np
import pytest

from data.history.events import Event
from recommender.events.histories import Histories
from recommender.events.log import EventLog, read_events
from recommender.events.videos import VideoTable
from recommender.sources.base import SameForAll, Source
from recommender.sources.popularity import CrowdCounts, recent_popularity
from tests.recommender.people import event, themed, verdict
from tests.recommender.sources.contract import N_PEOPLE, N, SourceContract

VIDEOS = themed()


def popularity(*events: Event) -> list[float]:
    log = read_events(events, VIDEOS)
    return [float(one) for one in recent_popularity(log)]


def test_a_view_two_weeks_ago_counts_half() -> None:
    got = popularity(event("a", 1, day=0), event("b", 2, day=14))
    assert got[:2] == pytest.approx([0.5, 1.0])


def test_one_enthusiast_is_one_person() -> None:
    many = [event("a", 1, day=14 - 0.01 * i) for i in range(9)]
    got = popularity(*many, verdict("a", 1, "like", day=14), event("b", 2, day=14))
    assert got[0] == pytest.approx(got[1])


def test_dislikes_and_glances_make_nothing_popular() -> None:
    got = popularity(verdict("a", 1, "dislike"), event("b", 2, watched=0.05), event("c", 3))
    assert got[:3] == [0.0, 0.0, 1.0]


class TestNewness(SourceContract):
    scores_unknown, scores_nobody, links_add_up = True, True, False

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        people = {str(person): person for person in range(N_PEOPLE)}
        at_s = 86_400.0 * histories.at_s
        verdict = np.ones(len(histories.item), np.int64)
        user, item = histories.user, histories.item
        log = EventLog(people, N, user, item, at_s, np.zeros(len(item)), verdict)
        return SameForAll(CrowdCounts(log, VideoTable(videos.ids, videos.matrix)).newness)
