"""What the recommender is compared with: popularity, neighbours, EASE, iALS, content."""

from __future__ import annotations

import numpy as np

from recommender.choosing.ranking import Fit, Scores, Tune, scores_of, tuned
from recommender.choosing.tune import DENSE_LIMIT, RIDGES
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.sources.base import SameForAll, Source
from recommender.sources.ease import RIDGE, CoWatched, fit_co_watching
from recommender.sources.ials import UNSEEN, UNSEENS, fit_factors
from recommender.sources.item_links import Linked
from recommender.sources.links import SHRINK, shrunk_cosine
from recommender.sources.popularity import popularity, recent_popularity
from recommender.sources.rp3beta import fit_walks
from recommender.sources.tastes import Interests

BETAS = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Powers of popularity in RP3beta to choose from; Ferrari Dacrema et al. 2019 find 0.2 to 0.7."""
SHRINKS = (0.0, 10.0, 30.0, 100.0, 300.0)
"""Shrinkages of the cosine in ItemKNN to choose from."""


def or_popular(source: Source, train: EventLog) -> Scores:
    """A source, and recent popularity for people who have liked nothing yet."""
    known = train.histories.lengths > 0
    popular = recent_popularity(train).astype(np.float32)
    of_known = scores_of(source, train.histories)
    return lambda people: np.where(known[people, None], of_known(people), popular)


def fit_popularity(train: EventLog, videos: VideoTable) -> Scores:
    """How many people liked an item."""
    return scores_of(SameForAll(popularity(train)), train.histories)


def fit_recent_popularity(train: EventLog, videos: VideoTable) -> Scores:
    """How many people liked it, each the less the longer ago."""
    return scores_of(SameForAll(recent_popularity(train)), train.histories)


def fit_item_knn(train: EventLog, videos: VideoTable, *, shrink: float = SHRINK) -> Scores:
    """ItemKNN (Sarwar et al. 2001) with shrunk cosines."""
    links = Linked(shrunk_cosine(train.liked, shrink=shrink))
    return or_popular(CoWatched(links), train)


def fit_rp3beta(train: EventLog, videos: VideoTable, *, beta: float = 0.4) -> Scores:
    """RP3beta (Paudel et al. 2016)."""
    return or_popular(CoWatched(fit_walks(train.liked, beta=beta)), train)


def fit_ease(train: EventLog, videos: VideoTable, *, ridge: float = RIDGE) -> Scores:
    """EASE (Steck 2019, eq. 8); beyond `DENSE_LIMIT` items and people shrunk cosines instead."""
    fitted = fit_co_watching(train.liked, ridge=ridge, dense_limit=DENSE_LIMIT)
    return or_popular(CoWatched(fitted), train)


def fit_ials(train: EventLog, videos: VideoTable, *, unseen: float = UNSEEN) -> Scores:
    """IALS (Hu et al. 2008)."""
    return or_popular(fit_factors(train.liked, unseen=unseen), train)


def fit_content(train: EventLog, videos: VideoTable) -> Scores:
    """Items nearest to the person's decayed interests; without vectors all score the same."""
    return scores_of(Interests(videos), train.histories)


tune_item_knn = tuned(fit_item_knn, "shrink", SHRINKS, start=10.0)
"""Chooses the shrinkage."""
tune_rp3beta = tuned(fit_rp3beta, "beta", BETAS, start=0.4)
"""Chooses how much popularity is taken off."""
tune_ease = tuned(fit_ease, "ridge", RIDGES, start=300.0)
"""Chooses the ridge."""
tune_ials = tuned(fit_ials, "unseen", UNSEENS, start=UNSEEN)
"""Chooses the weight of unseen pairs."""

CONTENT_ONLY = "content only"
"""The baseline that needs vectors."""


def _fixed(fit: Fit) -> Tune:
    return lambda cases, videos: fit


BASELINES: dict[str, Tune] = {
    "popularity": _fixed(fit_popularity),
    "recent popularity": _fixed(fit_recent_popularity),
    "item-knn": tune_item_knn,
    "rp3beta": tune_rp3beta,
    "ease": tune_ease,
    "ials": tune_ials,
    CONTENT_ONLY: _fixed(fit_content),
}
"""What the recommender is compared with."""
