"""What is known of one person: what counts, how much, and the interests that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.confidence import decayed
from recommender.event_log import Pairs
from recommender.interests import MAX_WATCHED, Interest, find_interests
from recommender.videos import VideoTable

HALF_LIFE_DAYS = 30.0
"""Age at which a watched video counts half, from the person's own last event."""
HALF_LIFE_PLACES = 10.0
"""Videos watched since at which one counts half: it tells evenings apart from a whole winter's log.

Both from a grid (10 to 60 days, 3 to 20 places), 2026-11-21, NDCG@10 of co-watching: 300 toons,
whose people drift within two months, .218 at 60 and 20, .240 here, .262 at 10 and 10; MovieLens
latest-small, last liked film out, .0536 without decay, .0575 at 60 and 10. In between, so that last
week does not erase a person.
"""
SHARPNESS = 8.0
"""How narrow an interest is around its centre: half the share costs 0.09 of cosine."""


@dataclass(frozen=True, eq=False)
class Taste:
    """One person as the sources see them."""

    met: NDArray[np.int64]
    """Rows of every video with any event: none of them is recommended."""
    liked: NDArray[np.int64]
    """(m,) rows that speak for the person's taste, heaviest first."""
    weights: NDArray[np.float64]
    """(m,) above 0: confidence, decayed."""
    disliked: NDArray[np.int64]
    """Rows of disliked videos."""
    dislike_weights: NDArray[np.float64]
    """What is left of each dislike, 0 to 1."""
    interests: list[Interest]
    """Positions in them count within `liked`."""


def read_taste(pairs: Pairs, videos: VideoTable) -> Taste:
    """Make the taste of one person from their pairs; no pairs give an empty taste."""
    now_s = float(pairs.last_s.max()) if len(pairs) else 0.0
    good = pairs.where(pairs.weight > 0)
    # Watched since: what happened at the same time, or at no known time, is of the same age.
    place = len(good) - np.searchsorted(np.sort(good.last_s), good.last_s, side="right")
    weights = good.weight * decayed(now_s - good.last_s, HALF_LIFE_DAYS)
    # Long histories would decay to nothing; a floor keeps old favourites above zero.
    weights = np.maximum(weights * np.exp2(-place / HALF_LIFE_PLACES), 1e-9)
    order = np.argsort(-weights, kind="stable")
    liked, weights = good.row[order], weights[order]
    bad = pairs.where(pairs.disliked)
    return Taste(
        met=pairs.row,
        liked=liked,
        weights=weights,
        disliked=bad.row,
        dislike_weights=decayed(now_s - bad.last_s, HALF_LIFE_DAYS),
        interests=find_interests(videos.centred[liked[:MAX_WATCHED]], weights[:MAX_WATCHED]),
    )


def interest_scores(taste: Taste, videos: VideoTable) -> NDArray[np.float64]:
    """Score every video by how well it fits any interest of the person.

    The log-likelihood of a mixture of von Mises-Fisher distributions (Banerjee et al. 2005), one
    per interest with its share as weight, over the sharpness: 0 for a video like none of them, near
    1 for one in the midst of the only one.

    Returns:
        (n,) float64; zeros for a person without interests.
    """
    if not taste.interests:
        return np.zeros(len(videos))
    centres = np.stack([one.centre for one in taste.interests])
    shares = np.asarray([one.share for one in taste.interests])
    fit = np.exp(SHARPNESS * (videos.centred @ centres.T).astype(np.float64)) @ shares
    return np.asarray(np.log(fit) / SHARPNESS)


def watched_that_fits(taste: Taste, videos: VideoTable, row: int) -> int:
    """The row of the watched video to which an interest recommendation is due.

    It is the member of the interest that `row` fits best whose weight times likeness is largest.
    """
    shares = np.asarray([one.share for one in taste.interests])
    centres = np.stack([one.centre for one in taste.interests])
    target = videos.centred[row]
    best = int(np.argmax(shares * np.exp(SHARPNESS * (centres @ target))))
    members = taste.interests[best].members
    alike = np.maximum(videos.centred[taste.liked[members]] @ target, 0.0)
    return int(taste.liked[members[np.argmax(taste.weights[members] * alike)]])


def pushed_down(taste: Taste, videos: VideoTable) -> NDArray[np.float64]:
    """How much of its score each video keeps beside the disliked ones: from 1 - `PUSH` to 1.

    Returns:
        (n,) float64 factors; ones when nothing is disliked.
    """
    if not len(taste.disliked):
        return np.ones(len(videos))
    alike = videos.centred @ videos.centred[taste.disliked].T
    nearness = np.clip((alike - PUSH_FROM) / (1.0 - PUSH_FROM), 0.0, 1.0) * taste.dislike_weights
    return np.asarray(1.0 - PUSH * nearness.max(axis=1), dtype=np.float64)


PUSH = 0.5
"""Most that a dislike takes from a neighbour's score: one bad evening must not bury a taste."""
PUSH_FROM = 0.3
"""Centred cosine from which a video counts as a neighbour."""
