"""RP3beta: random walks over who watched what, as sparse links for libraries of any size."""

import numpy as np
from scipy import sparse

from recommender.sources.item_links import SparseLinks
from recommender.sources.sparse_links import best_links

BETA = 0.4
"""Power of popularity that is taken off; Ferrari Dacrema et al. 2019 find 0.2 to 0.7."""
BEST_WALKS = 200
"""Links kept for each item."""


def fit_rp3beta(liked: sparse.csr_array, *, beta: float = BETA) -> SparseLinks:
    """Fit RP3beta (Paudel et al. 2016, alpha 1) to (people, items) confidence from 0 to 1.

    It sums walks of three steps, with popularity taken off.
    """
    to_items = _step(liked)
    to_people = _step(liked.T.tocsr())
    popularity = np.asarray(liked.sum(axis=0)).ravel()
    penalty = np.divide(1.0, popularity**beta, out=np.zeros_like(popularity), where=popularity > 0)
    return SparseLinks(
        best_links(
            to_people, to_items, lambda rows, columns, data: data * penalty[columns], BEST_WALKS
        )
    )


def _step(weights: sparse.csr_array) -> sparse.csr_array:
    """Probabilities of one step: each row adds up to 1."""
    total = np.asarray(weights.sum(axis=1)).ravel()
    share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return sparse.csr_array(sparse.diags_array(share) @ weights)
