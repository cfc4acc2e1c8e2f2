"""What many people watch now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.events.confidence import decayed
from recommender.events.histories import Histories
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable

HALF_LIFE_DAYS = 14.0
"""As strong as EASE on MovieLens-100K by time (facts of the house, 2026-11)."""


def popularity(log: EventLog) -> NDArray[np.float64]:
    """(n_videos,) people who liked each video, by how sure that is."""
    return np.asarray(log.liked.sum(axis=0), dtype=np.float64).ravel()


def recent_popularity(log: EventLog) -> NDArray[np.float64]:
    """People who liked each video, each counted once and the less the longer ago.

    Ages run to the last event of the log: only ratios matter, and no clock changes those.

    Returns:
        (n_videos,) at least 0.
    """
    pairs = log.pairs
    worth = np.minimum(pairs.weight, 1.0) * decayed(log.latest_s - pairs.last_s, HALF_LIFE_DAYS)
    return np.bincount(pairs.item, worth, minlength=log.n_items).astype(np.float64)


FIRST = 5
"""Videos that count as what somebody began with."""


def first_watched(histories: Histories) -> NDArray[np.float64]:
    """(n_items,) people who began with each video: newcomers watch other things than old hands."""
    place = np.arange(len(histories.item)) - histories.starts[histories.user]
    first = (place < FIRST) & (histories.lengths[histories.user] > FIRST)
    return np.bincount(histories.item[first], minlength=histories.n_items).astype(np.float64)


def first_said(log: EventLog) -> NDArray[np.float64]:
    """(n_videos,) Unix seconds of the first word for or against each; infinite without one."""
    said = log.informative
    first_s = np.full(log.n_items, np.inf)
    np.minimum.at(first_s, log.item[said], log.at_s[said])
    return first_s


def newness(log: EventLog, videos: VideoTable) -> NDArray[np.float64]:
    """(n_videos,) as `how_new` of each."""
    first_s = first_said(log)
    now_s = max(log.latest_s, float(videos.added_at_s.max(initial=0.0)))
    at_once = float(first_s.min(initial=np.inf)) == log.latest_s
    return how_new(first_s, videos.added_at_s, now_s, at_once=at_once)


def how_new(
    first_s: NDArray[np.float64], added_s: NDArray[np.float64], now_s: float, *, at_once: bool
) -> NDArray[np.float64]:
    """1 for a video that has just come, half of it with every `HALF_LIFE_DAYS`.

    A video is as old as the first word for or against it; without one, as the library says; and
    where that is unknown, it is new.

    Args:
        first_s: (n,) Unix seconds of the first word; infinite without one.
        added_s: (n,) when the library got it; 0 where unknown.
        now_s: The present.
        at_once: Everything was said at one time, or at none that is known: then nothing of which
            something was said is new.
    """
    silent = ~np.isfinite(first_s)
    born_s = np.where(silent, np.where(added_s > 0, added_s, now_s), first_s)
    return np.asarray(np.where(~silent & at_once, 0.0, decayed(now_s - born_s, HALF_LIFE_DAYS)))
