"""Item-item links in the forms in which they are fitted, stored and asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.sources.base import Rows, best_rows

Arrays = Mapping[str, NDArray[Any]]
"""What a fitted thing is stored as."""


class CoWatching(Protocol):
    """Item-item weights, ready to be asked."""

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) scores for people who watched what `history` (b, n) weighs."""

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(m,) what each of `rows` says for the video in row `target`, before weights."""

    def best(
        self, history: sparse.csr_array, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """At most n allowed rows, the best for one person; None where all must be scored."""

    def to_arrays(self) -> Arrays:
        """What `links_from_arrays` needs."""


class NoLinks:
    """No co-watching known."""

    def __init__(self, n_videos: int) -> None:
        self._n_videos = n_videos

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n) zeros."""
        n = self._n_videos if rows is None else len(rows)
        return np.zeros((history.shape[0], n), np.float32)

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(m,) zeros."""
        return np.zeros(len(rows))

    def best(
        self, history: sparse.csr_array, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """None."""
        return np.zeros(0, np.int64)

    def to_arrays(self) -> Arrays:
        """Nothing."""
        return {}


class DenseLinks:
    """Every link among the videos of which something is known.

    Args:
        n_videos: Rows of the table.
        watched: (w,) the known ones.
        weights: (w, w) float32 from row to column.
    """

    def __init__(
        self, n_videos: int, watched: NDArray[np.int64], weights: NDArray[np.float32]
    ) -> None:
        self._n_videos = n_videos
        self._watched = watched
        self._slot = np.full(n_videos, -1)
        self._slot[watched] = np.arange(len(watched))
        self._weights = weights

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) the sum of links from each watched video, by its weight."""
        given = sparse.csr_array(history[:, self._watched], dtype=np.float32)
        if rows is None:
            if len(self._watched) == self._n_videos:
                return np.asarray(given @ self._weights)
            out = np.zeros(history.shape, np.float32)
            out[:, self._watched] = given @ self._weights
            return out
        there = self._slot[rows]
        out = np.zeros((history.shape[0], len(rows)), np.float32)
        # Only rows of what was watched are read: the matrix may lie on the disk.
        used = np.unique(given.indices)
        near = self._weights[np.ix_(used, there[there >= 0])]
        out[:, there >= 0] = given[:, used] @ near
        return out

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(m,) the links from `rows` to the video."""
        slots, there = self._slot[rows], self._slot[target]
        if there < 0:
            return np.zeros(len(rows))
        found = np.where(slots >= 0, self._weights[slots, there], 0.0)
        return np.asarray(found, dtype=np.float64)

    def best(
        self, history: sparse.csr_array, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """At most n allowed rows, the best for one person."""
        there = allowed[self._watched]
        scores = self.scores(history, self._watched)[0]
        return self._watched[best_rows(np.where(there, scores, np.float32(0.0)), n)]

    def to_arrays(self) -> Arrays:
        """The links and whose they are."""
        return {"watched": self._watched, "weights": self._weights}


class SpannedLinks:
    """Links as inner products of item vectors, shared out by the target's own length.

    From i to j: g_i . g_j / (1 - |g_j|^2), none from a video to itself. This is the closed form by
    people in a basis that has no axis of any single person.

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

    def best(
        self, history: sparse.csr_array, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """All must be scored."""
        return None

    def to_arrays(self) -> Arrays:
        """The vectors."""
        return {"vectors": self._vectors, "length": self._length}


class Linked:
    """Sparse links: the best of each video."""

    def __init__(self, found: sparse.csr_array) -> None:
        self._links = found.astype(np.float32, copy=False)

    def scores(self, history: sparse.csr_array, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) the sum of links from each watched video, by its weight."""
        if rows is None:
            return np.asarray((history @ self._links).toarray(), dtype=np.float32)
        order = np.argsort(rows)
        wanted = rows[order]
        found = np.zeros((history.shape[0], len(rows)), np.float32)
        for person in range(history.shape[0]):
            to, worth = self._linked(history, person)
            place = np.minimum(np.searchsorted(wanted, to), max(len(wanted) - 1, 0))
            there = wanted[place] == to if len(wanted) else np.zeros(len(to), bool)
            found[person, order[place[there]]] = worth[there]
        return found

    def links(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(m,) the links from `rows` to the video."""
        entries, owner = self._entries(rows)
        here = self._links.indices[entries] == target
        found = np.zeros(len(rows))
        found[owner[here]] = self._links.data[entries[here]]
        return found

    def best(
        self, history: sparse.csr_array, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """At most n allowed rows, the best for one person; only what is linked is looked at."""
        to, worth = self._linked(history, 0)
        return to[best_rows(np.where(allowed[to], worth, np.float32(0.0)), n)]

    def _linked(
        self, history: sparse.csr_array, person: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Rows that one person's history is linked to, rising, and the sum of links to each."""
        span = slice(history.indptr[person], history.indptr[person + 1])
        entries, owner = self._entries(history.indices[span].astype(np.int64))
        to = self._links.indices[entries].astype(np.int64)
        rows, place = np.unique(to, return_inverse=True)
        worth = self._links.data[entries] * history.data[span][owner]
        return rows, np.bincount(place, worth, minlength=len(rows)).astype(np.float32)

    def _entries(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the links of some rows stand, and of which of them each is."""
        first, end = self._links.indptr[rows], self._links.indptr[rows + 1]
        lengths = (end - first).astype(np.int64)
        owner = np.repeat(np.arange(len(rows)), lengths)
        before = np.cumsum(lengths) - lengths
        return np.arange(len(owner)) + np.repeat(first - before, lengths), owner

    def to_arrays(self) -> Arrays:
        """The links as a sparse matrix by rows."""
        found = self._links
        return {"data": found.data, "indices": found.indices, "indptr": found.indptr}


def links_from_arrays(arrays: Arrays, n_videos: int) -> CoWatching:
    """What `to_arrays` gave.

    Args:
        arrays: Its arrays; others are ignored.
        n_videos: Rows of the table they were fitted for.
    """
    if "weights" in arrays:
        return DenseLinks(n_videos, arrays["watched"], arrays["weights"])
    if "vectors" in arrays:
        return SpannedLinks(arrays["vectors"], arrays["length"])
    if "data" in arrays:
        cells = (arrays["data"], arrays["indices"], arrays["indptr"])
        return Linked(sparse.csr_array(cells, shape=(n_videos, n_videos)))
    return NoLinks(n_videos)
