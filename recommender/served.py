"""The recommender itself, in the form in which it is held against the baselines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.blending import Source, blend, weights_for
from recommender.co_watching import fit_co_watching
from recommender.ease import DENSE_LIMIT
from recommender.interactions import Interactions, ItemVectors, no_vectors
from recommender.popularity import recent_popularity
from recommender.scorer import Fit, Scorer
from recommender.tastes import interest_scores, pushed_down, read_taste


class Served:
    """Interests, co-watching, recent popularity and newness, blended as for a page."""

    def __init__(
        self, train: Interactions, items: ItemVectors | None, *, popularity: bool = True
    ) -> None:
        self._pairs = train.pairs
        self._table = (items or no_vectors(train.n_items)).table
        self._co_watching = fit_co_watching(train.matrix, dense_limit=DENSE_LIMIT)
        self._n_others = train.log.n_people
        said = train.pairs.where((train.pairs.weight > 0) | train.pairs.disliked)
        nobody = np.bincount(said.row, minlength=train.n_items) == 0
        self._crowd: dict[Source, NDArray[np.float64]] = {
            "popular": recent_popularity(train.log) if popularity else np.zeros(train.n_items),
            "new": nobody.astype(np.float64),
        }

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items): the blend before diversity and kept places."""
        return np.asarray([self._row(int(one)) for one in people], dtype=np.float32)

    def _row(self, person: int) -> NDArray[np.float64]:
        taste = read_taste(self._pairs.of(person), self._table)
        interest = interest_scores(taste, self._table)
        told = np.zeros(len(self._table))
        if len(taste.liked):
            told = self._co_watching.scores(taste.liked, taste.weights)
        scores: dict[Source, NDArray[np.float64]] = {
            "interest": interest,
            "co-watch": told,
            **self._crowd,
        }
        candidates = np.ones(len(self._table), bool)
        candidates[taste.met] = False
        weights = weights_for(len(taste.liked), self._n_others - bool(len(taste.met)))
        total = blend(scores, candidates, weights).total
        total = total + 1e-6 * np.clip(1.0 + interest, 0.0, 2.0) / 2.0
        return np.asarray(total * pushed_down(taste, self._table))


def tune_served(train: Interactions, items: ItemVectors | None, held_out: Interactions) -> Fit:
    """The shipped weights: nothing is chosen yet."""
    return Served


def tune_without_popularity(
    train: Interactions, items: ItemVectors | None, held_out: Interactions
) -> Fit:
    """The same without how often an item was watched: on splits without time that is a leak."""

    def fit(known: Interactions, vectors: ItemVectors | None) -> Scorer:
        return Served(known, vectors, popularity=False)

    return fit
