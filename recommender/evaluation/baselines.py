"""What the recommender is compared with: popularity, neighbours, EASE, iALS, content."""

import numpy as np

from recommender.choosing.ranking import Fit, Scores, Tune, scores_of, tuned
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.sources.base import LinkSource, SameForAll, Source
from recommender.sources.content import Content
from recommender.sources.ease import RIDGE, TUNED_DENSE_LIMIT, fit_ease
from recommender.sources.ials import UNSEEN, fit_ials
from recommender.sources.item_links import SparseLinks
from recommender.sources.popularity import popularity, recent_popularity
from recommender.sources.registry import SOURCES
from recommender.sources.rp3beta import BETA, fit_rp3beta
from recommender.sources.sparse_links import SHRINK, shrunk_cosine

SHRINKS = (0.0, 10.0, 30.0, 100.0, 300.0)
"""Shrinkages of the cosine in ItemKNN to choose from."""


def or_popular(source: Source, train: EventLog) -> Scores:
    """A source, and recent popularity for people who have liked nothing yet."""
    known = train.histories.lengths > 0
    popular = recent_popularity(train).astype(np.float32)
    of_known = scores_of(source, train.histories)
    return lambda people: np.where(known[people, None], of_known(people), popular)


def popularity_baseline(train: EventLog, videos: VideoTable) -> Scores:
    """How many people liked an item."""
    return scores_of(SameForAll(popularity(train).__getitem__), train.histories)


def recent_popularity_baseline(train: EventLog, videos: VideoTable) -> Scores:
    """How many people liked it, each the less the longer ago."""
    return scores_of(SameForAll(recent_popularity(train).__getitem__), train.histories)


def item_knn_baseline(train: EventLog, videos: VideoTable, *, shrink: float = SHRINK) -> Scores:
    """ItemKNN (Sarwar et al. 2001) with shrunk cosines."""
    links = SparseLinks(shrunk_cosine(train.liked, shrink=shrink))
    return or_popular(LinkSource(links), train)


def rp3beta_baseline(train: EventLog, videos: VideoTable, *, beta: float = BETA) -> Scores:
    """RP3beta (Paudel et al. 2016)."""
    return or_popular(LinkSource(fit_rp3beta(train.liked, beta=beta)), train)


def ease_baseline(train: EventLog, videos: VideoTable, *, ridge: float = RIDGE) -> Scores:
    """EASE (Steck 2019, eq. 8); of too many items and people shrunk cosines instead."""
    links = fit_ease(train.liked, ridge=ridge, dense_limit=TUNED_DENSE_LIMIT)
    return or_popular(LinkSource(links), train)


def ials_baseline(train: EventLog, videos: VideoTable, *, unseen: float = UNSEEN) -> Scores:
    """IALS (Hu et al. 2008)."""
    return or_popular(fit_ials(train.liked, unseen=unseen), train)


def content_baseline(train: EventLog, videos: VideoTable) -> Scores:
    """Items similar to the liked ones by their vectors alone; without vectors all score 0."""
    return scores_of(Content(videos.centred), train.histories)


CONTENT_ONLY = "content only"
"""The baseline that needs vectors."""


def _fixed(fit: Fit) -> Tune:
    return lambda cases, videos: fit


_CHOICES = {one.name: one.choices for kind in SOURCES for one in kind.settings}
BASELINES: dict[str, Tune] = {
    "popularity": _fixed(popularity_baseline),
    "recent popularity": _fixed(recent_popularity_baseline),
    "item-knn": tuned(item_knn_baseline, "shrink", SHRINKS, start=10.0),
    "rp3beta": tuned(rp3beta_baseline, "beta", _CHOICES["beta"], start=BETA),
    "ease": tuned(ease_baseline, "ridge", _CHOICES["ridge"], start=300.0),
    "ials": tuned(ials_baseline, "unseen", _CHOICES["unseen"], start=UNSEEN),
    CONTENT_ONLY: _fixed(content_baseline),
}
"""What the recommender is compared with."""
