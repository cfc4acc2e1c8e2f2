"""What every recommender is held against: popularity, neighbours, walks, content."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.interactions import Interactions, ItemVectors, no_vectors
from recommender.links import SHRINK, best_links, shrunk_cosine
from recommender.popularity import or_popular, recent_popularity
from recommender.scorer import SameForAll, Scorer
from recommender.tastes import interest_scores, read_taste
from recommender.tuning import tuned

BETAS = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Powers of fame in RP3beta to choose from; Ferrari Dacrema et al. 2019 find 0.2 to 0.7."""
SHRINKS = (0.0, 10.0, 30.0, 100.0, 300.0)
"""Co-watches' worth of doubt to choose from in ItemKNN."""
RP3_NEIGHBOURS = 200
"""Links of each item in RP3beta."""


def fit_popularity(train: Interactions, items: ItemVectors | None = None) -> Scorer:
    """How many people liked an item."""
    return SameForAll(np.asarray(train.matrix.sum(axis=0), dtype=np.float32).ravel())


def fit_recent_popularity(train: Interactions, items: ItemVectors | None = None) -> Scorer:
    """How many people liked it, each the less the longer ago."""
    return SameForAll(recent_popularity(train.log).astype(np.float32))


class LinkedItems:
    """Scores by links from what a person liked."""

    def __init__(self, history: sparse.csr_array, links: sparse.csr_array) -> None:
        self._history = history.astype(np.float32)
        self._links = links.astype(np.float32)

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items): the sum of links from each liked item, times how much it was liked."""
        found = self._history[people] @ self._links
        return np.asarray(found.toarray(), dtype=np.float32)


def fit_item_knn(
    train: Interactions, items: ItemVectors | None = None, *, shrink: float = SHRINK
) -> Scorer:
    """ItemKNN (Sarwar et al. 2001) with shrunk cosines."""
    return or_popular(LinkedItems(train.matrix, shrunk_cosine(train.matrix, shrink=shrink)), train)


def fit_rp3beta(
    train: Interactions, items: ItemVectors | None = None, *, beta: float = 0.4
) -> Scorer:
    """RP3beta (Paudel et al. 2016, alpha 1): random walks of three steps, fame taken off."""
    liked = train.matrix
    to_items = _walk(liked)
    to_people = _walk(liked.T.tocsr())
    fame = np.asarray(liked.sum(axis=0)).ravel()
    penalty = np.divide(1.0, fame**beta, out=np.zeros_like(fame), where=fame > 0)
    links = best_links(
        to_people, to_items, lambda rows, columns, data: data * penalty[columns], RP3_NEIGHBOURS
    )
    return or_popular(LinkedItems(_walk(train.matrix), links), train)


def _walk(steps: sparse.csr_array) -> sparse.csr_array:
    total = np.asarray(steps.sum(axis=1)).ravel()
    share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return sparse.csr_array(sparse.diags_array(share) @ steps)


tune_item_knn = tuned(fit_item_knn, "shrink", SHRINKS, start=SHRINK)
"""Chooses the shrinkage."""
tune_rp3beta = tuned(fit_rp3beta, "beta", BETAS, start=0.4)
"""Chooses how much fame is taken off."""


class ContentOnly:
    """Nearness to the interests of a person, from vectors alone."""

    def __init__(self, train: Interactions, items: ItemVectors | None) -> None:
        self._pairs = train.pairs
        self._table = (items or no_vectors(train.n_items)).table

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items): what the interests of each person say."""
        rows = [
            interest_scores(read_taste(self._pairs.of(int(one)), self._table), self._table)
            for one in people
        ]
        return np.asarray(rows, dtype=np.float32)


def fit_content(train: Interactions, items: ItemVectors | None = None) -> Scorer:
    """Items nearest to the person's decayed interests; without vectors all are alike."""
    return ContentOnly(train, items)
