"""What is fitted once and then scores every item for many people at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.interactions import Interactions, ItemVectors


class Scorer(Protocol):
    """A fitted recommender as the evaluator sees it."""

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items) scores of all items for these people, higher is better.

        Items that a person has met already need no care: the evaluator leaves them out.
        """


Fit = Callable[[Interactions, ItemVectors | None], Scorer]
"""Fits on events up to some point; everything tuned is fixed in it already."""

Tune = Callable[[Interactions, ItemVectors | None, Interactions], Fit]
"""Chooses settings: fitted on the first events, judged on the last; returns how to fit anew."""


@dataclass(frozen=True, eq=False)
class OrPopular:
    """For people of whom nothing is known, what is popular."""

    fitted: Scorer
    """For everybody else."""
    known: NDArray[np.bool_]
    """(n_people,) people who like something."""
    popular: NDArray[np.float32]
    """(n_items,)."""

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items)."""
        found = self.fitted.scores(people)
        unknown = ~self.known[people]
        return np.where(unknown[:, None], self.popular, found) if unknown.any() else found


@dataclass(frozen=True, eq=False)
class SameForAll:
    """The same scores for everybody."""

    values: NDArray[np.float32]
    """(n_items,)."""

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items), a read-only view of the one row."""
        return np.broadcast_to(self.values, (len(people), len(self.values)))
