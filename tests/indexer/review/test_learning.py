"""A rule learns from decisions: a head, a threshold for a wished error, and what it errs by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from data.review.cases import Cases, Wanted
from data.review.deciding import Deciding, Decision
from data.review.policies import Policies
from indexer.heads.predicting import bring_up_to_date
from indexer.heads.stored import head_names, load_head
from indexer.review.described import words_of
from indexer.review.learning import (
    LEAST_EACH,
    RuleLearner,
    Wished,
    decided,
    errors_at,
    threshold_for,
)
from indexer.review.scan import scan
from tests.data.review.made import RULES, set_policy
from tests.fakes import ColourEncoder
from tests.indexer.review.decided import N, decide, store_found


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    """Every second video is near red; the rule has found all but six of them."""
    store_found(home)
    with Catalogue(home) as opened:
        yield opened


def learn(catalogue: Catalogue, **how: Any) -> Any:
    wished = how.pop("wished", Wished("misses", 0.1))
    learner = RuleLearner(catalogue, ColourEncoder, how.pop("told", lambda _: None))
    return learner.learn(how.pop("name", "Fights"), wished, by="ann", **how)


def test_a_rule_asks_the_head_from_then_on_and_finds_what_it_did_not(
    catalogue: Catalogue,
) -> None:
    decide(catalogue)
    learned = learn(catalogue)
    assert (learned.blocked, learned.allowed) == (N // 2, N // 2)
    assert learned.errors.miss_rate <= 0.1
    assert learned.errors.false_alarm_rate < 0.3
    assert learned.is_reached
    current = Policies(catalogue).current()
    assert current is not None
    rule = current.policy.rule("fights")
    assert rule is not None
    assert (rule.kind, rule.head, rule.action, rule.owner) == (
        "head",
        "review.fights",
        "hide",
        "safety",
    )
    bring_up_to_date(catalogue)
    scan(catalogue, ColourEncoder)
    new = [case.video_id for case in Cases(catalogue).some(Wanted("open"))]
    assert new
    assert all(video > N for video in new)
    assert sum(video % 2 for video in new) >= len(new) - 1


def test_decisions_add_to_the_words_of_a_rule_also_when_it_learns_again(home: Home) -> None:
    store_found(home, words="red")
    with Catalogue(home) as catalogue:
        decide(catalogue)
        for _ in range(2):
            told: list[str] = []
            learned = learn(catalogue, told=told.append)
            assert "fights: decisions add to its words, red" in told
            tried = [str(each["name"]) for each in load_head(home, learned.head).record.tried]
            assert tried
            assert all("words" in each for each in tried)
            assert learned.errors.miss_rate <= 0.1
            assert learned.errors.false_alarm_rate < 0.3


def test_a_rule_without_words_learns_from_decisions_alone(home: Home) -> None:
    store_found(home)
    with Catalogue(home) as catalogue:
        asks_a_head = RULES[0] | {"head": "review.fights", "label": "yes", "description": None}
        set_policy(catalogue, [asks_a_head])
        stored = Policies(catalogue).current()
        assert stored is not None
        rule = stored.policy.rules[0]
        assert words_of(Policies(catalogue), stored, rule) == "x"
        set_policy(catalogue, [RULES[0] | {"name": "another"}])
        set_policy(catalogue, [asks_a_head])
        stored = Policies(catalogue).current()
        assert stored is not None
        assert words_of(Policies(catalogue), stored, stored.policy.rules[0]) is None


def test_a_trial_changes_nothing(catalogue: Catalogue) -> None:
    decide(catalogue)
    learned = learn(catalogue, keeps=False)
    assert learned.policy is None
    assert learned.errors.cases == N // 2
    assert Policies(catalogue).highest() == 1
    assert head_names(catalogue.home) == []


def test_few_decisions_of_one_kind_are_refused(catalogue: Catalogue) -> None:
    decide(catalogue, 2 * LEAST_EACH - 2)
    with pytest.raises(ReelwiseError, match="9 cases are blocked and 9 allowed"):
        learn(catalogue)
    with pytest.raises(ReelwiseError, match="no rule is called 'x'"):
        learn(catalogue, name="x")
    assert head_names(catalogue.home) == []


def test_what_is_relabelled_is_no_case_and_what_is_appealed_is_neither(
    catalogue: Catalogue,
) -> None:
    deciding = Deciding(catalogue)
    for number, verb in ((1, "block"), (2, "allow"), (3, "relabel"), (4, "block"), (5, "unsure")):
        deciding.decide(number, Decision(verb, "ann", "seen", label="blood"))
    deciding.appeal(4, by="ben", why="no")
    cases = Cases(catalogue).some(Wanted("all"), n=N)
    yes, no = decided(cases, "fights")
    assert ([case.id for case in yes], sorted(case.id for case in no)) == ([1], [2, 3])
    deciding.decide(3, Decision("block", "ann", "blood"))
    yes, no = decided(Cases(catalogue).some(Wanted("all"), n=N), "blood")
    assert ([case.id for case in yes], no) == ([3], [])


chances = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=4, max_size=60).filter(
    lambda rows: 0 < sum(is_case for _, is_case in rows) < len(rows)
)


@settings(deadline=None, max_examples=40)
@given(chances, st.sampled_from(["misses", "false-alarms"]), st.floats(0, 0.5))
def test_no_other_threshold_keeps_the_wish_with_fewer_other_errors(
    rows: list[tuple[float, bool]], error: Any, rate: float
) -> None:
    values = np.array([chance for chance, _ in rows])
    is_case = np.array([each for _, each in rows])
    best = threshold_for(values, is_case, Wished(error, rate))
    got = errors_at(values, is_case, best)

    def rates(errors: Any) -> tuple[float, float]:
        both = (errors.miss_rate, errors.false_alarm_rate)
        return both if error == "misses" else (both[1], both[0])

    wished, other = rates(got)
    for threshold in np.linspace(0.05, 1.0, 39):
        mine, theirs = rates(errors_at(values, is_case, float(threshold)))
        assert not (mine <= rate and (wished > rate or theirs < other - 1e-9))
