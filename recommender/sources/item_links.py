"""Item-item links, in the forms in which they are fitted and saved."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Arrays = Mapping[str, NDArray[Any]]
"""A fitted source as a file holds it."""
Rows = NDArray[np.int64] | None
"""Some rows of the table of items; None for all."""


class ItemLinks(Protocol):
    """Weights from each item to each other one."""

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) sums of links from the items of `history` (b, n), by its weights."""

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(m,) the links from `rows` to the item in row `target`."""

    def best(
        self, history: sparse.csr_array, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """At most n allowed rows, the best for one person; None where all must be scored."""
        return None

    def to_arrays(self) -> Arrays:
        """What `links_from_arrays` needs."""


class DenseLinks(ItemLinks):
    """All links among the items with an event or a vector.

    Args:
        n_items: Rows of the table.
        watched: (w,) rows of these items.
        weights: (w, w) float32 from row to column.
    """

    def __init__(
        self, n_items: int, watched: NDArray[np.int64], weights: NDArray[np.float32]
    ) -> None:
        self._n_items = n_items
        self._watched = watched
        self._slot = np.full(n_items, -1)
        self._slot[watched] = np.arange(len(watched))
        self._weights = weights

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) the sum of links from each watched video, by its weight."""
        given = sparse.csr_array(history[:, self._watched], dtype=np.float32)
        if rows is None:
            if len(self._watched) == self._n_items:
                return np.asarray(given @ self._weights)
            out = np.zeros(history.shape, np.float32)
            out[:, self._watched] = given @ self._weights
            return out
        slots = self._slot[rows]
        out = np.zeros((history.shape[0], len(rows)), np.float32)
        # Only rows of what was watched are read: the matrix may be mapped from a file.
        used = np.unique(given.indices)
        near = self._weights[np.ix_(used, slots[slots >= 0])]
        out[:, slots >= 0] = given[:, used] @ near
        return out

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(m,) the links from `rows` to the video."""
        slots, to = self._slot[rows], self._slot[target]
        if to < 0:
            return np.zeros(len(rows))
        return np.where(slots >= 0, self._weights[slots, to], 0.0).astype(np.float64)

    def best(
        self, history: sparse.csr_array, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """At most n allowed rows, the best for one person."""
        scores = self.scores(history, self._watched)[0]
        open_scores = np.where(allowed[self._watched], scores, np.float32(0.0))
        return self._watched[best_rows(open_scores, n)]

    def to_arrays(self) -> Arrays:
        """The links, their rows, and how many rows the table has."""
        n_items = np.asarray([self._n_items])
        return {"watched": self._watched, "weights": self._weights, "n_items": n_items}


class SpannedLinks(ItemLinks):
    """Links as inner products of item vectors: g_i . g_j / (1 - |g_j|^2) from i to another item j.

    EASE by people, in a basis that has no axis of any single person.

    Args:
        vectors: (n, r) float32, each shorter than 1.
        length: (n,) float32 squared lengths.
    """

    def __init__(self, vectors: NDArray[np.float32], length: NDArray[np.float32]) -> None:
        self._vectors = vectors
        self._length = length

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) the sum of links from each watched video, by its weight."""
        near = self._vectors if rows is None else self._vectors[rows]
        length = self._length if rows is None else self._length[rows]
        own = history if rows is None else history[:, rows]
        through = sparse.csr_array(history, dtype=np.float32) @ self._vectors
        found = through @ near.T - own.toarray() * length
        return np.asarray(found / (1.0 - length), dtype=np.float32)

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(m,) the links from `rows` to the video."""
        found = self._vectors[rows] @ self._vectors[target] / (1.0 - self._length[target])
        return np.where(rows == target, 0.0, found).astype(np.float64)

    def to_arrays(self) -> Arrays:
        """The vectors."""
        return {"vectors": self._vectors, "length": self._length}


class SparseLinks(ItemLinks):
    """The best links of each item, (n, n) from row to column."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        self._links = matrix.astype(np.float32, copy=False)

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) the sum of links from each watched video, by its weight."""
        if rows is None:
            return np.asarray((history @ self._links).toarray(), dtype=np.float32)
        # One row of the whole table at a time: memory for all of them may not be there.
        scores = np.zeros((history.shape[0], len(rows)), np.float32)
        line = np.zeros(self._links.shape[1], np.float32)
        for person in range(history.shape[0]):
            to, sums = self._linked(history, person)
            line[to] = sums
            scores[person] = line[rows]
            line[to] = 0.0
        return scores

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(m,) the links from `rows` to the video."""
        entries, owner = self._entries(rows)
        hits = self._links.indices[entries] == target
        links = np.zeros(len(rows))
        links[owner[hits]] = self._links.data[entries[hits]]
        return links

    def best(
        self, history: sparse.csr_array, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """At most n allowed rows, the best for one person; only linked items are scored."""
        to, sums = self._linked(history, 0)
        return to[best_rows(np.where(allowed[to], sums, np.float32(0.0)), n)]

    def _linked(
        self, history: sparse.csr_array, person: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows that one person's history is linked to, in order, and the sum of links to each."""
        span = slice(history.indptr[person], history.indptr[person + 1])
        entries, owner = self._entries(history.indices[span].astype(np.int64))
        to = self._links.indices[entries].astype(np.int64)
        rows, place = np.unique(to, return_inverse=True)
        weighted = self._links.data[entries] * history.data[span][owner]
        return rows, np.bincount(place, weighted, minlength=len(rows)).astype(np.float32)

    def _entries(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places of the links of some rows in the columns, and which of the rows each is of."""
        first, end = self._links.indptr[rows], self._links.indptr[rows + 1]
        lengths = (end - first).astype(np.int64)
        owner = np.repeat(np.arange(len(rows)), lengths)
        before = np.cumsum(lengths) - lengths
        return np.arange(len(owner)) + np.repeat(first - before, lengths), owner

    def to_arrays(self) -> Arrays:
        """The links as a sparse matrix by rows."""
        links = self._links
        return {"data": links.data, "indices": links.indices, "indptr": links.indptr}


def links_from_arrays(arrays: Arrays) -> ItemLinks:
    """The links that `to_arrays` was called on; other arrays are ignored."""
    if "weights" in arrays:
        return DenseLinks(int(arrays["n_items"][0]), arrays["watched"], arrays["weights"])
    if "vectors" in arrays:
        return SpannedLinks(arrays["vectors"], arrays["length"])
    n_items = len(arrays["indptr"]) - 1
    cells = (arrays["data"], arrays["indices"], arrays["indptr"])
    return SparseLinks(sparse.csr_array(cells, shape=(n_items, n_items)))


def best_rows(values: NDArray[np.floating], n: int) -> NDArray[np.int64]:
    """Positions of the n highest values above 0 in no order; of equal ones the first."""
    if n < len(values):
        least = np.partition(values, -n)[-n]
        above = np.flatnonzero(values > max(least, 0.0))
        tied = np.flatnonzero(values == least)[: n - len(above)] if least > 0 else above[:0]
        return np.concatenate([above, tied])
    return np.flatnonzero(values > 0.0)
