"""What the crowd did with each video, counted once and kept up to date event by event."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.events.confidence import decayed
from recommender.events.histories import Histories
from recommender.events.log import EventLog, Pairs
from recommender.events.videos import VideoTable
from recommender.sources.popularity import FIRST, HALF_LIFE_DAYS, first_said, first_watched, how_new

_DAY_S = 86_400.0
_RESCALED_DAYS = 365.0
_ROUNDING = 1e-9  # less of a count is what rounding leaves when all of it is taken off


class CrowdCounts:
    """Counts by video that change in place: a reader sees each video before or after an event.

    Args:
        log: What everybody did so far.
        videos: The videos.
        first: Whether `begun` is kept; it orders everybody's history once.
    """

    def __init__(self, log: EventLog, videos: VideoTable, *, first: bool = True) -> None:
        pairs, n = log.pairs, log.n_items
        self._since_s = log.latest_s
        self._added_s = videos.added_at_s
        self._latest_added_s = float(videos.added_at_s.max(initial=0.0))
        self.liked = np.bincount(pairs.item, _said(pairs), minlength=n).astype(np.float64)
        """(n,) people who liked each video, by how sure that is."""
        self.trend = np.bincount(pairs.item, self._lately(pairs), minlength=n).astype(np.float64)
        """(n,) the same, each the less the longer ago; only ratios matter."""
        self.first_s = first_said(log)
        """(n,) Unix seconds of the first word for or against; infinite without one."""
        self.nobody_watched = ~np.isfinite(self.first_s)
        """(n,) videos without an event that says anything, for or against."""
        self.begun = first_watched(log.histories) if first else np.zeros(0)
        """(n,) people who began with each video; empty where not wanted."""
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
        for counts, worth in ((self.liked, _said), (self.trend, self._lately)):
            was = counts[rows]
            counts[earlier.item] -= worth(earlier)
            counts[rows[counts[rows] < _ROUNDING * was]] = 0.0
            counts[later.item] += worth(later)
        if len(self.begun):
            for pairs, sign in ((before, -1.0), (after, 1.0)):
                first = _begun_with(pairs.history(len(self.liked)))
                self.begun[first] += sign
        said = new.informative
        np.minimum.at(self.first_s, new.item[said], new.at_s[said])
        self.nobody_watched[new.item[said]] = False
        self._first_ever_s = min(self._first_ever_s, new.at_s[said].min(initial=np.inf))
        self.touched += rows.tolist()

    def newness(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float64]:
        """(m,) as `how_new` of some videos."""
        now_s = max(self.latest_s, self._latest_added_s)
        at_once = self._first_ever_s == self.latest_s
        return how_new(self.first_s[rows], self._added_s[rows], now_s, at_once=at_once)

    def _lately(self, pairs: Pairs) -> NDArray[np.float64]:
        # Of ages in a past that has moved on since only the ratios matter: they may be below 0.
        age_days = (self._since_s - pairs.last_s) / _DAY_S
        return np.asarray(_said(pairs) * np.exp2(-age_days / HALF_LIFE_DAYS))

    def _rescale(self, latest_s: float) -> None:
        self.latest_s = max(self.latest_s, latest_s)
        if self.latest_s - self._since_s > _RESCALED_DAYS * _DAY_S:
            age_s = np.asarray([self.latest_s - self._since_s])
            self.trend *= float(decayed(age_s, HALF_LIFE_DAYS)[0])
            self._since_s = self.latest_s


class Freshness:
    """How new each video is, as a source that follows the counts."""

    def __init__(self, counts: CrowdCounts) -> None:
        self._counts = counts

    def scores(
        self, histories: Histories, rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """(b, n or len(rows)), a read-only view of one row."""
        values = self._counts.newness(slice(None) if rows is None else rows)
        return np.broadcast_to(values.astype(np.float32), (len(histories), len(values)))

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """Zeros: nothing that the person watched is the reason."""
        return np.zeros(len(history.item))


def _said(pairs: Pairs) -> NDArray[np.float64]:
    return np.minimum(pairs.weight, 1.0)


def _begun_with(history: Histories) -> NDArray[np.int64]:
    return history.item[:FIRST] if len(history.item) > FIRST else history.item[:0]
