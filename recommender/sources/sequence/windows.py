"""Windows of histories: each pass learns once from every item that follows another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories


@dataclass(frozen=True, eq=False)
class WindowBatch:
    """Windows as rows, each from the first column on."""

    given: NDArray[np.int64]
    """(b, t) items; 0 after the end of a window."""
    real: NDArray[np.bool_]
    """(b, t) whether there is an item."""
    target: NDArray[np.int64]
    """(m,) the item after each real place, row by row."""
    weight: NDArray[np.float64]
    """(m,) confidence that it was liked, at most 1."""


@dataclass(frozen=True, eq=False)
class Targets:
    """All items that follow another one in a history."""

    histories: Histories
    """Of b people."""
    ends: NDArray[np.int64]
    """(b,) end of the part of each history that is learned from, at most `starts[1:]`."""

    def __len__(self) -> int:
        return len(self._place)

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        """(m,) place of each target in the columns of the histories."""
        place = np.arange(len(self.histories.item))
        person = self.histories.user
        return place[(place > self.histories.starts[person]) & (place < self.ends[person])]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(n_items,) people whose history, up to its end, has each item."""
        place = np.arange(len(self.histories.item))
        learned = place < self.ends[self.histories.user]
        return np.bincount(self.histories.item[learned], minlength=self.histories.n_items)

    def batches(
        self, length: int, positions: int, rng: np.random.Generator
    ) -> Iterator[WindowBatch]:
        """All targets in windows of at most `length`, cut at different places in each call.

        Args:
            length: Maximum length of a window.
            positions: Maximum size of a batch, padding included, where a window is not longer.
            rng: Draws cuts and order.
        """
        person = self.histories.user[self._place]
        cut = rng.integers(length, size=len(self.histories))
        # Windows are counted from the end, the latest being shorter by the random cut.
        number = (self.ends[person] - 1 - self._place + cut[person]) // length
        fresh = (np.diff(person, prepend=-1) != 0) | (np.diff(number, prepend=-1) != 0)
        first = np.flatnonzero(fresh)
        size = np.diff(np.append(first, len(person)))
        order = rng.permutation(len(first))
        order = order[np.argsort(-size[order], kind="stable")]
        groups = []
        while len(order):
            n = max(positions // int(size[order[0]]), 1)
            groups.append(order[:n])
            order = order[n:]
        for group in rng.permutation(len(groups)):
            yield self._batch(self._place[first[groups[group]]], size[groups[group]])

    def _batch(self, start: NDArray[np.int64], size: NDArray[np.int64]) -> WindowBatch:
        across = np.arange(size.max())
        real = across < size[:, None]
        place = np.where(real, start[:, None] + across, 1)
        item = self.histories.item
        weight = np.minimum(self.histories.weight[place[real]], 1.0)
        return WindowBatch(np.where(real, item[place - 1], 0), real, item[place[real]], weight)
