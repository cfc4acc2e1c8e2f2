"""Comparisons of ours with a baseline, and how many of them ours wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Versus:
    """One comparison."""

    what: str
    """World and figure: `clicks auc`."""
    ours: float
    """Our figure."""
    baseline: str
    """What it is compared with."""
    theirs: float
    """The baseline's figure."""
    lower: bool = False
    """Whether lower is better."""

    @property
    def is_beaten(self) -> bool:
        """Whether ours is strictly better."""
        return self.ours < self.theirs if self.lower else self.ours > self.theirs


def against(
    what: str, ours: float, baselines: Mapping[str, float], *, lower: bool = False
) -> list[Versus]:
    """Ours against each of some baselines."""
    return [Versus(what, ours, name, value, lower) for name, value in baselines.items()]


def counted(found: Sequence[Versus]) -> dict[str, Any]:
    """How many comparisons ours wins, of how many, and those that it does not win."""
    lost = [each for each in found if not each.is_beaten]
    return {
        "beaten": len(found) - len(lost),
        "of": len(found),
        "not_beaten": [
            f"{each.what}: {each.ours:.3f}, {each.baseline} {each.theirs:.3f}" for each in lost
        ],
    }
