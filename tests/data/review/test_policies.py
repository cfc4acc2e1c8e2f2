from __future__ import annotations

import pytest

from data.catalogue import Catalogue
from data.errors import DamagedFile, ReelwiseError
from data.review.cases import Cases, Wanted
from data.review.deciding import Deciding, Decision
from data.review.finding import Findings
from data.review.policies import Policies, policy_file
from data.review.withheld import Withholding
from tests.data.review.made import RULES, find, set_policy


def test_every_version_is_kept_and_one_holds(catalogue: Catalogue) -> None:
    policies = Policies(catalogue)
    assert set_policy(catalogue, RULES[:1]) == 2
    assert [len(policies.version(n).policy.rules) for n in (1, 2)] == [3, 1]
    current = policies.current()
    assert current is not None
    assert current.version == 2
    assert policies.remove(by="ann", why="enough") == 2
    assert policies.current() is None
    assert len(policies.version(2).policy.rules) == 1
    assert set_policy(catalogue) == 3
    with pytest.raises(ReelwiseError, match="no version 4"):
        policies.version(4)
    rows = Cases(catalogue).log(policy=True)
    assert [row.who for row in rows] == ["(policy)", "(policy)", "ann", "(policy)"]


def test_a_changed_byte_of_a_policy_is_found_before_it_is_read(catalogue: Catalogue) -> None:
    path = policy_file(catalogue.home, 1)
    path.write_bytes(path.read_bytes().replace(b'"hide"', b'"flag"', 1))
    with pytest.raises(DamagedFile):
        Policies(catalogue).current()


def test_without_its_rule_an_undecided_case_ends_and_a_decision_stays(
    catalogue: Catalogue,
) -> None:
    find(catalogue, "fights", (1, 0.0, 2.0, 0.9), (2, 0.0, 2.0, 0.9))
    find(catalogue, "blood", (3, 0.0, 2.0, 0.9))
    Deciding(catalogue).decide(1, Decision("block", "ann", "blood on the wall"))
    withholding = Withholding(catalogue)
    assert withholding.now().videos.tolist() == [1, 2]
    set_policy(catalogue, RULES[1:])
    assert withholding.now().videos.tolist() == [1]
    assert [case.state for case in Cases(catalogue).some(Wanted("all"))] == [
        "blocked",
        "withdrawn",
        "open",
    ]
    Policies(catalogue).remove(by="", why="")
    assert withholding.now().videos.tolist() == [1]


def test_a_rule_that_finds_the_same_need_not_look_again(catalogue: Catalogue) -> None:
    for rule in ("fights", "blood"):
        find(catalogue, rule)
    changed = [{**RULES[0], "action": "flag", "about": "new words"}, {**RULES[1], "threshold": 0.7}]
    set_policy(catalogue, changed)
    marks = {mark.name: (mark.scanned_to, mark.action) for mark in Findings(catalogue).marks()}
    assert marks == {"fights": (1_000_000, "flag"), "blood": (0, "blur")}
