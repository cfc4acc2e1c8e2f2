"""EASE as a baseline, its ridge chosen by the data themselves."""

from __future__ import annotations

from recommender.choosing.scorer import Scorer
from recommender.choosing.tuning import tuned
from recommender.events.interactions import Interactions, ItemVectors
from recommender.sources.ease import RIDGE, CoWatched, fit_co_watching
from recommender.sources.popularity import or_popular

DENSE_LIMIT = 12_000
"""Most items or people that are inverted here: some 4 GB and minutes, which evaluation may take."""
RIDGES = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Ridges to choose from."""


def fit_ease(
    train: Interactions, items: ItemVectors | None = None, *, ridge: float = RIDGE
) -> Scorer:
    """EASE (Steck 2019, eq. 8); beyond `DENSE_LIMIT` items and people shrunk cosines instead."""
    fitted = fit_co_watching(train.matrix, ridge=ridge, dense_limit=DENSE_LIMIT)
    return or_popular(CoWatched(fitted), train)


tune_ease = tuned(fit_ease, "ridge", RIDGES, start=300.0)
"""Chooses the ridge."""
