"""A page as a person gets it: what plays now, chance, and what was done a moment ago."""

from __future__ import annotations

import numpy as np
import pytest

from data.history.events import Event
from recommender.answer import shortlist as candidates
from recommender.answer.exploration import Exploration
from recommender.answer.items import REST, Recommendations
from recommender.answer.recommender import Recommender
from tests.recommender.people import event, themed, verdict

EACH = 10


def ids(got: Recommendations) -> list[int]:
    return [item.video_id for item in got.items]


def themes(got: Recommendations) -> list[int]:
    return [(one - 1) // EACH for one in ids(got)]


def chance(share: float, seed: int = 0) -> Exploration:
    return Exploration(share, np.random.default_rng(seed))


def linked(a: int, b: int) -> list[Event]:
    """Whoever watched `a` watched `b` too, and no vector knows it."""
    others = [event(f"q{i}", 30 + i % 5, day=-40) for i in range(40)]
    return [event(f"p{i}", v, day=-40) for i in range(40) for v in (a, b)] + others


def test_what_goes_with_the_playing_video_is_on_the_page_and_itself_never() -> None:
    recommender = Recommender(themed(), [event("a", 1), event("a", 2)])
    assert set(themes(recommender.recommend("a", 8))) == {0}
    got = recommender.recommend("a", 60, playing=25)
    assert 25 not in ids(got)
    assert len(got.items) == 57
    assert {0, 2} == set(themes(got)[:10])
    assert themes(got)[:10].count(2) >= 4
    for item, theme in zip(got.items[:10], themes(got), strict=False):
        assert item.source == ("playing" if theme == 2 else "content")
        assert item.because is not None
        assert (item.because.video_id == 25) == (item.source == "playing")


def test_what_people_watched_with_the_playing_video_goes_with_it() -> None:
    recommender = Recommender(themed(), [*linked(1, 51), event("z", 21)])
    found = next(i for i in recommender.recommend("z", playing=1).items if i.video_id == 51)
    assert found.source == "playing"
    assert found.because is not None
    assert (found.because.video_id, found.because.title) == (1, "video 1")
    elsewhere = recommender.recommend("z", playing=25).items
    assert {item.source for item in elsewhere if item.video_id == 51} == {"recent popularity"}


def test_what_was_met_disliked_or_excluded_does_not_come_back_by_playing_or_chance() -> None:
    events = [event("a", 21), verdict("a", 22, "dislike"), event("a", 23, watched=0.01)]
    recommender = Recommender(themed(), events)
    for seed in range(5):
        got = recommender.recommend("a", 60, playing=24, exclude=[25], explore=chance(1.0, seed))
        assert set(ids(got)) == set(range(1, 61)) - {21, 22, 23, 24, 25}


def test_a_stranger_gets_what_is_like_the_playing_video_and_no_watched_one_is_named() -> None:
    got = Recommender(themed(), linked(1, 51)).recommend("nobody", 8, playing=25)
    assert themes(got)[:6] == [2] * 6
    for item in got.items:
        assert item.source in ("playing", "popular", "new")
        assert (item.because is not None) == (item.source == "playing")


def test_of_very_many_videos_those_beside_the_playing_one_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = [*linked(1, 51), event("a", 41), event("a", 42)]
    whole = Recommender(themed(), events).recommend("a", 4, playing=25)
    assert themes(whole) == [2] * 4
    monkeypatch.setattr(candidates, "MAX_SCORED", 10)
    for name in ("NEAR", "LINKED", "STANDING", "UNWATCHED"):
        monkeypatch.setattr(candidates, name, 5)
    monkeypatch.setattr(candidates, "SPARE", 1)
    shortened = Recommender(themed(), events)
    got = shortened.recommend("a", 4, playing=25)
    assert not shortened.scores_all
    assert ids(got) == ids(whole)


def test_a_playing_video_that_is_not_known_changes_nothing() -> None:
    recommender = Recommender(themed(), [event("a", 1)])
    assert recommender.recommend("a", playing=999).items == recommender.recommend("a").items


def test_an_answer_as_of_a_time_takes_the_playing_video_too() -> None:
    recommender = Recommender(themed(), [event("a", 1), event("a", 11, day=9)])
    got = recommender.recommend("a", playing=25, at=event("a", 1, day=5).at)
    assert {0, 2} == set(themes(got)[:10])


def test_an_event_changes_the_very_next_answer_whatever_plays_and_chance_does() -> None:
    recommender = Recommender(themed(), [event("a", 1)])
    before = recommender.recommend("a", 5, playing=25, explore=chance(0.3))
    gone = ids(before)[:2]
    recommender.observe([verdict("a", gone[0], "dislike", day=1), event("a", gone[1], day=1)])
    recommender.observe([event("a", 41, day=2)])
    after = recommender.recommend("a", 57, playing=25, explore=chance(0.3))
    assert not {*gone, 41} & set(ids(after))
    # Only what was watched in between can be the reason of theme 4.
    of_theme_4 = [item for item in after.items if (item.video_id - 1) // EACH == 4]
    assert {i.because.video_id for i in of_theme_4 if i.because} == {41}


def test_without_chance_every_item_was_certain_and_answers_do_not_change() -> None:
    recommender = Recommender(themed(), linked(1, 51))
    first = recommender.recommend("p1", explore=0.0)
    assert {item.propensity for item in first.items} == {1.0}
    assert first.explore == 0.0
    assert recommender.recommend("p1").items == first.items


def test_with_chance_answers_change_and_tell_how_probable_each_place_was() -> None:
    recommender = Recommender(themed(), linked(1, 51))
    pages = [recommender.recommend("p1", explore=0.5) for _ in range(10)]
    assert len({tuple(ids(page)) for page in pages}) > 5
    assert all(page.explore == 0.5 for page in pages)
    assert all(0.0 < item.propensity < 1.0 for page in pages for item in page.items)
    same = [recommender.recommend("p1", explore=chance(0.5, 7)).items for _ in range(2)]
    assert same[0] == same[1]


def test_a_share_that_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1, got 2"):
        Recommender(themed()).recommend("a", explore=2.0)


def test_what_was_soon_left_sinks_and_comes_back_when_it_is_watched_on() -> None:
    liked = [event("a", 1), event("a", 11)]

    def best_of_theme_1(*more: Event) -> float:
        got = Recommender(themed(), [*liked, *more]).recommend("a", 10)
        return max(i.score for i, t in zip(got.items, themes(got), strict=True) if t == 1)

    glance = event("a", 12, watched=0.02)
    assert 0.89 * best_of_theme_1() < best_of_theme_1(glance) < best_of_theme_1()
    assert best_of_theme_1(verdict("a", 12, "dislike")) < 0.8 * best_of_theme_1(glance)
    watched_on = event("a", 12, watched=0.9, day=1)
    assert best_of_theme_1(glance, watched_on) >= best_of_theme_1()


def test_what_nothing_speaks_for_does_not_claim_to_be_popular() -> None:
    # Theme 1 was met by others, but only disliked.
    events = [verdict("b", v, "dislike") for v in range(11, 21)] + [event("a", 1)]
    got = Recommender(themed(2), events).recommend("a", 19)
    disliked = [item for item in got.items if item.video_id > EACH]
    assert {item.source for item in disliked} == {REST}
    assert {item.because for item in disliked} == {None}
