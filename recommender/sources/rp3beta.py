"""Random walks over who watched what: sparse links for libraries of any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.sources.item_links import Linked
from recommender.sources.links import best_links

BETA = 0.4
"""Power of fame that is taken off; Ferrari Dacrema et al. 2019 find 0.2 to 0.7."""
NEIGHBOURS = 200
"""Links kept for each item."""


def fit_walks(liked: sparse.csr_array, *, beta: float = BETA) -> Linked:
    """RP3beta (Paudel et al. 2016, alpha 1): walks of three steps, fame taken off.

    Args:
        liked: (people, items) confidence from 0 to 1.
        beta: Power of fame.
    """
    to_items = _walk(liked)
    to_people = _walk(liked.T.tocsr())
    fame = np.asarray(liked.sum(axis=0)).ravel()
    penalty = np.divide(1.0, fame**beta, out=np.zeros_like(fame), where=fame > 0)

    def less_fame(
        rows: NDArray[np.int64], columns: NDArray[np.int64], data: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return np.asarray(data * penalty[columns])

    return Linked(best_links(to_people, to_items, less_fame, NEIGHBOURS))


def _walk(steps: sparse.csr_array) -> sparse.csr_array:
    total = np.asarray(steps.sum(axis=1)).ravel()
    share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return sparse.csr_array(sparse.diags_array(share) @ steps)
