"""A rule is read from its text; a senseless one is refused with a fix that works."""

from __future__ import annotations

import pytest

from data.errors import ReelwiseError
from data.video.clips.rule import CLIP_KINDS, LONGEST_CLIP_S, USUAL_RULE, ClipChange, ClipRule


@pytest.mark.parametrize(
    "rule",
    [
        USUAL_RULE,
        ClipRule("windows", 12.3456789, 0.0),
        ClipRule("whole-shots", LONGEST_CLIP_S),
        ClipRule("difference", 10, 0.25, 0.123),
    ],
)
def test_a_rule_is_read_from_its_text(rule: ClipRule) -> None:
    assert ClipRule.read(rule.text) == rule


def test_rules_that_differ_have_different_texts() -> None:
    # What was made before there were rules is recorded so: the text never changes.
    assert USUAL_RULE.text == "shots 10 0.5"
    texts = {ClipRule(kind, length, overlap).text for kind in CLIP_KINDS for length in (10, 20)
             for overlap in (0, 0.5)}  # fmt: skip
    assert len(texts) == 4 * len(CLIP_KINDS)


@pytest.mark.parametrize(
    "text", ["", "scenes 10 0.5", "shots ten", "shots 10 0.5 1 1", "shots 0 0"]
)
def test_the_rule_of_a_later_version_is_refused(text: str) -> None:
    with pytest.raises(ReelwiseError, match="does not know") as error:
        ClipRule.read(text)
    assert error.value.fix == "reelwise rebuild --clips shots"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (ClipChange(), "windows 20 0.2"),
        (ClipChange(length_s=5), "windows 5 0.2"),
        (ClipChange(overlap=0), "windows 20 0"),
        (ClipChange("shots"), "shots 10 0.5"),
        (ClipChange("difference", change=0.2), "difference 10 0.5 0.2"),
        (ClipChange("keyframes", length_s=30), "keyframes 30 0.5"),
        (ClipChange("whole-shots"), "whole-shots 600 0.5"),
    ],
)
def test_what_is_not_named_stays_and_a_kind_brings_its_usual_numbers(
    change: ClipChange, text: str
) -> None:
    assert change.applied(ClipRule("windows", 20, 0.2)).text == text


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (ClipChange("scenes"), "not by 'scenes'"),
        (ClipChange(length_s=0.5), "1 to 600 s long, not 0.5"),
        (ClipChange(length_s=601), "not 601"),
        (ClipChange(length_s=float("nan")), "not nan"),
        (ClipChange(overlap=1), "0 to 0.9 of their length, not 1"),
        (ClipChange(overlap=-0.1), "not -0.1"),
        (ClipChange("difference", change=0), "not 0"),
        (ClipChange("difference", change=2.5), "not 2.5"),
        (ClipChange("whole-shots", length_s=5), "no length"),
        (ClipChange("whole-shots", overlap=0), "no length"),
        (ClipChange(change=0.2), "for clips by difference; these are cut by shots"),
    ],
)
def test_a_senseless_rule_is_refused(change: ClipChange, problem: str) -> None:
    with pytest.raises(ReelwiseError, match=problem) as error:
        change.applied(USUAL_RULE)
    assert error.value.fix.startswith(("--clip", "leave --clip"))
