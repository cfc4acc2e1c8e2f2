"""Implicit alternating least squares (iALS): people and items as short vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from recommender.histories import Histories
from recommender.interactions import Interactions, ItemVectors
from recommender.item_links import Arrays
from recommender.popularity import or_popular
from recommender.scorer import Scorer
from recommender.sources import Rows
from recommender.tuning import tuned

FACTORS = 64
SWEEPS = 8
UNSEEN = 0.1
"""Weight of every pair that has not met, against 1 for a pair that has."""
DECAY = 0.03
"""Ridge for each unit of weight of a row (Rendle et al. 2022, "Revisiting iALS", nu = 1)."""
UNSEENS = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Weights of the unseen to choose from."""
_SEED = 64


class Factors:
    """Items as short vectors; people are folded in from what they liked."""

    def __init__(self, items: NDArray[np.float32], unseen: float) -> None:
        self.items = items
        self.unseen = unseen
        self._side = _Side(items, unseen)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n) inner products with each person's best vector."""
        near = self.items if rows is None else self.items[rows]
        return np.asarray(self._side.solved(histories.matrix()) @ near.T)

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) what each liked item gives: the solution is a sum over them."""
        near = self.items[history.item]
        weight = history.matrix().data
        system = self._side.system(near, weight)
        _, through, _ = lapack.sposv(system, self.items[row])
        return np.asarray(weight * (near @ through), dtype=np.float64)

    def to_arrays(self) -> Arrays:
        """What `from_arrays` needs."""
        return {"items": self.items, "unseen": np.asarray([self.unseen])}

    @classmethod
    def from_arrays(cls, arrays: Arrays, n_items: int) -> Factors:
        """What `to_arrays` gave."""
        return cls(arrays["items"], float(arrays["unseen"][0]))


def fit_factors(liked: sparse.csr_array, *, unseen: float = UNSEEN) -> Factors:
    """Fit iALS (Hu et al. 2008) with the ridge scaled by how much is known of a row.

    Args:
        liked: (people, items) confidence from 0 to 1.
        unseen: Weight of every pair that has not met.
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
    return Factors(of_items, unseen)


def fit_ials(
    train: Interactions, items: ItemVectors | None = None, *, unseen: float = UNSEEN
) -> Scorer:
    """Factors as a baseline."""
    return or_popular(fit_factors(train.matrix, unseen=unseen), train)


class _Side:
    """Vectors of one side, ready to find the best ones of the other."""

    def __init__(self, vectors: NDArray[np.float32], unseen: float) -> None:
        self._vectors = vectors
        self._everything = unseen * (vectors.T @ vectors)
        self._ridge_of_unseen = DECAY * unseen * int(np.count_nonzero(vectors.any(axis=1)))

    def system(self, near: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
        """(FACTORS, FACTORS) normal equations of a row that met `near` (m, FACTORS)."""
        system = self._everything + (near * weight[:, None]).T @ near
        system.flat[:: FACTORS + 1] += DECAY * float(weight.sum()) + self._ridge_of_unseen
        return np.asarray(system)

    def solved(self, rows: sparse.csr_array) -> NDArray[np.float32]:
        """(n, FACTORS) best vectors for the rows; zeros for an empty one."""
        found = np.zeros((rows.shape[0], FACTORS), np.float32)
        starts = rows.indptr
        for row in np.flatnonzero(np.diff(starts)):
            span = slice(starts[row], starts[row + 1])
            near, weight = self._vectors[rows.indices[span]], rows.data[span]
            system = self.system(near, weight)
            _, found[row], failed = lapack.sposv(system, weight @ near, overwrite_a=1)
            if failed:
                raise ValueError(f"the system of row {row} must be positive definite: {failed}")
        return found


tune_ials = tuned(fit_ials, "unseen", UNSEENS, start=UNSEEN)
"""Chooses the weight of what has not been met."""
