"""Pairs of videos that the same people liked, near in time: what an adapter learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories

WINDOW = 10
"""Most places between two liked items of a pair."""
PAIR_HALF_LIFE = 5.0
"""Places between them at which a pair counts half."""
BOUND = 30.0
"""A person counts as one with at most so many liked items, however many there are."""
_MOST_PAIRS = 2_000_000


@dataclass(frozen=True, eq=False)
class CoWatches:
    """Pairs of items that the same person liked, each once."""

    one: NDArray[np.int64]
    """(p,) row of an item."""
    other: NDArray[np.int64]
    """(p,) row of the other item."""
    weight: NDArray[np.float64]
    """(p,) above 0."""
    person: NDArray[np.int64]
    """(p,) position of the person."""

    def __len__(self) -> int:
        return len(self.one)

    def where(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> CoWatches:
        """Some of the pairs."""
        return CoWatches(self.one[which], self.other[which], self.weight[which], self.person[which])

    def both_ways(self) -> CoWatches:
        """Each pair twice, the second time turned round."""
        return CoWatches(
            np.concatenate([self.one, self.other]),
            np.concatenate([self.other, self.one]),
            np.tile(self.weight, 2),
            np.tile(self.person, 2),
        )


def drawn(cumulated: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(n,) places drawn by weight, with repetitions; `cumulated` are the weights added up."""
    found = np.searchsorted(cumulated, rng.random(n) * cumulated[-1], side="right")
    return np.asarray(np.minimum(found, len(cumulated) - 1))


def co_watches(histories: Histories, rng: np.random.Generator) -> CoWatches:
    """Pairs at most `WINDOW` places apart; what happened at the same time is in random order."""
    order = np.lexsort((rng.random(len(histories.item)), histories.at_s, histories.user))
    item, said = histories.item[order], np.minimum(histories.weight[order], 1.0)
    left, right, weight = [], [], []
    for gap in range(1, WINDOW + 1):
        at = np.flatnonzero(histories.since >= gap)
        if len(at) > _MOST_PAIRS // WINDOW:
            at = rng.choice(at, _MOST_PAIRS // WINDOW, replace=False)
        left.append(at)
        right.append(at + gap)
        weight.append(said[at] * said[at + gap] * np.exp2((1 - gap) / PAIR_HALF_LIFE))
    one, other = np.concatenate(left), np.concatenate(right)
    person = histories.user[one]
    weights = np.concatenate(weight)
    total = np.maximum(np.bincount(person, weights, minlength=len(histories)), 1e-12)
    worth = np.minimum(histories.lengths, BOUND) / total
    return CoWatches(item[one], item[other], weights * worth[person], person)
