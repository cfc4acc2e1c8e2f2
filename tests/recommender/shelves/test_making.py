"""The page of shelves of a household: true headings, nothing twice, nothing that was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.history.events import Event
from data.history.rows.event_row import EVENT_KINDS
from recommender.answer.recommender import Recommender
from recommender.events.videos import VideoTable
from recommender.shelves.making import (
    LEAST_VIDEOS,
    MOST_SHELVES,
    UNDIVIDED,
    Wanted,
    make_shelves,
)
from recommender.shelves.picks import NEAR
from recommender.shelves.shelf import Shelf, ShelfPage
from tests.recommender.people import DAY, around, event, themed, verdict

EACH = 10
LENGTH_S = 100.0
NOW = DAY + timedelta(days=30)


def with_lengths(videos: VideoTable) -> VideoTable:
    return replace(videos, durations_s=[LENGTH_S] * len(videos))


def household() -> list[Event]:
    """Four people: anna likes themes 0 and 1, amir 0 and 2, oskar 3, zoe 4 and 5."""
    tastes = {"anna": (0, 1), "amir": (0, 2), "oskar": (3,), "zoe": (4, 5)}
    events = [
        event(name, theme * EACH + 1 + j, day=20 + j)
        for name, themes in tastes.items()
        for theme in themes
        for j in range(4)
    ]
    events += [verdict("anna", 2, "like", day=28), event("anna", 15, day=29, watched=0.4)]
    return events


@pytest.fixture(scope="module")
def recommender() -> Recommender:
    return Recommender(with_lengths(themed()), household())


def page(recommender: Recommender, user: str, events: list[Event], **wanted: object) -> ShelfPage:
    mine = sorted((e for e in events if e.user == user), key=lambda e: e.at)
    return make_shelves(recommender, user, mine, Wanted(**wanted), now=NOW)  # type: ignore[arg-type]


def ids(shelf: Shelf) -> list[int]:
    return [item.video_id for item in shelf.items]


def themes(shelf: Shelf) -> set[int]:
    return {(one - 1) // EACH for one in ids(shelf)}


def by_kind(page: ShelfPage) -> dict[str, Shelf]:
    return {shelf.kind: shelf for shelf in page.shelves}


def assert_rules_hold(page: ShelfPage, events: list[Event], videos: VideoTable, user: str) -> None:
    met = {e.video_id for e in events if e.user == user}
    shown = [one for shelf in page.shelves for one in ids(shelf)]
    assert len(shown) == len(set(shown))
    for one in shown:
        row = videos.row_of[one]
        others = {int(videos.ids[other]) for other in videos.covering.get(row, ())}
        assert not others & set(shown)
    fresh = [s for s in page.shelves if s.kind not in ("begun", "again")]
    assert not {one for shelf in fresh for one in ids(shelf)} & met
    n_open = len(videos) - len({m for m in met if m in videos.row_of})
    assert len(page.shelves) <= MOST_SHELVES
    if n_open >= UNDIVIDED and not videos.covering:
        assert all(len(shelf.items) >= LEAST_VIDEOS for shelf in fresh)
    for shelf in page.shelves:
        assert shelf.items
        assert [item.rank for item in shelf.items] == list(range(1, len(shelf.items) + 1))
    keys = [shelf.key for shelf in page.shelves]
    assert len(keys) == len(set(keys))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_rules_hold_for_any_household(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 40), label="videos")
    rng = np.random.default_rng(data.draw(st.integers(0, 99), label="seed"))
    vectors = around([rng.normal(size=8)] * n, 1, noise=3.0) if n else np.zeros((0, 8), np.float32)
    links = {0: np.array([1]), 1: np.array([0])} if n > 1 and data.draw(st.booleans()) else {}
    videos = VideoTable(
        ids=np.arange(1, n + 1),
        matrix=vectors,
        added_at=[NOW - timedelta(days=float(rng.uniform(0, 30))) for _ in range(n)],
        durations_s=[LENGTH_S] * n,
        covering=links,
        inside=links,
    )
    one = st.tuples(
        st.sampled_from("abc"),
        st.integers(1, 45),
        st.floats(0, 29),
        st.one_of(st.none(), st.floats(0, 1.2)),
        st.sampled_from(EVENT_KINDS),
    )
    drawn = data.draw(st.lists(one, max_size=40), label="events")
    events = [event(u, v, day=d, watched=w, kind=k) for u, v, d, w, k in drawn]
    assert_rules_hold(page(Recommender(videos, events), "a", events), events, videos, "a")


def test_headings_are_true(recommender: Recommender) -> None:
    found = page(recommender, "anna", household())
    assert_rules_hold(found, household(), recommender.videos, "anna")
    shelves = by_kind(found)
    assert ids(shelves["begun"]) == [15]
    assert shelves["begun"].seen_shares == {15: pytest.approx(0.4)}
    because = shelves["because"]
    assert because.because is not None
    assert (because.because.video_id, because.verb) == (2, "liked")
    # Alike is theme 0; amir, who watched the video too, went on to theme 2.
    whole = page(recommender, "anna", household(), only=because.key).shelves[0]
    for item in [*because.items, *whole.items]:
        assert (item.video_id - 1) // EACH == (0 if item.source == "content" else 2)
    assert themes(because) == {0}
    assert themes(whole) == {0, 2}
    # The reasons are of this week: a like, a video that was begun, two that were watched.
    causes = {item.because.video_id for item in shelves["week"].items if item.because}
    assert causes <= {2, 4, 14, 15}
    assert all(item.because for item in shelves["week"].items)
    assert themes(shelves["unlike"]).isdisjoint({0, 1})
    assert not any(each.because for each in shelves["unlike"].items if each.source == "content")
    assert themes(shelves["favourites"]) <= {2, 3, 4, 5}
    assert 3 <= len(found.shelves) <= MOST_SHELVES


def test_what_came_this_week_is_new_unless_everything_did() -> None:
    days = [29.0 if i % 5 == 0 else -100.0 for i in range(60)]
    videos = with_lengths(themed())
    added = [DAY + timedelta(days=day) for day in days]
    some = Recommender(replace(videos, added_at=added), household())
    new = by_kind(page(some, "oskar", household()))["new"]
    assert {(one - 1) % 5 for one in ids(new)} == {0}
    everything = Recommender(replace(videos, added_at=[NOW] * 60), household())
    assert "new" not in by_kind(page(everything, "oskar", household()))


def test_this_week_is_what_was_watched_in_seven_days_and_nothing_else() -> None:
    # Theme 0 was watched before; of theme 3, which is of this week, four videos are left.
    events = [event("anna", 1 + j, day=1) for j in range(4)]
    events += [event("anna", 31 + j, day=29) for j in range(6)]
    events += [event("oskar", 51 + j, day=29) for j in range(6)]
    videos = with_lengths(themed())
    week = page(Recommender(videos, events), "anna", events, only="week").shelves[0]
    assert set(ids(week)) == {37, 38, 39, 40}
    later = sorted((e for e in events if e.user == "anna"), key=lambda e: e.at)
    quiet = make_shelves(Recommender(videos, events), "anna", later, now=NOW + timedelta(days=9))
    assert "week" not in by_kind(quiet)


def test_nothing_is_called_unlike_where_everything_is_alike() -> None:
    videos = with_lengths(themed(2, 20))
    events = [event("anna", 1 + 20 * theme + j, day=29) for theme in (0, 1) for j in range(3)]
    assert "unlike" not in by_kind(page(Recommender(videos, events), "anna", events))


def test_favourites_are_those_of_others() -> None:
    events = [event("anna", 1 + j, day=29) for j in range(4)]
    videos = with_lengths(themed())
    assert "favourites" not in by_kind(page(Recommender(videos, events), "anna", events))
    others = [*events, *(verdict("oskar", one, "like", day=3) for one in (51, 52, 53, 54))]
    found = by_kind(page(Recommender(videos, others), "anna", others))["favourites"]
    assert set(ids(found)) <= {51, 52, 53, 54}


def test_who_is_unknown_gets_a_mix_and_no_reasons_of_others(recommender: Recommender) -> None:
    found = page(recommender, "newcomer", household())
    assert found.is_new
    assert [shelf.kind for shelf in found.shelves][:1] == ["mix"]
    assert {shelf.kind for shelf in found.shelves} <= {"mix", "new", "favourites", "folder"}
    assert all(item.because is None for shelf in found.shelves for item in shelf.items)


def test_a_video_is_gone_on_with_until_its_end_or_a_verdict() -> None:
    start = [event("anna", 15, day=29, watched=0.4)]
    for more, is_shown in (
        ([], True),
        ([event("anna", 15, day=29.5, watched=0.2)], True),
        ([event("anna", 15, day=29.5, watched=0.5)], False),
        ([verdict("anna", 15, "dislike", day=29.5)], False),
        ([verdict("anna", 15, "like", day=29.5)], True),
    ):
        events = start + more
        recommender = Recommender(with_lengths(themed()), events)
        assert ("begun" in by_kind(page(recommender, "anna", events))) == is_shown
    glance = [event("anna", 15, day=29, watched=0.05)]
    assert "begun" not in by_kind(page(Recommender(with_lengths(themed()), glance), "anna", glance))
    assert "begun" not in by_kind(
        make_shelves(
            Recommender(with_lengths(themed()), start), "anna", start, now=NOW + timedelta(days=90)
        )
    )


def test_the_reason_says_the_strongest_thing_that_is_true() -> None:
    for events, verb in (
        ([event("anna", 2, day=29, watched=1.0)], "finished"),
        ([event("anna", 2, day=28), event("anna", 2, day=29)], "rewatched"),
        (
            [event("anna", 2, day=28, watched=0.5), event("anna", 2, day=29, watched=0.4)],
            "finished",
        ),
        ([event("anna", 2, day=29, watched=0.5)], "watched"),
        ([event("anna", 2, day=28), verdict("anna", 2, "like", day=29)], "liked"),
    ):
        found = by_kind(page(Recommender(with_lengths(themed()), events), "anna", events))
        assert found["because"].verb == verb


def test_a_library_with_little_to_offer_is_not_divided(recommender: Recommender) -> None:
    events = [*household(), *(event("zoe", 1 + i, day=1) for i in range(54))]
    crowded = Recommender(recommender.videos, events)
    found = page(crowded, "zoe", events)
    assert [shelf.kind for shelf in found.shelves] == ["mix"]
    assert set(ids(found.shelves[0])) == set(range(55, 61))
    everything = [*events, *(verdict("zoe", 55 + i, "like", day=2) for i in range(6))]
    seen = page(Recommender(recommender.videos, everything), "zoe", everything)
    assert seen.is_all_seen
    assert [shelf.kind for shelf in seen.shelves] == ["again"]
    assert ids(seen.shelves[0])[:6] != []
    assert set(ids(seen.shelves[0])[:6]) == set(range(55, 61)), "what was liked comes first"


def test_each_shelf_of_a_page_can_be_had_alone(recommender: Recommender) -> None:
    for shelf in page(recommender, "anna", household()).shelves:
        alone = page(recommender, "anna", household(), only=shelf.key).shelves
        assert [one.key for one in alone] == [shelf.key]
        assert len(alone[0].items) >= len(shelf.items)
    for key in ("because-59", "because-x", "because-\u00b2", "nothing", "folder-", ""):
        found = page(recommender, "anna", household(), only=key).shelves
        assert (found == []) == bool(key)


def test_a_page_can_stay_near_a_video(recommender: Recommender) -> None:
    near = page(recommender, "anna", household(), beside=31).shelves
    assert [shelf.kind for shelf in near] == ["beside"]
    assert near[0].because is not None
    assert near[0].because.video_id == 31
    assert {(one - 1) // EACH for one in ids(near[0])[:5]} == {3}
    assert 31 not in ids(near[0])
    assert page(recommender, "anna", household(), beside=999).shelves == []


def test_a_large_library_is_divided_as_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from recommender.answer import shortlist

    monkeypatch.setattr(shortlist, "MAX_SCORED", 100)
    videos = with_lengths(themed(each=100))
    events = [event("anna", 1 + j, day=29) for j in range(4)]
    events += [event(f"p{i}", 1 + i * 7, day=20) for i in range(60)]
    large = Recommender(videos, events)
    assert not large.scores_all
    found = page(large, "anna", events)
    assert_rules_hold(found, events, videos, "anna")
    shelves = by_kind(found)
    assert {(one - 1) // 100 for one in ids(shelves["because"])} == {0}
    nearest = videos.centred @ videos.centred[:4].T
    rows = [videos.row_of[one] for one in ids(shelves["unlike"])]
    assert nearest[rows].max() < NEAR
