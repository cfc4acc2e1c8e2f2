"""Implicit alternating least squares (iALS): people and items as short vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from recommender.interactions import Interactions, ItemVectors
from recommender.popularity import or_popular
from recommender.scorer import Scorer
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
    """Scores by inner products."""

    def __init__(self, people: NDArray[np.float32], items: NDArray[np.float32]) -> None:
        self._people = people
        self._items = items

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items)."""
        return np.asarray(self._people[people] @ self._items.T)


def fit_ials(
    train: Interactions, items: ItemVectors | None = None, *, unseen: float = UNSEEN
) -> Scorer:
    """Fit iALS (Hu et al. 2008) with the ridge scaled by how much is known of a row."""
    liked = train.matrix.astype(np.float32)
    by_item = sparse.csr_array(liked.T.tocsr())
    rng = np.random.default_rng(_SEED)
    of_items = rng.standard_normal((train.n_items, FACTORS), np.float32)
    of_items *= np.float32(0.1 / FACTORS**0.5)
    of_people = np.zeros((train.n_people, FACTORS), np.float32)
    for _ in range(SWEEPS):
        of_people = _solved(liked, of_items, unseen)
        of_items = _solved(by_item, of_people, unseen)
    return or_popular(Factors(_solved(liked, of_items, unseen), of_items), train)


def _solved(
    rows: sparse.csr_array, other: NDArray[np.float32], unseen: float
) -> NDArray[np.float32]:
    """(n, FACTORS) best vectors of one side, given the other side's."""
    met = np.flatnonzero(np.bincount(rows.indices, minlength=len(other)))
    everything = unseen * (other[met].T @ other[met])
    found = np.zeros((rows.shape[0], FACTORS), np.float32)
    starts = rows.indptr
    for row in np.flatnonzero(np.diff(starts)):
        span = slice(starts[row], starts[row + 1])
        near, weight = other[rows.indices[span]], rows.data[span]
        system = everything + (near * weight[:, None]).T @ near
        ridge = DECAY * (float(weight.sum()) + unseen * len(met))
        system.flat[:: FACTORS + 1] += ridge
        _, found[row], failed = lapack.sposv(system, weight @ near, overwrite_a=1)
        if failed:
            raise ValueError(f"the system of row {row} must be positive definite: {failed}")
    return found


tune_ials = tuned(fit_ials, "unseen", UNSEENS, start=UNSEEN)
"""Chooses the weight of what has not been met."""
