"""What is fitted once and then scores every item for many people at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.events.interactions import Interactions, ItemVectors
from recommender.sources.base import Source

if TYPE_CHECKING:
    from recommender.choosing.splits import Case


class Scorer(Protocol):
    """A fitted recommender as the evaluator sees it."""

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items) scores of all items for these people, higher is better.

        Items that a person has met already need no care: the evaluator leaves them out.
        """


Fit = Callable[[Interactions, ItemVectors | None], Scorer]
"""Fits on events up to some point; everything tuned is fixed in it already."""

Tune = Callable[[Sequence["Case"], ItemVectors | None], Fit]
"""Chooses settings by what they foretell in some cases; returns how to fit anew."""


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
class OfHistories:
    """A source asked with everybody's history."""

    source: Source
    """Fitted."""
    histories: Histories
    """Of everybody, by number of the person."""

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items)."""
        return self.source.scores(self.histories.of(people))
