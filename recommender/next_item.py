"""What is watched next after what was watched last: a regression in closed form."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.closed_form import inverse, precision
from recommender.histories import Histories
from recommender.item_links import Arrays
from recommender.sources import Rows

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


class NextItem:
    """Scores from the latest items, each fading with every later one."""

    def __init__(
        self, watched: NDArray[np.int64], links: NDArray[np.float32], n_items: int
    ) -> None:
        self._watched = watched
        self._links = links
        self._slot = np.full(n_items, -1)
        self._slot[watched] = np.arange(len(watched))

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n): what usually follows."""
        latest = histories.latest(LENGTH)
        slots = self._slot[latest.item]
        said = np.where(slots >= 0, FADING**latest.since, 0.0).astype(np.float32)
        shape = (len(histories), len(self._watched))
        given = sparse.csr_array((said, (latest.person, np.maximum(slots, 0))), shape=shape)
        if rows is None:
            found = np.zeros((len(histories), histories.n_items), np.float32)
            found[:, self._watched] = given @ self._links
            return found
        there = self._slot[rows]
        known = there >= 0
        found = np.zeros((len(histories), len(rows)), np.float32)
        # Only rows of what was watched are read: the matrix may lie on the disk.
        used = np.unique(given.indices)
        found[:, known] = given[:, used] @ self._links[np.ix_(used, there[known])]
        return found

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) what each item gives; nothing from those before the latest `LENGTH`."""
        slots, there = self._slot[history.item], self._slot[row]
        if there < 0:
            return np.zeros(len(history.item))
        near = (slots >= 0) & (history.since < LENGTH)
        given = self._links[slots, there] * FADING**history.since
        return np.asarray(np.where(near, given, 0.0), dtype=np.float64)

    def to_arrays(self) -> Arrays:
        """What `from_arrays` needs."""
        return {"watched": self._watched, "links": self._links}

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_items: int) -> NextItem:
        """What `to_arrays` gave."""
        return cls(arrays["watched"], arrays["links"], n_items)


def fit_next_item(histories: Histories, *, ridge: float = RIDGE) -> NextItem:
    """Regress the next items on the faded latest ones, over all places of all histories.

    With one row of faded latest items P and of next items Y for each place, the links are
    (P'P + ridge)^-1 P'Y: the closed form of Choi et al. 2021 ("Session-aware linear item-item
    models", SLIT), with fading in place of their weights by time.

    Args:
        histories: Of everybody.
        ridge: Held against every link.
    """
    watched = np.unique(histories.item)
    slot = np.zeros(histories.n_items, np.int64)
    slot[watched] = np.arange(len(watched))
    places = _Places(histories, slot, len(watched))
    before = places.shifted(range(-1, -LENGTH - 1, -1), FADING)
    after = places.shifted(range(AHEAD), 1.0)
    told = np.diff(before.indptr) > 0
    before, after = before[told], after[told]
    products = before.T @ before
    dtype = precision(products, ridge)
    gram = products.astype(dtype).toarray()
    gram[np.diag_indices_from(gram)] += dtype(ridge)
    following = sparse.csr_array(after.T @ before)
    # Single precision halves the time; the ridge keeps the system well conditioned. What follows
    # what is sparse, so the product with the inverse is cheaper than solving for every item.
    found = (following @ inverse(gram)).T if len(watched) else gram
    return NextItem(watched, np.ascontiguousarray(found, dtype=np.float32), histories.n_items)


class _Places:
    """Rows for all places of all histories."""

    def __init__(self, histories: Histories, slot: NDArray[np.int64], n_slots: int) -> None:
        self._person = histories.person
        self._slots = slot[histories.item]
        self._n_slots = n_slots

    def shifted(self, lags: Iterable[int], fading: float) -> sparse.csr_array:
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
        return sparse.csr_array(cells, shape=(n, self._n_slots))
