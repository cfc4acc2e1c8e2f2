"""Trying things out: places that chance fills, with the probability that it did so."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

REACH = 100
"""Chance chooses among so many of the best that are left."""
WARMTH = 0.25
"""Part of the best score that a video may be behind to be drawn 1/e times as often.

With 100 candidates the least likely still has 1/5,000 of a draw, so that weights stay bounded.
"""


@dataclass(frozen=True, eq=False)
class Exploration:
    """How much of a page is left to chance."""

    share: float
    """Probability that a place is filled by a draw, 0 to 1."""
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    """Where chance comes from; used by one thread at a time."""

    def __post_init__(self) -> None:
        """Check the share.

        Raises:
            ValueError: It is not from 0 to 1.
        """
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"explore must be from 0 to 1, got {self.share}")

    def choose(self, scores: NDArray[np.float64], fixed: int) -> tuple[int, float]:
        """Fill one place.

        Args:
            scores: (n,) of what is left, falling, at least 0.
            fixed: The position that would be chosen without chance.

        Returns:
            The chosen position, and the probability with which this one was chosen.
        """
        odds = self.odds(scores, fixed)
        if self.rng.random() < self.share:
            drawn = _softmax(scores)
            chosen = int(self.rng.choice(len(drawn), p=drawn))
        else:
            chosen = fixed
        return chosen, float(odds[chosen])

    def odds(self, scores: NDArray[np.float64], fixed: int) -> NDArray[np.float64]:
        """(n,) the probability of each position to be chosen; they add up to 1."""
        odds = np.zeros(len(scores))
        drawn = _softmax(scores)
        odds[: len(drawn)] = self.share * drawn
        odds[fixed] += 1.0 - self.share
        return odds


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """(at most REACH,) probabilities of the best; all equal where no score is above 0."""
    best = scores[:REACH]
    scale = WARMTH * max(float(best.max(initial=0.0)), 1e-12)
    odds = np.exp((best - best.max(initial=0.0)) / scale)
    return np.asarray(odds / odds.sum())
