"""What is known, what is asked, and that nothing of the future is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.choosing.splits import (
    HELD_OUT_STEPS,
    Case,
    by_time,
    hold_out,
    last_steps,
    roll,
    split_last,
)
from recommender.events.log import EventLog
from tests.recommender.tables import interactions

DAY_S = 86_400.0


def told(events: EventLog) -> list[tuple[int, int]]:
    return list(zip(events.user.tolist(), events.item.tolist(), strict=True))


def random_log(seed: int, n: int = 120) -> EventLog:
    rng = np.random.default_rng(seed)
    words = [
        f"p{rng.integers(8)}:{rng.integers(15)}{sign}@{rng.integers(40) * DAY_S}"
        for sign in rng.choice(["", "+", "-"], n)
    ]
    return interactions(" ".join(words), n_items=15)


def test_the_last_liked_event_is_asked_and_nothing_after_it_is_known() -> None:
    log = interactions("a:0@10 a:1@30 a:2@20 a:3-@40 b:1@5 b:2-@6 c:0@2 c:1@1")
    before, last = split_last(log)
    # Of b only one thing is liked: nothing can be asked, everything is known.
    assert told(last) == [(0, 1), (2, 0)]
    assert told(before) == [(0, 0), (0, 2), (1, 1), (1, 2), (2, 1)]


def test_without_times_and_at_the_same_second_the_later_row_is_the_later_event() -> None:
    for at in ("", "@7"):
        _, last = split_last(interactions(f"a:3{at} a:1{at} b:0{at} b:2{at}"))
        assert told(last) == [(0, 1), (1, 2)]


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_last_out_never_knows_what_it_asks_nor_what_came_later(seed: int) -> None:
    log = random_log(seed)
    before, last = split_last(log)
    assert len(np.unique(last.user)) == len(last)
    for person, at_s in zip(last.user, last.at_s, strict=True):
        assert (before.at_s[before.user == person] <= at_s).all()
    assert (last.weight > 0).all()


@given(st.integers(0, 10_000), st.sampled_from([1.0, 7.0, 100.0]))
@settings(max_examples=40, deadline=None)
def test_rolling_knows_the_past_alone_and_asks_everything_once(seed: int, days: float) -> None:
    log = random_log(seed)
    known, test = log.where(log.at_s < 20 * DAY_S), log.where(log.at_s >= 20 * DAY_S)
    asked = 0
    for case in roll(known, test, days * DAY_S):
        assert case.train.at_s.max() < case.test.at_s.min()
        assert case.test.at_s.max() - case.test.at_s.min() < days * DAY_S
        assert len(case.train) == (log.at_s <= case.train.at_s.max()).sum()
        asked += len(case.test)
    assert asked <= len(test)


def test_rolling_steps_know_the_steps_before() -> None:
    log = interactions("a:0@0 a:1@100 b:1@100 a:2@200")
    first, second = roll(log.where(np.array([0])), log.where(np.array([1, 2, 3])), 100.0)
    assert (told(first.train), told(first.test)) == ([(0, 0)], [(0, 1), (1, 1)])
    assert (told(second.train), told(second.test)) == ([(0, 0), (0, 1), (1, 1)], [(0, 2)])


def test_rolling_without_times_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the time of every event"):
        list(roll(interactions("a:0"), interactions("a:1@5"), DAY_S))


def test_a_tenth_is_held_out_by_time_or_by_chance() -> None:
    log = interactions(" ".join(f"a:{i % 4}@{i}" for i in range(50)))
    case = hold_out(log, by_time=True)
    known, held = case.train, case.test
    assert held.at_s.tolist() == [45.0, 46.0, 47.0, 48.0, 49.0]
    assert len(known) == 45
    case = hold_out(log, by_time=False)
    known, held = case.train, case.test
    assert (len(known), len(held)) == (45, 5)
    assert held.at_s.min() < 40


def test_a_test_part_that_overlaps_the_train_part_is_not_by_time() -> None:
    early, late = interactions("a:0@0 b:1@10"), interactions("a:1@10 b:2@20")
    assert by_time(early, late)
    assert not by_time(late, early)
    assert not by_time(interactions("a:0"), interactions("a:1"))


def test_what_was_disliked_or_only_glanced_at_is_not_wanted() -> None:
    case = Case(interactions("a:0"), interactions("a:1- a:2 b:3-"))
    assert np.argwhere(case.wanted.toarray()).tolist() == [[0, 2]]
    assert case.users.tolist() == [0]


def test_what_was_met_unseen_by_the_recommender_is_masked() -> None:
    case = Case(interactions("a:0"), interactions("a:1 a:2"), interactions("a:1"))
    assert case.wanted.toarray()[0].tolist() == [False, False, True, False]
    assert case.masked.toarray()[0].tolist() == [True, True, False, False]


def test_settings_are_chosen_on_steps_like_those_to_come() -> None:
    log = interactions(" ".join(f"p{i % 9}:{i % 40}@{i}" for i in range(300)), n_items=40)
    steps = last_steps(log, 6.0)
    assert [len(case.test) for case in steps] == [6] * 10
    assert all(case.train.at_s.max() < case.test.at_s.min() for case in steps)
    many = last_steps(log, 1.0)
    assert len(many) == HELD_OUT_STEPS
    assert [len(case.test) for case in many] == [5] * HELD_OUT_STEPS
    assert len(last_steps(log.where(np.arange(3)), 1.0)) == 1


def test_a_case_may_be_asked_of_some_people_only() -> None:
    train, test = interactions("a:0 b:1 c:2 d:0"), interactions("a:1 b:2 c:3 d:3")
    case = Case(train, test)
    some = case.of_some(2)
    assert len(some.users) == 2
    assert some.users.tolist() == case.of_some(2).users.tolist()
    assert some.train is train
    assert case.of_some(4) is case
