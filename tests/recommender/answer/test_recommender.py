from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.history.events import Event
from data.history.rows.event_row import EVENT_KINDS
from recommender.answer.items import Recommendations
from recommender.answer.recommender import Recommender
from recommender.events.videos import VideoTable
from recommender.model.taste import PUSH, pushed_down
from tests.recommender.people import DAY, around, axes, event, table, themed, verdict

EACH = 10


def ids(got: Recommendations) -> list[int]:
    return [item.video_id for item in got.items]


def themes(got: Recommendations) -> list[int]:
    return [(one - 1) // EACH for one in ids(got)]


def crowd(n: int = 30) -> list[Event]:
    """Person i watches four videos of theme i mod 6, today."""
    rng = np.random.default_rng(1)
    return [
        event(f"p{i}", 1 + EACH * (i % 6) + int(j))
        for i in range(n)
        for j in rng.choice(EACH - 1, 4, replace=False)  # the last of each theme stays unwatched
    ]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_rules_hold_for_any_history(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 25), label="videos")
    rng = np.random.default_rng(data.draw(st.integers(0, 99), label="seed"))
    videos = table(
        around([rng.normal(size=8)] * n, 1, noise=3.0) if n else np.zeros((0, 8), np.float32)
    )
    one = st.tuples(
        st.sampled_from("abc"),
        st.integers(1, 30),
        st.floats(0, 60),
        st.one_of(st.none(), st.floats(0, 1.2)),
        st.sampled_from(EVENT_KINDS),
    )
    drawn = data.draw(st.lists(one, max_size=40), label="events")
    events = [event(u, v, day=d, watched=w, kind=k) for u, v, d, w, k in drawn]
    exclude = data.draw(st.sets(st.integers(1, 30), max_size=5), label="exclude")
    k = data.draw(st.integers(1, 15), label="k")
    got = Recommender(videos, events).recommend("a", k, exclude=exclude)

    met = {e.video_id for e in events if e.user == "a"}
    open_to = set(range(1, n + 1)) - met - exclude
    assert set(ids(got)) <= open_to
    assert len(got.items) == min(k, len(open_to))
    assert len(set(ids(got))) == len(got.items)
    assert [item.rank for item in got.items] == list(range(1, len(got.items) + 1))
    scores = [item.score for item in got.items]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)
    spoke = {e.video_id for e in events if e.kind != "dislike" and e.user == "a"}
    for item in got.items:
        assert (item.because is not None) == (item.source in ("content", "recent ease"))
        assert item.because is None or item.because.video_id in spoke
    again = Recommender(videos, events).recommend("a", k, exclude=exclude)
    assert again.items == got.items


def test_both_tastes_are_on_the_page_where_one_mean_shows_neither() -> None:
    left, right = axes(2)
    between = (left + right) / np.sqrt(2.0)
    videos = table(around([left, right, between, *axes(8)[2:]], EACH, noise=0.5))
    events = [event("a", v, day=d) for d, v in enumerate([1, 11, 2, 12, 3, 13, 4])]
    got = themes(Recommender(videos, events).recommend("a"))
    assert got.count(0) >= 3
    assert got.count(1) >= 3
    watched = videos.centred[[e.video_id - 1 for e in events if e.video_id]]
    by_mean = np.argsort(-(videos.centred @ watched.mean(axis=0)))[:10] // EACH
    assert np.isin(by_mean, [0, 1]).sum() < got.count(0) + got.count(1)


def test_what_is_recent_and_finished_weighs_more() -> None:
    old_then_new = [event("a", 1, day=0), event("a", 11, day=60)]
    assert themes(Recommender(themed(), old_then_new).recommend("a", 3))[0] == 1
    half_and_whole = [event("a", 1, watched=0.2), event("a", 11, watched=1.0)]
    assert themes(Recommender(themed(), half_and_whole).recommend("a", 3))[0] == 1


def test_content_names_the_watched_video_that_is_most_similar() -> None:
    got = Recommender(themed(), [event("a", 3), event("a", 25)]).recommend("a", 6)
    assert {item.source for item in got.items} == {"content"}
    for item in got.items:
        assert item.because is not None
        assert (item.because.video_id - 1) // EACH == (item.video_id - 1) // EACH
        assert item.because.title == f"video {item.because.video_id}"


def test_co_watching_crosses_themes_and_says_which_video_led_there() -> None:
    # Whoever watched 1 watched 51 too, and no vector knows it.
    events = [event(f"p{i}", v, day=-40) for i in range(40) for v in (1, 51)]
    events += [event(f"q{i}", 30 + i % 5, day=-40) for i in range(40)]
    got = Recommender(themed(), [*events, event("a", 1)]).recommend("a", 5)
    found = next(item for item in got.items if item.video_id == 51)
    assert found.source == "recent ease"
    assert found.because is not None
    assert found.because.video_id == 1


def test_co_watching_names_the_video_that_is_linked_not_the_latest() -> None:
    events = [event(f"p{i}", v, day=-40) for i in range(40) for v in (1, 51)]
    events += [event(f"q{i}", 30 + i % 5, day=-40) for i in range(40)]
    recommender = Recommender(themed(), [*events, event("a", 1), event("a", 21, day=1)])
    assert recommender.live.taste("a").history.item[-1] == 20
    found = next(item for item in recommender.recommend("a").items if item.video_id == 51)
    assert found.because is not None
    assert found.because.video_id == 1


def test_a_disliked_video_is_gone_and_its_neighbours_sink_by_a_bounded_part() -> None:
    videos, events = themed(), [event("a", 1), event("a", 11)]
    before = Recommender(videos, events).recommend("a", 60)
    disliking = Recommender(videos, [*events, *[verdict("a", v, "dislike") for v in (12, 13)]])
    after = disliking.recommend("a", 60)
    assert {12, 13} <= set(ids(before))
    assert not {12, 13} & set(ids(after))
    assert {0, 1} == set(themes(before)[:6])
    assert set(themes(after)[:6]) == {0}
    # Bounded: the neighbours of what is disliked still stand above all that nothing speaks for.
    assert set(themes(after)[:16]) == {0, 1}
    kept = pushed_down(disliking.live.taste("a"), videos)
    assert kept.min() == pytest.approx(1 - PUSH, abs=0.01)
    assert kept[[0, 20, 30, 40, 50]] == pytest.approx(1.0)


def test_an_old_dislike_pushes_less() -> None:
    def best_of_theme_1(day: float) -> float:
        events = [event("a", 1), event("a", 11), verdict("a", 12, "dislike", day=day)]
        got = Recommender(themed(), events).recommend("a", 10)
        return max(i.score for i, t in zip(got.items, themes(got), strict=True) if t == 1)

    assert best_of_theme_1(-200.0) > best_of_theme_1(0.0)


def test_a_new_person_gets_what_is_popular_new_and_varied() -> None:
    got = Recommender(themed(), [*crowd(), event("z", 1), event("y", 1)]).recommend("nobody", 10)
    assert got.items[0].video_id == 1
    assert {item.source for item in got.items} == {"recent popularity", "new"}
    assert len(set(themes(got))) >= 4


def test_a_place_is_kept_for_a_video_that_nobody_has_watched() -> None:
    # Theme 5 ends in id 60, which nobody watched; nobody who likes theme 0 would see it.
    watched = [event(f"p{i}", v) for i in range(12) for v in range(1, 60) if (v + i) % 3]
    events = [*watched, *[event("a", v) for v in range(1, 5)]]
    got = Recommender(themed(), events).recommend("a", 10)
    last = got.items[-1]
    assert (last.video_id, last.source, last.because) == (60, "new", None)
    assert all(item.source != "new" for item in got.items[:-1])


def test_a_new_video_of_ones_own_taste_comes_by_itself() -> None:
    got = Recommender(themed(), [*crowd(), event("a", 1), event("a", 2)]).recommend("a", 10)
    found = next(item for item in got.items if item.video_id == EACH)  # never watched, theme 0
    assert found.source in ("content", "new")


def test_among_new_videos_the_latest_comes_first_for_somebody_unknown() -> None:
    videos = table(around(axes(6), 1), added_days=[-5, -4, -1, -3, -2, -6])
    assert ids(Recommender(videos).recommend("nobody", 3)) == [3, 5, 4]


def test_the_kept_place_goes_to_the_latest_for_somebody_unknown() -> None:
    videos = table(around(axes(20), 1), added_days=[-9.0] * 17 + [-5.0, -1.0, -3.0])
    watched = [event(f"p{i}", v) for i in range(50) for v in range(1, 18)]
    got = Recommender(videos, watched).recommend("nobody", 10)
    assert [item.source for item in got.items] == ["recent popularity"] * 9 + ["new"]
    assert got.items[-1].video_id == 19


def test_an_event_changes_the_very_next_answer() -> None:
    recommender = Recommender(themed(), crowd())
    before = recommender.recommend("a", 10)
    recommender.observe([event("a", 31, day=1)])
    after = recommender.recommend("a", 5)
    assert 31 not in ids(after)
    assert themes(after)[0] == 3
    assert themes(before) != themes(after)
    recommender.observe([verdict("a", ids(after)[0], "dislike", day=2)])
    assert ids(after)[0] not in ids(recommender.recommend("a", 60))


def test_co_watching_learns_from_observed_events_without_waiting_long() -> None:
    recommender = Recommender(themed(), [event("a", 1)])
    recommender.warm_up()
    recommender.observe([event(f"p{i}", v) for i in range(40) for v in (1, 51)])
    scores = recommender.live.sources["recent ease"].scores(recommender.live.taste("a").history)
    assert scores[0, 50] > 0


def test_an_answer_as_of_a_time_knows_nothing_later() -> None:
    events = crowd()
    later = [event(f"l{i}", 60, day=5) for i in range(50)] + [event("a", 41, day=6)]
    videos = themed()
    asked = Recommender(videos, [*events, *later]).recommend("a", 10, at=DAY + timedelta(days=1))
    assert asked.items == Recommender(videos, events).recommend("a", 10).items
    unborn = table(around(axes(3), 1), added_days=[-1, -1, 30])
    assert sorted(ids(Recommender(unborn).recommend("a", at=DAY))) == [1, 2]


def test_a_household_of_one_gets_what_is_similar_to_its_history() -> None:
    got = Recommender(themed(), [event("a", 1), event("a", 2)]).recommend("a", 8)
    assert themes(got) == [0] * 8
    assert {item.source for item in got.items} == {"content"}


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_libraries_give_what_they_have(n: int) -> None:
    videos = table(around(axes(max(n, 1)), 1)[:n])
    assert len(Recommender(videos, [event("a", 1)]).recommend("a").items) == max(n - 1, 0)
    assert len(Recommender(videos).recommend("a").items) == n


def test_who_has_seen_everything_gets_an_empty_list() -> None:
    events = [event("a", v, watched=0.01) for v in range(1, 61)]
    assert Recommender(themed(), events).recommend("a").items == []


def test_k_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Recommender(themed()).recommend("a", 0)


def test_a_common_direction_of_all_vectors_changes_nothing_much() -> None:
    plain = themed()
    shared = np.full(plain.matrix.shape[1], 2.0 / np.sqrt(plain.matrix.shape[1]), np.float32)
    shifted = VideoTable(plain.ids, plain.matrix + shared)
    events = [event("a", 1), event("a", 2)]
    assert themes(Recommender(shifted, events).recommend("a", 8)) == [0] * 8


def test_who_has_seen_a_video_is_offered_none_of_its_copies_and_parts() -> None:
    """1 and 2 are copies, 3 is a part of both; a film is still offered to whoever saw a part."""
    copies = {0: np.array([1, 2]), 1: np.array([0, 2])}
    videos = replace(table(np.eye(6, dtype=np.float32)), inside=copies)
    got = Recommender(videos, [event("a", 1), event("b", 3)])
    assert set(ids(got.recommend("a", 6))) == {4, 5, 6}
    assert set(ids(got.recommend("b", 6))) == {1, 2, 4, 5, 6}
    assert set(ids(got.recommend("nobody", 6, exclude=[2]))) == {4, 5, 6}
    assert set(ids(got.recommend("nobody", 6, playing=2))) == {4, 5, 6}
