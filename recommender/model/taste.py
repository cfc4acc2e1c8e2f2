"""What is known of one person: the history, and what the person disliked or soon left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.events.confidence import decayed
from recommender.events.histories import Histories
from recommender.events.log import Pairs
from recommender.events.videos import VideoTable

DISLIKE_HALF_LIFE_DAYS = 30.0
"""Age at which a dislike or a glance counts half, from the person's last event."""
PUSH = 0.5
"""Most that a dislike takes from a neighbour's score: one bad evening must not bury a taste."""
GLANCE_PUSH = 0.1
"""Most that all glances together take from a neighbour's score."""
PUSH_FROM = 0.3
"""Centred cosine from which a video counts as a neighbour."""


@dataclass(frozen=True, eq=False)
class Taste:
    """What is known of one person."""

    seen: NDArray[np.int64]
    """Rows of all videos with an event: none of them is recommended."""
    history: Histories
    """What the person liked: one history."""
    disliked: NDArray[np.int64]
    """Rows of disliked videos."""
    dislike_weights: NDArray[np.float64]
    """What is left of each dislike, 0 to 1."""
    glanced: NDArray[np.int64]
    """Rows of videos that were soon left, and never watched for longer, liked or disliked."""
    glance_weights: NDArray[np.float64]
    """What is left of each glance, 0 to 1."""


def read_taste(pairs: Pairs, n_videos: int) -> Taste:
    """Make the taste of one person from their pairs; no pairs give an empty taste."""
    now_s = float(pairs.last_s.max()) if len(pairs) else 0.0
    bad = pairs.where(pairs.disliked)
    left = pairs.where((pairs.weight == 0) & ~pairs.disliked & pairs.watched)
    return Taste(
        seen=pairs.item,
        history=pairs.history(n_videos),
        disliked=bad.item,
        dislike_weights=decayed(now_s - bad.last_s, DISLIKE_HALF_LIFE_DAYS),
        glanced=left.item,
        glance_weights=decayed(now_s - left.last_s, DISLIKE_HALF_LIFE_DAYS),
    )


def pushed_down(
    taste: Taste, videos: VideoTable, rows: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """The part of its score that each video keeps, less near what was disliked or soon left.

    Only the strongest push counts: from 1 - `PUSH` to 1, and at least 1 - `GLANCE_PUSH` where
    nothing near was disliked.

    Returns:
        (n or len(rows),) float64 factors; ones when nothing was disliked or left.
    """
    vectors = videos.centred if rows is None else videos.centred[rows]
    dislikes = _nearness(vectors, videos.centred[taste.disliked], taste.dislike_weights)
    glances = _nearness(vectors, videos.centred[taste.glanced], taste.glance_weights)
    return np.asarray(1.0 - np.maximum(PUSH * dislikes, GLANCE_PUSH * glances), dtype=np.float64)


def _nearness(
    vectors: NDArray[np.float32], beside: NDArray[np.float32], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) 0 to 1: how near each vector is to any of some, times what is left of that."""
    if not len(beside):
        return np.zeros(len(vectors))
    near = np.clip((vectors @ beside.T - PUSH_FROM) / (1.0 - PUSH_FROM), 0.0, 1.0) * weights
    return np.asarray(near.max(axis=1), dtype=np.float64)
