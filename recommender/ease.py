"""EASE as a baseline, its ridge chosen by the data themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.co_watching import RIDGE, CoWatching, fit_co_watching
from recommender.interactions import Interactions, ItemVectors
from recommender.popularity import or_popular
from recommender.scorer import Scorer
from recommender.tuning import tuned

DENSE_LIMIT = 12_000
"""Most items or people that are inverted here: some 4 GB and minutes, which evaluation may take."""
RIDGES = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Ridges to choose from."""


class CoWatched:
    """Scores by a co-watching matrix from everything a person liked, all alike."""

    def __init__(self, history: sparse.csr_array, fitted: CoWatching) -> None:
        self._history = history
        self._fitted = fitted

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        """(b, n_items)."""
        return self._fitted.batch(self._history[people])


def fit_ease(
    train: Interactions, items: ItemVectors | None = None, *, ridge: float = RIDGE
) -> Scorer:
    """EASE (Steck 2019, eq. 8); beyond `DENSE_LIMIT` items and people shrunk cosines instead."""
    fitted = fit_co_watching(train.matrix, ridge=ridge, dense_limit=DENSE_LIMIT)
    return or_popular(CoWatched(train.matrix, fitted), train)


tune_ease = tuned(fit_ease, "ridge", RIDGES, start=300.0)
"""Chooses the ridge."""
