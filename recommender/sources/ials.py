"""iALS, implicit alternating least squares: people and items as short vectors."""

from collections.abc import Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from recommender.events.histories import Histories
from recommender.sources.base import Source
from recommender.sources.item_links import Arrays, Rows

FACTORS = 64
"""Length of a vector."""
SWEEPS = 8
"""Rounds of solving both sides."""
UNSEEN = 0.03
"""Weight of a pair without an event, against 1 for one with: where little is known of each person
the unseen pairs drown it."""
DECAY = 0.03
"""Ridge for each unit of weight of a row (Rendle et al. 2022, "Revisiting iALS", nu = 1)."""
_SEED = 64
_PADDED = 1.2  # rows at most this many times longer than the shortest are solved together
_NUMBERS = 500_000  # numbers held for those: 2 MB stay in the cache
_ROUNDS = 40
_EXACT = 1e-12  # part of the squared right side that may remain as error


class Ials(Source):
    """Items as short vectors (n, FACTORS) float32; people are folded in from what they liked."""

    def __init__(self, items: NDArray[np.float32], unseen: float) -> None:
        self.items = items
        self.unseen = unseen
        self._side = _Side(items, unseen)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n) inner products with each person's best vector."""
        near = self.items if rows is None else self.items[rows]
        return np.asarray(self._side.solved(histories.matrix()) @ near.T)

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) what each liked item adds: the solution is a sum over them."""
        near = self.items[history.item]
        weight = history.matrix().data
        system = self._side.system(near, weight)
        _, through, _ = lapack.sposv(system, self.items[row])
        return np.asarray(weight * (near @ through), dtype=np.float64)

    def to_arrays(self) -> Arrays:
        """What `from_arrays` needs."""
        return {"items": self.items, "unseen": np.asarray([self.unseen])}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """The source that `to_arrays` was called on."""
        return cls(arrays["items"], float(arrays["unseen"][0]))


def fit_ials(liked: sparse.csr_array, *, unseen: float = UNSEEN) -> Ials:
    """Fit iALS (Hu et al. 2008) to (people, items) confidence from 0 to 1.

    The ridge is scaled by how much is known of a row.
    """
    by_person = liked.astype(np.float32)
    by_item = sparse.csr_array(by_person.T.tocsr())
    rng = np.random.default_rng(_SEED)
    of_items = rng.standard_normal((liked.shape[1], FACTORS), np.float32)
    of_items *= np.float32(0.1 / FACTORS**0.5)
    of_items[np.diff(by_item.indptr) == 0] = 0.0
    for _ in range(SWEEPS):
        of_people = _Side(of_items, unseen).solved(by_person)
        of_items = _Side(of_people, unseen).solved(by_item)
    return Ials(of_items, unseen)


class _Side:
    """Vectors of one side, to solve those of the other."""

    def __init__(self, vectors: NDArray[np.float32], unseen: float) -> None:
        self._vectors = vectors
        self._everything = unseen * (vectors.T @ vectors)
        shared, axes = np.linalg.eigh(self._everything)
        self._shared, self._axes = np.maximum(shared, 0.0), axes
        self._turned = vectors @ axes
        self._ridge_of_unseen = DECAY * unseen * int(np.count_nonzero(vectors.any(axis=1)))

    def system(self, near: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """(FACTORS, FACTORS) normal equations of a row with the items `near` (m, FACTORS)."""
        system = self._everything + (near * weight[:, None]).T @ near
        system.flat[:: FACTORS + 1] += DECAY * float(weight.sum()) + self._ridge_of_unseen
        return np.asarray(system)

    def solved(self, rows: sparse.csr_array) -> NDArray[np.float32]:
        """(n, FACTORS) best vectors for the rows; zeros for an empty one."""
        found = np.zeros((rows.shape[0], FACTORS), np.float32)
        lengths = np.diff(rows.indptr)
        for alike in _alike(lengths):
            found[alike] = self._solved_together(rows, alike, int(lengths[alike].max()))
        return found

    def _solved_together(
        self, rows: sparse.csr_array, chosen: NDArray[np.int64], longest: int
    ) -> NDArray[np.float32]:
        """(m, FACTORS) for rows of about one length.

        With M the vectors of a row's items times the root of their weights, the solution of
        (B + M'M) x = M'r is B^-1 M' (I + M B^-1 M')^-1 r: a system as large as the row is long. In
        the axes of what all rows share B is a diagonal, which is taken into M.
        """
        place = rows.indptr[chosen, None] + np.arange(longest)
        real = place < rows.indptr[chosen + 1, None]
        place = np.where(real, place, 0)
        weight = np.where(real, rows.data[place], np.float32(0.0))
        ridge = DECAY * weight.sum(axis=1) + np.float32(self._ridge_of_unseen)
        scale = 1.0 / np.sqrt(self._shared + ridge[:, None])
        root = np.sqrt(weight)
        near = self._turned.take(rows.indices[place], axis=0)  # 2.5 times as fast as []
        near *= scale[:, None, :]
        if longest <= FACTORS:
            gram = near @ near.transpose(0, 2, 1)
            gram *= root[:, :, None] * root[:, None, :]
            found = ((_solved(gram, root) * root)[:, None] @ near)[:, 0]
        else:
            near *= root[:, :, None]
            found = _solved(near.transpose(0, 2, 1) @ near, (root[:, None] @ near)[:, 0])
        return np.asarray((found * scale) @ self._axes.T, dtype=np.float32)


def _alike(lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The rows that are not empty, in groups of about one length that fit in the cache together."""
    order = np.argsort(lengths, kind="stable")
    start = int(np.searchsorted(lengths[order], 1))
    while start < len(order):
        longest = _PADDED * float(lengths[order[start]]) + 1.0
        stop = int(np.searchsorted(lengths[order], longest, side="right"))
        stop = min(stop, start + max(int(_NUMBERS / (FACTORS * longest)), 1))
        yield order[start:stop]
        start = stop


def _solved(grams: NDArray[np.float32], rights: NDArray[np.float32]) -> NDArray[np.float32]:
    """(b, m) solutions of (I + gram) x = right, for (b, m, m) and (b, m).

    Conjugate gradients on all at once: the ridge is in the gram, so a few rounds are enough. Where
    they are not, LAPACK solves them one by one.
    """
    found, left = np.zeros_like(rights), rights.copy()
    way = left.copy()
    error = first = np.einsum("bm,bm->b", left, left)
    for _ in range(_ROUNDS):
        ahead = (grams @ way[:, :, None])[:, :, 0] + way
        step = error / np.maximum(np.einsum("bm,bm->b", way, ahead), 1e-30)
        found += step[:, None] * way
        left -= step[:, None] * ahead
        before, error = error, np.einsum("bm,bm->b", left, left)
        if np.all(error <= _EXACT * first):
            return found
        way = left + (error / np.maximum(before, 1e-30))[:, None] * way
    grams[:, np.arange(grams.shape[1]), np.arange(grams.shape[1])] += 1.0
    return np.asarray(np.linalg.solve(grams, rights[:, :, None])[:, :, 0])
