from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from data.errors import ReelwiseError
from data.review.rules import read_policy

TOML = """
name = "house rules"
[[rules]]
name = "fights"
owner = "head of safety"
action = "hide"
threshold = 0.8
description = "people fighting"
[[rules]]
name = "like that one"
owner = "head of safety"
action = "flag"
threshold = 0.9
examples = ["bad.mp4@3-8"]
"""


def write(folder: Path, content: str | bytes, name: str = "policy.toml") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rule(**changed: Any) -> dict[str, Any]:
    values = {"name": "r", "owner": "o", "action": "flag", "threshold": 0.5, "description": "d"}
    return {name: value for name, value in {**values, **changed}.items() if value is not None}


def test_the_same_policy_is_read_from_toml_and_json(tmp_path: Path) -> None:
    policy = read_policy(write(tmp_path, TOML))
    assert [(r.name, r.kind, r.action) for r in policy.rules] == [
        ("fights", "description", "hide"),
        ("like that one", "examples", "flag"),
    ]
    values = policy.model_dump(mode="json", exclude_none=True)
    assert read_policy(write(tmp_path, json.dumps(values), "p.json")) == policy


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"head": "action"}, "give one of"),
        ({"description": None}, "give one of"),
        ({"threshold": 1.5}, "threshold"),
        ({"threshold": 0}, "threshold"),
        ({"action": "delete"}, "action"),
        ({"owner": "  "}, "owner"),
        ({"colour": "red"}, "colour"),
        ({"label": "x"}, "only a head"),
        ({"description": None, "head": "a", "label": "x", "threshold": 0.01}, "above 0.05"),
        ({"name": "\n"}, "name"),
    ],
)
def test_what_is_no_rule_is_refused_by_its_place(
    tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    path = write(tmp_path, json.dumps({"rules": [rule(**changed)]}), "p.json")
    with pytest.raises(ReelwiseError, match=told):
        read_policy(path)


@pytest.mark.parametrize(
    "content", ["", "rules = 3", "[[", b"\xff\xfe", '{"rules": []}', "x" * 1_000_001]
)
def test_what_is_no_policy_is_refused(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(ReelwiseError):
        read_policy(write(tmp_path, content))


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    rules = {"rules": [rule(name="Fights"), rule(name="fights")]}
    with pytest.raises(ReelwiseError, match="two rules are called"):
        read_policy(write(tmp_path, json.dumps(rules), "p.json"))


def test_only_what_finds_otherwise_has_another_revision(tmp_path: Path) -> None:
    policies = [
        read_policy(write(tmp_path, json.dumps({"rules": [each]}), "p.json")).rules[0]
        for each in (
            *(rule(), rule(name="s", action="hide", owner="x", about="long")),
            *(rule(threshold=0.6), rule(description="e")),
        )
    ]
    first, renamed, stricter, other = (each.revision for each in policies)
    assert first == renamed
    assert len({first, stricter, other}) == 3


def test_a_classifier_is_pinned_by_its_bytes(tmp_path: Path) -> None:
    file = write(tmp_path, b"network", "net.onnx")
    right = hashlib.sha256(b"network").hexdigest()
    pinned = {"file": "net.onnx", "sha256": right, "width_px": 224, "height_px": 224}
    values = rule(description=None, classifier=pinned)
    path = write(tmp_path, json.dumps({"rules": [values]}), "p.json")
    classifier = read_policy(path).rules[0].classifier
    assert classifier is not None
    assert classifier.file == str(file)
    file.write_bytes(b"another")
    with pytest.raises(ReelwiseError, match="has the sha256"):
        read_policy(path)
    file.unlink()
    with pytest.raises(ReelwiseError, match="cannot be read"):
        read_policy(path)
