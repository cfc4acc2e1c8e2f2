"""What is watched next after what was watched last: a regression in closed form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.histories import Histories
from recommender.sources.base import Rows
from recommender.sources.closed_form import inverse, precision
from recommender.sources.item_links import (
    Arrays,
    CoWatching,
    DenseLinks,
    Linked,
    NoLinks,
    links_from_arrays,
)
from recommender.sources.links import best_links

LENGTH = 10
"""Latest items that foretell."""
AHEAD = 3
"""Items foretold from each place: the very next alone is a noisier target."""
FADING = 0.8
"""What is left of an item's say with each later one.

Facts of the house (decayed prefix of 10, 3 next, ridge 50: NDCG@10 .1514 on MovieLens-1M, last one
out). Here, latest-small, all ratings, 2026-11-21: .6, .8, .9 give .064, .064, .063 at ridge 50.
"""
RIDGE = 100.0
"""Held against every link; tuned where events can be held out."""
DENSE_LIMIT = 12_000
"""Most items of which a matrix is inverted: 0.6 GB and, on one thread, 30 s."""
NEIGHBOURS = 200
"""Links kept for each item beyond that.

Of 2,245 films, last one out on validation, NDCG@20 .089 with the sparse form, .096 with the dense.
"""


@dataclass(frozen=True, eq=False)
class NextItem:
    """Scores from the latest items, each fading with every later one."""

    fitted: CoWatching
    """From what was watched to what follows."""

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n): what usually follows."""
        return self.fitted.scores(_faded(histories), rows)

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) what each item gives; nothing from those before the latest `LENGTH`."""
        said = np.where(history.since < LENGTH, FADING**history.since, 0.0)
        return np.asarray(self.fitted.links(history.item, row) * said)

    def best(
        self, history: Histories, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """At most n allowed rows, the best for one person; None where all must be scored."""
        return self.fitted.best(_faded(history), n, allowed)

    def to_arrays(self) -> Arrays:
        """What `from_arrays` needs."""
        return self.fitted.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_items: int) -> NextItem:
        """What `to_arrays` gave."""
        return cls(links_from_arrays(arrays, n_items))


def _faded(histories: Histories) -> sparse.csr_array:
    """(b, n_items) what the latest items of each person say."""
    latest = histories.latest(LENGTH)
    said = (FADING**latest.since).astype(np.float32)
    shape = (len(histories), histories.n_items)
    return sparse.csr_array((said, latest.item, latest.starts), shape=shape)


def fit_next_item(
    histories: Histories, *, ridge: float = RIDGE, dense_limit: int = DENSE_LIMIT
) -> NextItem:
    """Regress the next items on the faded latest ones, over all places of all histories.

    With one row of faded latest items P and of next items Y for each place, the links are
    (P'P + ridge)^-1 P'Y: the closed form of Choi et al. 2021 ("Session-aware linear item-item
    models", SLIT), with fading in place of their weights by time. Of too many items for an
    inverse only the diagonal of P'P is taken, and the best links of each item are kept.

    Args:
        histories: Of everybody.
        ridge: Held against every link.
        dense_limit: Most items of which a matrix is inverted.
    """
    watched = np.unique(histories.item)
    if not len(watched):
        return NextItem(NoLinks(histories.n_items))
    if len(watched) > dense_limit:
        return NextItem(Linked(_sparse_links(_Places(histories), ridge)))
    slot = np.zeros(histories.n_items, np.int64)
    slot[watched] = np.arange(len(watched))
    before, after = _Places(histories, slot).before_and_after(len(watched))
    products = before.T @ before
    dtype = precision(products, ridge)
    gram = products.astype(dtype).toarray()
    gram[np.diag_indices_from(gram)] += dtype(ridge)
    following = sparse.csr_array(after.T @ before)
    # Single precision halves the time; the ridge keeps the system well conditioned. What follows
    # what is sparse, so the product with the inverse is cheaper than solving for every item.
    found = np.ascontiguousarray((following @ inverse(gram)).T, dtype=np.float32)
    return NextItem(DenseLinks(histories.n_items, watched, found))


def _sparse_links(places: _Places, ridge: float) -> sparse.csr_array:
    before, after = places.before_and_after(places.n_items)
    said = np.asarray(before.multiply(before).sum(axis=0)).ravel() + ridge

    def share(
        rows: NDArray[np.int64], columns: NDArray[np.int64], data: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return np.asarray(data / said[rows])

    return best_links(before.T.tocsr(), after, share, NEIGHBOURS)


class _Places:
    """Rows for all places of all histories.

    Args:
        histories: Of everybody.
        slot: (n_items,) column of each item; None takes its row.
    """

    def __init__(self, histories: Histories, slot: NDArray[np.int64] | None = None) -> None:
        self.n_items = histories.n_items
        self._person = histories.user
        self._slots = histories.item if slot is None else slot[histories.item]

    def before_and_after(self, n_slots: int) -> tuple[sparse.csr_array, sparse.csr_array]:
        """(places, n_slots) what came before each place, faded, and what comes from it on."""
        before = self._shifted(range(-1, -LENGTH - 1, -1), FADING, n_slots)
        after = self._shifted(range(AHEAD), 1.0, n_slots)
        told = np.diff(before.indptr) > 0
        return before[told], after[told]

    def _shifted(self, lags: Iterable[int], fading: float, n_slots: int) -> sparse.csr_array:
        """(places, slots): what stands so many places away, the further the fainter."""
        n = len(self._slots)
        rows, columns, values = [], [], []
        for step, lag in enumerate(lags):
            here = np.arange(max(-lag, 0), n - max(lag, 0))
            here = here[self._person[here] == self._person[here + lag]]
            rows.append(here)
            columns.append(self._slots[here + lag])
            values.append(np.full(len(here), fading**step, np.float32))
        cells = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.csr_array(cells, shape=(n, n_slots))
