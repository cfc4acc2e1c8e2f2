"""Decisions: logged, taken back, never of two reviewers at once, and there after a kill."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from data.catalogue import Catalogue
from data.catalogue.soundness.checks import row_problems
from data.durable import arm_crash
from data.errors import ReelwiseError
from data.history import History
from data.home import Home
from data.review.cases import Cases, Wanted
from data.review.deciding import Deciding, Decision, OtherReviewer
from data.review.finding import Finding, Findings, Scanned
from data.review.withheld import Withholding
from tests.data.review.made import RULES, find, set_policy

WHY = "two men hit each other"


@pytest.fixture
def deciding(catalogue: Catalogue) -> Deciding:
    find(catalogue, "fights", (1, 0.0, 2.0, 0.9), (2, 0.0, 2.0, 0.95), (3, 0.0, 2.0, 0.85))
    return Deciding(catalogue)


def withheld(catalogue: Catalogue) -> list[int]:
    return [int(each) for each in Withholding(catalogue).now().videos]


def test_each_decision_has_its_effect_at_once_and_its_row_in_the_log(
    catalogue: Catalogue, deciding: Deciding
) -> None:
    withholding = Withholding(catalogue)
    assert withholding.now().videos.tolist() == [1, 2, 3]
    deciding.decide(1, Decision("allow", "ann", WHY))
    deciding.decide(2, Decision("block", "ben", WHY))
    deciding.decide(3, Decision("relabel", "ann", WHY, label="Crowds"))
    assert withholding.now().videos.tolist() == [2]
    rows = [(row.who, row.action, row.label) for row in Cases(catalogue).log() if row.who[0] != "("]
    assert rows == [
        ("ann", "allow", "fights"),
        ("ben", "block", "fights"),
        ("ann", "relabel", "crowds"),
    ]
    assert Cases(catalogue).counts()["waiting"] == 1
    assert row_problems(catalogue) == []


@pytest.mark.parametrize("verb", ["allow", "block", "unsure", "relabel"])
def test_whatever_was_decided_is_taken_back(
    catalogue: Catalogue, deciding: Deciding, verb: str
) -> None:
    before = Cases(catalogue).get(1)
    deciding.decide(1, Decision(verb, "ann", WHY, label="blood"))
    assert Cases(catalogue).get(1) != before
    after = deciding.undo(1, by="ann")
    assert (after.state, after.label, after.decided_by) == ("open", "fights", None)
    with pytest.raises(ReelwiseError, match="nothing to take back"):
        deciding.undo(1, by="ann")
    assert [row.action for row in Cases(catalogue).log(1)] == ["found", verb, "undo"]


def test_several_decisions_are_taken_back_one_by_one(
    catalogue: Catalogue, deciding: Deciding
) -> None:
    deciding.decide(1, Decision("block", "ann", WHY))
    deciding.appeal(1, by="ben", why="it is a film")
    deciding.decide(1, Decision("allow", "cid", "it is a film"))
    states = [deciding.undo(1, by="ann") for _ in range(3)]
    assert [(case.state, case.appealed, case.decided_by) for case in states] == [
        ("blocked", True, "ann"),
        ("blocked", False, "ann"),
        ("open", False, None),
    ]
    assert row_problems(catalogue) == []


def test_an_appeal_waits_for_a_decision_and_blocks_until_then(
    catalogue: Catalogue, deciding: Deciding
) -> None:
    with pytest.raises(ReelwiseError, match="nobody decided"):
        deciding.appeal(1, by="ann", why="no")
    deciding.decide(1, Decision("block", "ann", WHY))
    deciding.appeal(1, by="ben", why="it is a film")
    assert 1 in withheld(catalogue)
    assert [case.id for case in Cases(catalogue).some(Wanted("appealed"))] == [1]
    with pytest.raises(ReelwiseError, match="appealed already"):
        deciding.appeal(1, by="ben", why="it is a film")
    # Whoever decided looks at it after everything else.
    assert [getattr(Cases(catalogue).next("ann", but=but), "id", 0) for but in (0, 2, 3)] == [
        2,
        3,
        2,
    ]
    assert not deciding.decide(1, Decision("allow", "cid", "a film")).appealed
    assert 1 not in withheld(catalogue)


def test_no_two_reviewers_get_one_case(catalogue: Catalogue, deciding: Deciding) -> None:
    cases = Cases(catalogue)
    with ThreadPoolExecutor(5) as pool:
        given = list(pool.map(lambda n: cases.next(f"r{n}"), range(5)))
    ids = [case.id for case in given if case is not None]
    assert sorted(ids) == [1, 2, 3]
    mine = next(case for case in given if case is not None)
    again = cases.next(str(mine.claimed_by))
    assert again is not None
    assert again.id == mine.id
    with pytest.raises(OtherReviewer, match=f"{mine.claimed_by} looks at case"):
        deciding.decide(mine.id, Decision("allow", "somebody", WHY))
    with catalogue.writing("test") as connection:
        connection.exec_driver_sql("UPDATE review_cases SET claimed_until = 1")
    assert deciding.decide(mine.id, Decision("allow", "somebody", WHY)).state == "allowed"
    assert cases.next("r9") is not None


def test_who_looked_at_an_older_state_is_told(deciding: Deciding) -> None:
    seen = deciding.decide(1, Decision("unsure", "ann", WHY)).revision
    deciding.decide(1, Decision("block", "ben", WHY, seen=seen))
    with pytest.raises(OtherReviewer, match="changed meanwhile"):
        deciding.decide(1, Decision("allow", "ann", WHY, seen=seen))


@pytest.mark.parametrize(
    "decision",
    [
        Decision("block", "ann", "  "),
        Decision("block", " ", WHY),
        Decision("block", "ann", "x" * 2001),
        Decision("relabel", "ann", WHY, label="nothing"),
        Decision("relabel", "ann", WHY, label="fights"),
        Decision("relabel", "ann", WHY),
    ],
)
def test_nothing_is_decided_without_a_name_a_reason_or_a_rule(
    catalogue: Catalogue, deciding: Deciding, decision: Decision
) -> None:
    with pytest.raises(ReelwiseError):
        deciding.decide(1, decision)
    assert Cases(catalogue).get(1).revision == 1


@pytest.mark.parametrize("statement", ["DELETE FROM review_log", "UPDATE review_log SET why = 'x'"])
def test_the_log_is_only_added_to(catalogue: Catalogue, deciding: Deciding, statement: str) -> None:
    with pytest.raises(ReelwiseError, match="only added to"), catalogue.writing("t") as connection:
        connection.exec_driver_sql(statement)


def test_a_forgotten_reviewer_is_someone_and_the_decisions_stay(
    catalogue: Catalogue, deciding: Deciding, home: Home
) -> None:
    deciding.decide(1, Decision("block", "Ann Reviewer", WHY))
    deciding.decide(2, Decision("allow", "ben", WHY))
    Cases(catalogue).next("Ann Reviewer")
    assert History(catalogue).forget("Ann Reviewer").reviews == 1
    case = Cases(catalogue).get(1)
    assert (case.state, case.decided_by) == ("blocked", "someone")
    assert [row.who for row in Cases(catalogue).log(1)][1:] == ["someone"]
    assert row_problems(catalogue) == []
    files = [home.root / f"catalogue.db{end}" for end in ("", "-wal")]
    assert b"Ann Reviewer" not in b"".join(file.read_bytes() for file in files if file.exists())


def test_what_a_rule_finds_again_is_the_same_case(catalogue: Catalogue, deciding: Deciding) -> None:
    deciding.decide(1, Decision("allow", "ann", WHY))
    new = find(catalogue, "fights", (1, 0.5, 2.5, 0.99), (2, 0.0, 2.0, 0.95), (1, 3.0, 5.0, 0.9))
    # Of a whole look: the case of video 3 is found no more.
    assert (new.new, new.withdrawn) == (1, 1)
    states = {case.id: case.state for case in Cases(catalogue).some(Wanted("all"))}
    assert states == {1: "allowed", 2: "open", 3: "withdrawn", 4: "open"}
    assert find(catalogue, "fights", (3, 0.0, 2.0, 0.9), before=9).new == 1
    assert Cases(catalogue).get(3).state == "open"


def test_what_a_rule_of_before_found_is_not_recorded(catalogue: Catalogue) -> None:
    late = Scanned("fights", "0" * 16, 0.2, 0, 99, [Finding(1, 0.0, 2.0, 0.9)])
    assert Findings(catalogue).record(late).new == 0
    assert Cases(catalogue).count(Wanted("all")) == 0


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
@pytest.mark.parametrize("what", ["decide", "undo", "found", "policy"])
def test_a_kill_leaves_all_of_a_change_or_nothing(
    home: Home, catalogue: Catalogue, deciding: Deciding, what: str, point: str
) -> None:
    deciding.decide(2, Decision("block", "ann", WHY))
    before = _all(home)

    def change() -> None:
        with Catalogue(home) as mine:
            arm_crash(f"review.{what}.{point}")
            if what == "decide":
                Deciding(mine).decide(1, Decision("block", "ben", WHY))
            elif what == "undo":
                Deciding(mine).undo(2, by="ben")
            elif what == "found":
                find(mine, "blood", (1, 0.0, 1.0, 0.9))
            else:
                set_policy(mine, RULES[1:])

    assert killed(change) == signal.SIGKILL
    after = _all(home)
    assert (after == before) == (point == "before_commit")
    with Catalogue(home) as mine:
        assert row_problems(mine) == []
        set_policy(mine)


def killed(change: Any) -> int:
    """Run something in a copy of this process; gives the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            change()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def _all(home: Home) -> tuple[Any, ...]:
    with Catalogue(home) as mine:
        every = Cases(mine)
        return (
            [(case.id, case.state, case.label) for case in every.some(Wanted("all"))],
            [(row.id, row.action) for row in every.log()],
            Withholding(mine).now().videos.tolist(),
        )
