from __future__ import annotations

import pytest

from data.history.events import Event
from data.history.rows.event_row import EventKind
from recommender.events.log import read_events
from recommender.model.taste import GLANCE_PUSH, PUSH, Taste, pushed_down, read_taste
from tests.recommender.people import event, themed, verdict

VIDEOS = themed()


def taste(*events: Event) -> Taste:
    log = read_events(events, VIDEOS)
    return read_taste(log.pairs.of(0), len(VIDEOS))


def test_without_likes_the_history_is_empty_and_everything_seen_is_known() -> None:
    got = taste(verdict("a", 1, "dislike"), event("a", 2, watched=0.01))
    assert sorted(got.seen.tolist()) == [0, 1]
    assert len(got.history.item) == 0


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
    kind: EventKind = "view" if watched else "like"
    more = event("a", 11, watched=watched, kind=kind, day=1)
    assert len(taste(glance(11)).glanced) == 1
    assert len(taste(glance(11), more).glanced) == 0
    assert kept_in_theme_1(glance(11), more) == 1.0
    assert kept_in_theme_1(glance(11), more, glance(11, day=2)) == 1.0


def test_a_dislike_is_not_a_glance_too() -> None:
    got = taste(glance(11), verdict("a", 11, "dislike", day=1))
    assert (got.glanced.tolist(), got.disliked.tolist()) == ([], [10])


def test_who_hides_a_video_says_nothing_of_those_like_it() -> None:
    hidden = taste(verdict("a", 1, "hide"), glance(11))
    assert hidden.seen.tolist() == [0, 10]
    assert (hidden.glanced.tolist(), hidden.disliked.tolist()) == ([10], [])
    liked = taste(verdict("a", 1, "like"), verdict("a", 1, "hide", day=1))
    assert liked.history.item.tolist() == [0]
