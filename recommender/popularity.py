"""What many people watch now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.confidence import decayed
from recommender.event_log import EventLog
from recommender.interactions import Interactions
from recommender.scorer import OrPopular, Scorer

HALF_LIFE_DAYS = 14.0
"""As strong as EASE on MovieLens-100K by time (facts of the house, 2026-11)."""


def recent_popularity(log: EventLog) -> NDArray[np.float64]:
    """People who liked each video, each counted once and the less the longer ago.

    Ages run to the last event of the log: only ratios matter, and no clock changes those.

    Returns:
        (n_videos,) at least 0.
    """
    pairs = log.pairs
    worth = np.minimum(pairs.weight, 1.0) * decayed(log.latest_s - pairs.last_s, HALF_LIFE_DAYS)
    return np.bincount(pairs.row, worth, minlength=log.n_videos).astype(np.float64)


def or_popular(fitted: Scorer, train: Interactions) -> Scorer:
    """What was fitted, and recent popularity for people who have liked nothing yet."""
    known = np.diff(train.matrix.indptr) > 0
    return OrPopular(fitted, known, recent_popularity(train.log).astype(np.float32))
