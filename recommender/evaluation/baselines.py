"""What every recommender is held against: popularity, neighbours, walks, content."""

from __future__ import annotations

from recommender.choosing.scorer import OfHistories, Scorer
from recommender.choosing.tuning import tuned
from recommender.events.interactions import Interactions, ItemVectors, no_vectors
from recommender.sources.base import SameForAll
from recommender.sources.ease import CoWatched
from recommender.sources.item_links import Linked
from recommender.sources.links import SHRINK, shrunk_cosine
from recommender.sources.popularity import or_popular, popularity, recent_popularity
from recommender.sources.rp3beta import fit_walks
from recommender.sources.tastes import Interests

BETAS = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Powers of fame in RP3beta to choose from; Ferrari Dacrema et al. 2019 find 0.2 to 0.7."""
SHRINKS = (0.0, 10.0, 30.0, 100.0, 300.0)
"""Co-watches' worth of doubt to choose from in ItemKNN."""


def fit_popularity(train: Interactions, items: ItemVectors | None = None) -> Scorer:
    """How many people liked an item."""
    return OfHistories(SameForAll(popularity(train.log)), train.histories)


def fit_recent_popularity(train: Interactions, items: ItemVectors | None = None) -> Scorer:
    """How many people liked it, each the less the longer ago."""
    return OfHistories(SameForAll(recent_popularity(train.log)), train.histories)


def fit_item_knn(
    train: Interactions, items: ItemVectors | None = None, *, shrink: float = SHRINK
) -> Scorer:
    """ItemKNN (Sarwar et al. 2001) with shrunk cosines."""
    links = Linked(shrunk_cosine(train.matrix, shrink=shrink))
    return or_popular(CoWatched(links), train)


def fit_rp3beta(
    train: Interactions, items: ItemVectors | None = None, *, beta: float = 0.4
) -> Scorer:
    """RP3beta (Paudel et al. 2016)."""
    return or_popular(CoWatched(fit_walks(train.matrix, beta=beta)), train)


tune_item_knn = tuned(fit_item_knn, "shrink", SHRINKS, start=10.0)
"""Chooses the shrinkage."""
tune_rp3beta = tuned(fit_rp3beta, "beta", BETAS, start=0.4)
"""Chooses how much fame is taken off."""


def fit_content(train: Interactions, items: ItemVectors | None = None) -> Scorer:
    """Items nearest to the person's decayed interests; without vectors all are alike."""
    table = (items or no_vectors(train.n_items)).table
    return OfHistories(Interests(table), train.histories)
