"""The interface of a source of recommendations, and two kinds that several sources share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.histories import Histories
from recommender.sources.item_links import Arrays, ItemLinks, Rows, links_from_arrays

ValuesOf = Callable[[NDArray[np.int64] | slice], NDArray[np.float64]]
"""Gives values of some rows, at least 0, as they are now."""


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
        return None

    def to_arrays(self) -> Arrays:
        """All that the source knows, for a saved model; nothing where it follows the events."""
        return {}


@dataclass(frozen=True, eq=False)
class SameForAll(Source):
    """The same scores for every person; no item of a history is the reason."""

    values: ValuesOf

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)), a read-only view of one row."""
        values = self.values(slice(None) if rows is None else rows)
        return np.broadcast_to(values.astype(np.float32), (len(histories), len(values)))

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) zeros."""
        return np.zeros(len(history.item))


@dataclass(frozen=True, eq=False)
class LinkSource(Source):
    """Adds up item-item links from the items of a history."""

    item_links: ItemLinks
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
        """As of the links."""
        return self.item_links.best(self._weighted(history), n, allowed)

    def _weighted(self, histories: Histories) -> sparse.csr_array:
        weights = self.weights(histories)
        kept = weights > 0
        starts = np.concatenate([[0], np.cumsum(kept)])[histories.starts]
        cells = (weights[kept], histories.item[kept], starts)
        return sparse.csr_array(cells, shape=(len(histories), histories.n_items))

    def to_arrays(self) -> Arrays:
        """What `from_arrays` needs."""
        half_life = np.asarray([self.half_life_places])
        return {"half_life_places": half_life, **self.item_links.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """The source that `to_arrays` was called on."""
        return cls(links_from_arrays(arrays), float(arrays["half_life_places"][0]))
