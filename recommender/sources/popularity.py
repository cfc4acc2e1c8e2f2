"""Popularity, recent popularity and newness: counted once, then kept up to date event by event."""

import functools

import numpy as np
from numpy.typing import NDArray

from recommender.events.confidence import decayed
from recommender.events.log import EventLog, Pairs
from recommender.events.videos import VideoTable

TREND_HALF_LIFE_DAYS = 14.0
"""Age at which a person counts half in recent popularity, and a video is half as new."""
_DAY_S = 86_400.0
_RESCALED_DAYS = 365.0
_ROUNDING = 1e-9  # a smaller part of a count is what rounding leaves when all of it is taken off


def popularity(log: EventLog) -> NDArray[np.float64]:
    """(n_videos,) people who liked each video, by confidence."""
    return np.asarray(log.liked.sum(axis=0), dtype=np.float64).ravel()


def recent_popularity(log: EventLog) -> NDArray[np.float64]:
    """(n_videos,) people who liked each video, each counting less the longer ago.

    Ages run to the last event of the log: only ratios matter, and no clock changes those.
    """
    weights = _recent_weight(log.pairs, log.latest_s)
    return np.bincount(log.pairs.item, weights, minlength=log.n_items).astype(np.float64)


class CrowdCounts:
    """Counts by video that change in place: a reader sees each video before or after an event."""

    def __init__(self, log: EventLog, videos: VideoTable) -> None:
        self._since_s = log.latest_s
        self._added_s = videos.added_at_s
        self._latest_added_s = float(videos.added_at_s.max(initial=0.0))
        self.liked = popularity(log)
        """(n,) people who liked each video, by confidence."""
        self.trend = recent_popularity(log)
        """(n,) the same, each less the longer ago; only ratios matter."""
        self.first_s = np.full(log.n_items, np.inf)
        """(n,) Unix seconds of the first event for or against each video; infinite without one."""
        telling = log.informative
        np.minimum.at(self.first_s, log.item[telling], log.at_s[telling])
        self.unwatched: NDArray[np.bool_] = ~np.isfinite(self.first_s)
        """(n,) videos without an event for or against them."""
        self.touched: list[int] = []
        """Rows in the order in which events changed them."""
        self._first_ever_s = float(self.first_s.min(initial=np.inf))
        self.latest_s = log.latest_s
        """Time of the last event; 0 without any."""

    def move(self, before: Pairs, after: Pairs, new: EventLog) -> None:
        """Follow one person from before some events to after them; `new` are those events."""
        self._rescale(float(new.at_s.max()))
        rows = np.unique(new.item)
        earlier = before.where(np.isin(before.item, rows))
        later = after.where(np.isin(after.item, rows))
        recent = functools.partial(_recent_weight, now_s=self._since_s)
        for counts, weight in ((self.liked, _weight), (self.trend, recent)):
            old = counts[rows]
            counts[earlier.item] -= weight(earlier)
            counts[rows[counts[rows] < _ROUNDING * old]] = 0.0
            counts[later.item] += weight(later)
        telling = new.informative
        np.minimum.at(self.first_s, new.item[telling], new.at_s[telling])
        self.unwatched[new.item[telling]] = False
        self._first_ever_s = min(self._first_ever_s, new.at_s[telling].min(initial=np.inf))
        self.touched += rows.tolist()

    def newness(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """(m,) 1 for a video that has just come, half of it after `TREND_HALF_LIFE_DAYS`.

        A video is as old as its first event for or against it; without one, as the library says;
        where that is unknown, it is new.
        """
        first_s, added_s = self.first_s[rows], self._added_s[rows]
        now_s = max(self.latest_s, self._latest_added_s)
        born_s = np.where(np.isfinite(first_s), first_s, np.where(added_s > 0, added_s, now_s))
        new = decayed(now_s - born_s, TREND_HALF_LIFE_DAYS)
        # Where all events have one time, or none that is known, no video with an event is new.
        at_once = self._first_ever_s == self.latest_s
        return np.where(np.isfinite(first_s) & at_once, 0.0, new)

    def _rescale(self, latest_s: float) -> None:
        self.latest_s = max(self.latest_s, latest_s)
        if self.latest_s - self._since_s > _RESCALED_DAYS * _DAY_S:
            age_s = np.asarray([self.latest_s - self._since_s])
            self.trend *= float(decayed(age_s, TREND_HALF_LIFE_DAYS)[0])
            self._since_s = self.latest_s


def _weight(pairs: Pairs) -> NDArray[np.float64]:
    return np.minimum(pairs.weight, 1.0)


def _recent_weight(pairs: Pairs, now_s: float) -> NDArray[np.float64]:
    # Only ratios matter, so events after `now_s` may have ages below 0.
    age_days = (now_s - pairs.last_s) / _DAY_S
    return np.asarray(_weight(pairs) * np.exp2(-age_days / TREND_HALF_LIFE_DAYS))
