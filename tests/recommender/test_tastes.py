from __future__ import annotations

import numpy as np
import pytest

from data.history import Event
from recommender.event_log import EventLog
from recommender.tastes import Interests, Taste, _faded, read_taste
from tests.recommender.people import event, themed, verdict

VIDEOS = themed()


def taste(*events: Event) -> Taste:
    log = EventLog.empty(VIDEOS).add(events, VIDEOS)
    return read_taste(log.pairs.of(0), len(VIDEOS))


def test_a_weight_halves_in_thirty_days() -> None:
    got = taste(event("a", 1, day=0), event("a", 2, day=30))
    one_place = 2 ** (-1 / 10)
    assert got.history.item.tolist() == [0, 1]
    assert _faded(got.history).tolist() == pytest.approx([0.5 * one_place, 1.0])


def test_a_weight_halves_with_ten_videos_watched_since() -> None:
    got = taste(*[event("a", 1 + i, day=i * 1e-6) for i in range(11)])
    assert _faded(got.history)[0] == pytest.approx(0.5, rel=1e-3)


def test_a_winters_log_leaves_old_favourites_above_nothing() -> None:
    got = taste(*[event("a", 1 + i, day=365.0 * i) for i in range(20)])
    assert _faded(got.history).min() > 0.0


def test_nobody_in_particular_has_no_taste() -> None:
    got = taste(verdict("a", 1, "dislike"), event("a", 2, watched=0.01))
    assert sorted(got.met.tolist()) == [0, 1]
    assert Interests(VIDEOS).scores(got.history).tolist() == [[0.0] * len(VIDEOS)]
    assert Interests(VIDEOS).links(got.history, 5).tolist() == []


def test_interests_score_their_own_themes_highest() -> None:
    got = taste(event("a", 1), event("a", 2), event("a", 11))
    best = np.argsort(-Interests(VIDEOS).scores(got.history)[0])[:20] // 10
    assert set(best.tolist()) == {0, 1}


def test_a_recommendation_is_due_to_weight_times_likeness_within_the_interest() -> None:
    got = taste(*[event("a", v, day=v) for v in (1, 2, 3, 11)])
    weights = dict(zip(got.history.item.tolist(), _faded(got.history).tolist(), strict=True))
    for row in range(3, 10):
        alike = VIDEOS.centred @ VIDEOS.centred[row]
        expected = max((0, 1, 2), key=lambda one: weights[one] * float(alike[one]))
        links = Interests(VIDEOS).links(got.history, row)
        assert got.history.item[np.argmax(links)] == expected
        assert links[got.history.item == 10].tolist() == [0.0]
