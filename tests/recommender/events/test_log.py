from __future__ import annotations

import pytest

from data.history.events import Event
from recommender.events.log import EventLog, Pairs, read_events
from tests.recommender.people import DAY, event, themed, verdict

VIDEOS = themed()


def pairs(*events: Event) -> Pairs:
    return read_events(events, VIDEOS).pairs


def test_rewatching_adds_up_to_a_cap() -> None:
    once, thrice = pairs(event("a", 1)), pairs(*[event("a", 1, day=d) for d in range(3)])
    assert once.weight.tolist() == [1.0]
    assert thrice.weight.tolist() == [1.5]


def test_a_like_adds_to_the_view() -> None:
    assert pairs(event("a", 1), verdict("a", 1, "like", day=1)).weight.tolist() == [2.0]


def test_the_last_verdict_counts_in_any_order_of_arrival() -> None:
    like, dislike = verdict("a", 1, "like", day=1), verdict("a", 1, "dislike", day=2)
    got = pairs(dislike, like, event("a", 1))
    assert got.disliked.tolist() == [True]
    assert got.weight.tolist() == [0.0]
    forgiven = pairs(dislike, verdict("a", 1, "like", day=3))
    assert forgiven.disliked.tolist() == [False]


def test_events_on_unknown_videos_are_left_out() -> None:
    unresolved = Event("a", None, "gone.mp4", DAY, None, None, "view")
    got = pairs(unresolved, event("a", 999), event("b", 7))
    assert got.item.tolist() == [6]


def test_an_unknown_kind_is_named() -> None:
    odd = Event("a", 1, "1.mp4", DAY, None, None, "skip")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'skip'"):
        pairs(odd)


def test_adding_later_equals_adding_at_once() -> None:
    events = [event(f"p{i % 3}", 1 + i % 7, day=i, watched=0.1 * i) for i in range(12)]
    at_once = read_events(events, VIDEOS)
    users: dict[str, int] = {}
    grown = EventLog.empty(users, len(VIDEOS))
    for one in events:
        grown = grown.plus(read_events([one], VIDEOS, users))
    assert grown.users == at_once.users
    assert (grown.liked != at_once.liked).nnz == 0
    assert grown.liked.nnz > 0


def test_the_length_comes_from_the_library_where_the_event_does_not_say() -> None:
    videos = type(VIDEOS)(VIDEOS.ids, VIDEOS.matrix, durations_s=[100.0] * len(VIDEOS))
    silent = Event("a", 1, "1.mp4", DAY, 45.0, None, "view")
    log = read_events([silent], videos)
    assert log.pairs.weight.tolist() == pytest.approx([0.5])


def test_dislikes_and_glances_are_not_in_what_people_liked() -> None:
    log = read_events(
        [event("a", 1), event("a", 2, watched=0.05), verdict("a", 3, "dislike")], VIDEOS
    )
    assert log.liked.toarray()[0].nonzero()[0].tolist() == [0]
