from __future__ import annotations

import pytest

from data.history.history import Event
from recommender.events.log import read_events
from recommender.sources.popularity import recent_popularity
from tests.recommender.people import event, themed, verdict

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
