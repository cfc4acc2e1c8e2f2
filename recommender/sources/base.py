"""The interface of a source of recommendations, and two kinds that several sources share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.histories import Histories
from recommender.sources.item_links import Arrays, ItemLinks, Rows, links_from_arrays


class Source(Protocol):
    """Scores items for any history; fitted once, so a new event counts in the next answer."""

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n_items or len(rows)) scores, higher is better; a constant row knows nothing."""

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) what each item of one person's history adds to the score of `row`."""

    def best(
        self, history: Histories, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """At most n allowed rows, the best for one person; None where all must be scored."""


class SavedSource(Source, Protocol):
    """A source that a saved model holds."""

    def to_arrays(self) -> Arrays:
        """All that the source knows."""


@dataclass(frozen=True, eq=False)
class SameForAll:
    """The same scores for every person."""

    values: NDArray[np.float64]
    """(n_items,) at least 0."""

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n), a read-only view of one row."""
        values = self.values if rows is None else self.values[rows]
        return np.broadcast_to(values.astype(np.float32), (len(histories), len(values)))

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """Zeros: no item of the history is the reason."""
        return np.zeros(len(history.item))

    def best(
        self, history: Histories, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """None: all must be scored."""
        return None


@dataclass(frozen=True, eq=False)
class LinkSource:
    """Adds up item-item links from the items of a history."""

    item_links: ItemLinks
    """The links."""
    half_life_places: float = np.inf
    """Later items of the history at which one counts half."""

    def weights(self, histories: Histories) -> NDArray[np.float32]:
        """(m,) how much each item of the histories counts; 0 leaves it out."""
        return np.asarray(histories.matrix(self.half_life_places).data)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n) sums of weight times link."""
        return self.item_links.scores(self._weighted(histories), rows)

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) weight times link; they add up to the score."""
        return np.asarray(self.item_links.links(history.item, row) * self.weights(history))

    def best(
        self, history: Histories, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """At most n allowed rows, the best for one person; None where all must be scored."""
        return self.item_links.best(self._weighted(history), n, allowed)

    def _weighted(self, histories: Histories) -> sparse.csr_array:
        weights = self.weights(histories)
        kept = weights > 0
        starts = np.concatenate([[0], np.cumsum(kept)])[histories.starts]
        cells = (weights[kept], histories.item[kept], starts)
        return sparse.csr_array(cells, shape=(len(histories), histories.n_items))

    def to_arrays(self) -> Arrays:
        """What `from_arrays` needs."""
        return {
            "half_life_places": np.asarray([self.half_life_places]),
            **self.item_links.to_arrays(),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> LinkSource:
        """The source that `to_arrays` was called on."""
        return cls(links_from_arrays(arrays), float(arrays["half_life_places"][0]))
