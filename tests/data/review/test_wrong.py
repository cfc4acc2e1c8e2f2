from __future__ import annotations

import json

import pytest

from data.errors import ReelwiseError
from data.review.wrong import policy_of_text

GOOD = """[[rules]]
name = "fights"
owner = "safety"
action = "hide"
threshold = 0.8
description = "people hitting each other"
"""


def told(text: str, name: str = "p.toml") -> list[str]:
    with pytest.raises(ReelwiseError) as refused:
        policy_of_text(text, name)
    return refused.value.problem.split("\n")


def test_a_policy_is_read_from_toml_and_from_json() -> None:
    policy = policy_of_text(GOOD, "p.toml")
    assert [rule.name for rule in policy.rules] == ["fights"]
    assert policy_of_text(json.dumps(policy.model_dump(mode="json")), "P.JSON") == policy


def test_each_problem_is_told_with_its_line() -> None:
    text = f"""colour = 3
{GOOD.replace('"hide"', '"burn"')}
[[rules]]
owner = ""
name = "!"
action = "flag"
threshold = "high"

[rules.classifier]
file = "a.onnx"
sha256 = "zz"
width_px = 2
"""
    assert told(text) == [
        "line 1: a policy has no colour here",
        "line 5: action is one of 'flag', 'blur', 'hide'",
        "line 10: owner is empty",
        "line 11: name may not be '!'",
        "line 13: threshold is no number",
        "line 15: height_px is missing",
        "line 17: sha256 may not be 'zz'",
        "line 18: width_px is at least 8",
    ]


@pytest.mark.parametrize(
    ("text", "name", "lines"),
    [
        (
            "a = \n",
            "p.toml",
            ["line 1: this is no TOML: a value is neither a number nor in quotes"],
        ),
        ('[[rules]]\nname = """a\n', "p.toml", ["line 2: this is no TOML: a quote is missing"]),
        ('{\n"rules": }', "p.json", ["line 2: this is no JSON: a value is missing"]),
        ("", "p.toml", ["rules is missing"]),
        ("[]", "p.json", ["policy is no table"]),
        ("rules = 3", "p.toml", ["line 1: rules is no list"]),
        (f"{GOOD}{GOOD}", "p.toml", ["two rules are called 'fights'"]),
        (f"{GOOD}label = 'x'", "p.toml", ["line 1: label: only a head has labels"]),
        ("[" * 100_000, "p.json", ["this is no policy: it is nested too deep"]),
    ],
)
def test_a_text_that_is_no_policy_says_why(text: str, name: str, lines: list[str]) -> None:
    assert told(text, name) == lines


def test_only_so_many_problems_are_told() -> None:
    found = told("[[rules]]\n" * 30)
    assert len(found) == 21
    assert found[-1].startswith("and ")
