"""Exploration: places of a page that are filled at random, with their propensities."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MAX_DRAWN = 100
"""A random place is drawn from at most this many of the best candidates left."""
TEMPERATURE = 0.25
"""Of the softmax, in parts of the best score.

It bounds inverse propensities: of 100 candidates the least likely has 1/5,000 of a draw.
"""


@dataclass(frozen=True, eq=False)
class Exploration:
    """How much of a page is filled at random."""

    share: float
    """Probability that a place is filled by a draw, 0 to 1."""
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    """Random numbers; used by one thread at a time."""

    def __post_init__(self) -> None:
        """Raise a ValueError if the share is not from 0 to 1."""
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"explore must be from 0 to 1, got {self.share}")

    def choose(self, scores: NDArray[np.float64], fixed: int) -> tuple[int, float]:
        """Position of the candidate that gets a place, and its propensity.

        `scores` (n,) of the candidates left fall, and are at least 0; `fixed` is the position of
        the one that is chosen without exploration.
        """
        propensities = self.propensities(scores, fixed)
        if self.rng.random() < self.share:
            drawn = _softmax(scores)
            chosen = int(self.rng.choice(len(drawn), p=drawn))
        else:
            chosen = fixed
        return chosen, float(propensities[chosen])

    def propensities(self, scores: NDArray[np.float64], fixed: int) -> NDArray[np.float64]:
        """(n,) the probability of each candidate to be chosen; they add up to 1."""
        propensities = np.zeros(len(scores))
        drawn = _softmax(scores)
        propensities[: len(drawn)] = self.share * drawn
        propensities[fixed] += 1.0 - self.share
        return propensities


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """(at most MAX_DRAWN,) probabilities of the best; all equal if no score is above 0."""
    best = scores[:MAX_DRAWN]
    scale = TEMPERATURE * max(float(best.max(initial=0.0)), 1e-12)
    weights = np.exp((best - best.max(initial=0.0)) / scale)
    return np.asarray(weights / weights.sum())
