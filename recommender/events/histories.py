"""Liked videos of several users, each from the oldest to the latest: the input of every source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FAINTEST = 1e-9
"""Smallest weight: in long histories the decay would underflow to zero."""


@dataclass(frozen=True, eq=False)
class Histories:
    """Liked videos of b users as rows of one table; each video of a user occurs once."""

    starts: NDArray[np.int64]
    """(b + 1,) where each user's items begin in the columns below, and the end of the last."""
    item: NDArray[np.int64]
    """(m,) row of the video, oldest first within a user."""
    weight: NDArray[np.float64]
    """(m,) confidence that it was liked, above 0."""
    at_s: NDArray[np.float64]
    """(m,) Unix seconds of the last event, never falling within a user; equal when unknown."""
    n_items: int
    """Rows of the table."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """(b,) items of each user."""
        return np.diff(self.starts)

    @cached_property
    def user(self) -> NDArray[np.int64]:
        """(m,) position of the user."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @cached_property
    def since(self) -> NDArray[np.int64]:
        """(m,) number of later items of the same user; 0 for the latest."""
        return self.starts[self.user + 1] - 1 - np.arange(len(self.item))

    def of(self, users: NDArray[np.int64]) -> Histories:
        """Some of the users, in the given order."""
        lengths = self.lengths[users]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        rows = np.repeat(self.starts[users], lengths) + within
        return Histories(starts, self.item[rows], self.weight[rows], self.at_s[rows], self.n_items)

    def before_last(self) -> tuple[Histories, NDArray[np.int64]]:
        """Each history without its latest item, and that item; -1 for an empty history."""
        last = np.full(len(self), -1)
        known = self.lengths > 0
        last[known] = self.item[self.starts[1:][known] - 1]
        return self.where(self.since > 0), last

    def renumbered(self, to: NDArray[np.int64], n_items: int) -> Histories:
        """The same histories on another table of `n_items` rows.

        Args:
            to: (self.n_items,) row of each item in that table; items with -1 are left out.
            n_items: Rows of the other table.
        """
        item = to[self.item]
        kept = self.where(item >= 0)
        return replace(kept, item=item[item >= 0], n_items=n_items)

    def where(self, kept: NDArray[np.bool_]) -> Histories:
        """Some of the videos, `kept` (m,); every user stays."""
        lengths = np.bincount(self.user[kept], minlength=len(self))
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return Histories(starts, self.item[kept], self.weight[kept], self.at_s[kept], self.n_items)

    def matrix(self, half_life_places: float = np.inf) -> sparse.csr_array:
        """(b, n_items) float32 confidence, at most 1, halved per `half_life_places` later items."""
        weight = np.minimum(self.weight, 1.0) * np.exp2(-self.since / half_life_places)
        cells = np.maximum(weight, FAINTEST).astype(np.float32)
        return sparse.csr_array((cells, self.item, self.starts), shape=(len(self), self.n_items))
