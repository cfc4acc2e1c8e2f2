"""Next-item: what is watched after the latest items, a regression in closed form."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.histories import Histories
from recommender.sources.base import LinkSource
from recommender.sources.closed_form import inverse, precision
from recommender.sources.item_links import DenseLinks, SparseLinks
from recommender.sources.sparse_links import best_links

LATEST_ITEMS = 10
"""Latest items of a history that predict."""
AHEAD = 3
"""Items predicted from each place: the very next alone is a noisier target."""
FADING = 0.8
"""Factor on the weight of an item for each later one."""
NEXT_RIDGE = 100.0
"""Penalty on every link; tuned where events can be held out."""
INVERTED_LIMIT = 12_000
"""Most items of which a matrix is inverted: 0.6 GB and, on one thread, 30 s."""
BEST_NEXT = 200
"""Links kept for each item beyond that."""


@dataclass(frozen=True, eq=False)
class NextItem(LinkSource):
    """Links from the latest items, each counting less with every later one."""

    def weights(self, histories: Histories) -> NDArray[np.float32]:
        """(m,) 0 for items before the latest `LATEST_ITEMS`."""
        faded = np.where(histories.since < LATEST_ITEMS, FADING**histories.since, 0.0)
        return np.asarray(faded, np.float32)


def fit_next_item(
    histories: Histories, *, ridge: float = NEXT_RIDGE, dense_limit: int = INVERTED_LIMIT
) -> NextItem:
    """Regress the next items on the faded latest ones, at all places of all histories.

    With one row of faded latest items P and of next items Y for each place, the links are
    (P'P + ridge)^-1 P'Y: the closed form of Choi et al. 2021 ("Session-aware linear item-item
    models", SLIT), with fading in place of their weights by time. Of too many items for an
    inverse only the diagonal of P'P is taken, and the best links of each item are kept.
    """
    watched = np.unique(histories.item)
    if not len(watched):
        return NextItem(SparseLinks(sparse.csr_array((histories.n_items, histories.n_items))))
    if len(watched) > dense_limit:
        before, after = _before_and_after(histories, histories.item, histories.n_items)
        diagonal = np.asarray(before.multiply(before).sum(axis=0)).ravel() + ridge
        of_each = best_links(
            before.T.tocsr(), after, lambda rows, columns, data: data / diagonal[rows], BEST_NEXT
        )
        return NextItem(SparseLinks(of_each))
    slot = np.zeros(histories.n_items, np.int64)
    slot[watched] = np.arange(len(watched))
    before, after = _before_and_after(histories, slot[histories.item], len(watched))
    products = before.T @ before
    dtype = precision(products, ridge)
    gram = products.astype(dtype).toarray()
    gram[np.diag_indices_from(gram)] += dtype(ridge)
    following = sparse.csr_array(after.T @ before)
    # Single precision halves the time; the ridge keeps the system well conditioned. What follows
    # what is sparse, so the product with the inverse is cheaper than solving for every item.
    links = np.ascontiguousarray((following @ inverse(gram)).T, dtype=np.float32)
    return NextItem(DenseLinks(histories.n_items, watched, links))


def _before_and_after(
    histories: Histories, slots: NDArray[np.int64], n_slots: int
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """(places, n_slots) what came before each place of all histories, faded, and what follows.

    `slots` (m,) are the columns of their items.
    """

    def shifted(lags: Iterable[int], fading: float) -> sparse.csr_array:
        """The items at some distances, each further one counting `fading` less."""
        n = len(slots)
        rows, columns, values = [], [], []
        for step, lag in enumerate(lags):
            here = np.arange(max(-lag, 0), n - max(lag, 0))
            here = here[histories.user[here] == histories.user[here + lag]]
            rows.append(here)
            columns.append(slots[here + lag])
            values.append(np.full(len(here), fading**step, np.float32))
        cells = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.csr_array(cells, shape=(n, n_slots))

    before, after = shifted(range(-1, -LATEST_ITEMS - 1, -1), FADING), shifted(range(AHEAD), 1.0)
    known = np.diff(before.indptr) > 0
    return before[known], after[known]
