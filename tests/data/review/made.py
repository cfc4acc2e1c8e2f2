"""A policy that hides, blurs and flags, and what its rules found, without looking."""

from __future__ import annotations

from typing import Any

from data.catalogue import Catalogue
from data.review.finding import Finding, Findings, Recorded, Scanned
from data.review.policies import Policies
from data.review.rules import policy_of

RULES: list[dict[str, Any]] = [
    {"name": "fights", "owner": "safety", "action": "hide", "threshold": 0.8, "description": "x"},
    {"name": "blood", "owner": "safety", "action": "blur", "threshold": 0.5, "description": "y"},
    {"name": "crowds", "owner": "press", "action": "flag", "threshold": 0.5, "description": "z"},
]


def set_policy(catalogue: Catalogue, rules: list[dict[str, Any]] | None = None) -> int:
    """Set it, or other rules; gives its version."""
    policy = policy_of({"rules": rules or RULES}, "test")
    return Policies(catalogue).set(policy, by="", why="", file="p.toml").version


def find(
    catalogue: Catalogue,
    rule: str,
    *stretches: tuple[int, float, float, float],
    before: int = 0,
    to: int = 1_000_000,
) -> Recorded:
    """Let a rule find stretches (video, start, end, score); before 0: in the whole past."""
    revision = {each.name: each.revision for each in Findings(catalogue).marks()}[rule]
    findings = [Finding(*each) for each in stretches]
    return Findings(catalogue).record(Scanned(rule, revision, 0.8, before, to, findings))
