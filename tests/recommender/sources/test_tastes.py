from __future__ import annotations

import numpy as np
import pytest

from data.history.history import Event
from recommender.events.log import read_events
from recommender.sources.tastes import (
    GLANCE_PUSH,
    PUSH,
    Interests,
    Taste,
    _faded,
    pushed_down,
    read_taste,
)
from tests.recommender.people import event, themed, verdict

VIDEOS = themed()


def taste(*events: Event) -> Taste:
    log = read_events(events, VIDEOS)
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


def kept_in_theme_1(*events: Event) -> float:
    """What the least lucky unmet video of theme 1 keeps of its score."""
    return float(pushed_down(taste(event("a", 1), *events), VIDEOS)[15:20].min())


def glance(video_id: int, *, day: float = 0.0) -> Event:
    return event("a", video_id, watched=0.05, day=day)


def test_a_glance_pushes_its_neighbours_a_little_and_much_less_than_a_dislike() -> None:
    assert kept_in_theme_1() == 1.0
    glanced, disliked = kept_in_theme_1(glance(11)), kept_in_theme_1(verdict("a", 11, "dislike"))
    assert 1.0 - GLANCE_PUSH <= glanced < 1.0 - 0.5 * GLANCE_PUSH
    assert disliked < 1.0 - 0.5 * PUSH < glanced
    assert kept_in_theme_1(glance(21)) == pytest.approx(1.0)


def test_many_glances_take_no_more_than_the_bound() -> None:
    got = taste(event("a", 1), *[glance(v, day=d) for v in range(11, 16) for d in range(5)])
    assert pushed_down(got, VIDEOS).min() >= 1.0 - GLANCE_PUSH
    both = kept_in_theme_1(*[glance(v) for v in range(12, 16)], verdict("a", 11, "dislike"))
    assert both >= 1.0 - PUSH


def test_a_glance_fades_as_a_dislike_does() -> None:
    now, month_ago = kept_in_theme_1(glance(11)), kept_in_theme_1(glance(11, day=-30))
    assert 1.0 - month_ago == pytest.approx((1.0 - now) / 2)


@pytest.mark.parametrize("watched", [0.5, None])
def test_a_longer_view_or_a_like_later_takes_a_glance_back(watched: float | None) -> None:
    kind = "view" if watched else "like"
    more = event("a", 11, watched=watched, kind=kind, day=1)
    assert len(taste(glance(11)).glanced) == 1
    assert len(taste(glance(11), more).glanced) == 0
    assert kept_in_theme_1(glance(11), more) == 1.0
    assert kept_in_theme_1(glance(11), more, glance(11, day=2)) == 1.0


def test_a_dislike_is_not_a_glance_too() -> None:
    got = taste(glance(11), verdict("a", 11, "dislike", day=1))
    assert (got.glanced.tolist(), got.disliked.tolist()) == ([], [10])
