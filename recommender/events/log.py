"""Watch events as arrays, and what they add up to for each user and video."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.history import Event
from recommender.events.confidence import LIKE, VIEWS_CAP, view_confidence
from recommender.events.histories import Histories
from recommender.events.videos import VideoTable

HIDE = 2
VERDICTS = {"view": 0, "like": 1, "dislike": -1, "hide": HIDE}
"""Kind of an event to its verdict. Who hides a video says nothing about what is like it."""
_CHUNK = 100_000  # most events of a long history that are held as objects at a time


@dataclass(frozen=True, eq=False)
class Pairs:
    """One row for each user and video with any event, ordered by user."""

    user: NDArray[np.int64]
    """(p,) number of the user."""
    item: NDArray[np.int64]
    """(p,) row of the video."""
    weight: NDArray[np.float64]
    """(p,) confidence that it was liked, 0 to `VIEWS_CAP + LIKE`; 0 if disliked or barely seen."""
    last_s: NDArray[np.float64]
    """(p,) Unix seconds of the last event."""
    disliked: NDArray[np.bool_]
    """(p,) the last verdict was a dislike."""
    last: NDArray[np.int64]
    """(p,) position of the last event among all events in order of time and then of rows."""
    watched: NDArray[np.bool_]
    """(p,) it was watched or judged, not only hidden."""

    def of(self, user: int) -> Pairs:
        """The pairs of one user."""
        a, b = np.searchsorted(self.user, [user, user + 1])
        return self.where(slice(a, b))

    def where(self, which: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Pairs:
        """Some of the pairs."""
        return Pairs(
            self.user[which],
            self.item[which],
            self.weight[which],
            self.last_s[which],
            self.disliked[which],
            self.last[which],
            self.watched[which],
        )

    def history(self, n_items: int) -> Histories:
        """The liked videos of one user, in order; all pairs are of that user."""
        return replace(self, user=np.zeros_like(self.user)).histories(1, n_items)

    def histories(self, n_users: int, n_items: int) -> Histories:
        """The liked videos of the users 0 to `n_users` - 1, in order."""
        good = self.where((self.weight > 0) & (self.user < n_users))
        good = good.where(np.lexsort((good.last, good.user)))
        starts = np.searchsorted(good.user, np.arange(n_users + 1))
        return Histories(starts, good.item, good.weight, good.last_s, n_items)

    def __len__(self) -> int:
        return len(self.item)


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events of users on the videos of one table; events on other videos are left out.

    Of events at the same second the later row counts as the later event.
    """

    users: dict[str, int]
    """Number of each user, from 0; some may have no event here."""
    n_items: int
    """Rows of the table of videos."""
    user: NDArray[np.int64]
    """(e,) number of the user."""
    item: NDArray[np.int64]
    """(e,) row of the video."""
    at_s: NDArray[np.float64]
    """(e,) Unix seconds; all 0 without `has_times`."""
    confidence: NDArray[np.float64]
    """(e,) of a view, 0 to 1; 0 for what is no view, without watched seconds."""
    verdict: NDArray[np.int64]
    """(e,) as in `VERDICTS`: 1 like, -1 dislike, `HIDE`, 0 a view alone."""
    has_times: bool = True
    """The times of the events are known."""

    @classmethod
    def empty(cls, users: dict[str, int], n_items: int) -> EventLog:
        """A log without events."""
        whole, real = np.zeros(0, np.int64), np.zeros(0, np.float64)
        return cls(users, n_items, whole, whole, real, real, whole)

    def __len__(self) -> int:
        return len(self.user)

    @property
    def n_users(self) -> int:
        """Users that are numbered."""
        return len(self.users)

    @cached_property
    def n_active(self) -> int:
        """Users with at least one event."""
        return len(np.unique(self.user))

    @property
    def timed(self) -> bool:
        """There are events, and their times are known."""
        return self.has_times and bool(len(self))

    @property
    def weight(self) -> NDArray[np.float64]:
        """(e,) how much each event speaks for liking the video; 0 for dislikes and glances."""
        weight = self.confidence + LIKE * (self.verdict == 1)
        return np.asarray(np.where(self.verdict < 0, 0.0, weight))

    @property
    def informative(self) -> NDArray[np.bool_]:
        """(e,) the event speaks for or against the video."""
        return np.asarray((self.confidence > 0) | (np.abs(self.verdict) == 1))

    @cached_property
    def latest_s(self) -> float:
        """Time of the last event; 0 in an empty log."""
        return float(self.at_s.max()) if len(self) else 0.0

    def where(self, which: slice | NDArray[np.bool_] | NDArray[np.int64]) -> EventLog:
        """Some of the events; the numbers of users and videos stay."""
        return replace(
            self,
            user=self.user[which],
            item=self.item[which],
            at_s=self.at_s[which],
            confidence=self.confidence[which],
            verdict=self.verdict[which],
        )

    def until(self, at_s: float) -> EventLog:
        """The events up to and including a time."""
        return self.where(self.at_s <= at_s)

    def plus(self, other: EventLog) -> EventLog:
        """These events and then those of another log with the same numbers of users and videos.

        Raises:
            ValueError: The numbers of users or videos differ.
        """
        if (self.n_users, self.n_items) != (other.n_users, other.n_items):
            raise ValueError("logs must share the numbers of users and videos to be added")
        return join_logs([self, other], self.users)

    @cached_property
    def pairs(self) -> Pairs:
        """What the events add up to, one row for each user and video."""
        order = np.argsort(self.at_s, kind="stable")
        key = (self.user * max(self.n_items, 1) + self.item)[order]
        keys, slot = np.unique(key, return_inverse=True)
        views = np.bincount(slot, self.confidence[order], minlength=len(keys))
        verdict = np.zeros(len(keys), np.int64)
        spoken = np.abs(self.verdict[order]) == 1
        # Events are in order of time and the last assignment wins: users may change their mind.
        verdict[slot[spoken]] = self.verdict[order][spoken]
        last_s = np.zeros(len(keys))
        last_s[slot] = self.at_s[order]
        last = np.zeros(len(keys), np.int64)
        last[slot] = np.arange(len(order))
        weight = np.minimum(views, VIEWS_CAP) + LIKE * (verdict > 0)
        weight = np.where(verdict < 0, 0.0, weight)
        watched = np.bincount(slot, self.verdict[order] != HIDE, minlength=len(keys)) > 0
        user, item = np.divmod(keys, max(self.n_items, 1))
        return Pairs(user, item, weight, last_s, verdict < 0, last, watched)

    @cached_property
    def histories(self) -> Histories:
        """What each user liked, in order, by number of the user."""
        return self.pairs.histories(self.n_users, self.n_items)

    @cached_property
    def liked(self) -> sparse.csr_array:
        """(users, videos) float64 confidence at most 1; dislikes and glances are not in it."""
        pairs = self.pairs.where(self.pairs.weight > 0)
        cells = (np.minimum(pairs.weight, 1.0), (pairs.user, pairs.item))
        return sparse.csr_array(cells, shape=(self.n_users, self.n_items))

    @cached_property
    def seen(self) -> sparse.csr_array:
        """(users, videos) bool, every pair with any event: none of them is recommended again."""
        cells = (np.ones(len(self.pairs), bool), (self.pairs.user, self.pairs.item))
        return sparse.csr_array(cells, shape=(self.n_users, self.n_items))


def join_logs(logs: Sequence[EventLog], users: dict[str, int]) -> EventLog:
    """The events of at least one log, one log after another, on one table of videos."""
    has_times = all(log.has_times for log in logs)
    at_s = np.concatenate([log.at_s for log in logs])
    return EventLog(
        users,
        logs[0].n_items,
        np.concatenate([log.user for log in logs]),
        np.concatenate([log.item for log in logs]),
        at_s if has_times else np.zeros_like(at_s),
        np.concatenate([log.confidence for log in logs]),
        np.concatenate([log.verdict for log in logs]),
        has_times,
    )


def read_events(
    events: Iterable[Event], videos: VideoTable, users: dict[str, int] | None = None
) -> EventLog:
    """Turn events, in any order, into arrays.

    Args:
        events: Those on videos outside of the table are left out.
        videos: The table.
        users: Numbers of the users that are known already; new users are added to it.

    Raises:
        ValueError: The kind of an event is none of `VERDICTS`.
    """
    users = {} if users is None else users
    left = iter(events)
    parts = [EventLog.empty(users, len(videos))]
    while chunk := list(itertools.islice(left, _CHUNK)):
        parts.append(_read_chunk(chunk, videos, users))
    return join_logs(parts, users)


def _read_chunk(events: list[Event], videos: VideoTable, users: dict[str, int]) -> EventLog:
    known = [one for one in events if one.video_id is not None and one.video_id in videos.row_of]
    # Checked before any user gets a number: a refused event leaves no trace.
    for one in known:
        if one.kind not in VERDICTS:
            raise ValueError(f"kind must be one of {sorted(VERDICTS)}, got {one.kind!r}")
    item = np.asarray([videos.row_of[one.video_id or 0] for one in known], np.int64)
    verdict = np.asarray([VERDICTS[one.kind] for one in known], np.int64)
    seconds = [np.nan if one.watched_s is None else one.watched_s for one in known]
    watched_s = np.asarray(seconds, np.float64)
    given_s = np.asarray([one.duration_s or 0.0 for one in known], np.float64)
    length_s = np.where(given_s > 0, given_s, videos.lengths_s[item])
    return EventLog(
        users,
        len(videos),
        np.asarray([users.setdefault(one.user, len(users)) for one in known], np.int64),
        item,
        np.asarray([one.at.timestamp() for one in known], np.float64),
        event_confidence(verdict, watched_s, length_s),
        verdict,
    )


def event_confidence(
    verdict: NDArray[np.int64], watched_s: NDArray[np.float64], length_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(e,) the confidence of each event's view; 0 for a verdict without watched seconds."""
    # A like or dislike with seconds is a view as well; without them it is the verdict alone.
    viewed = (verdict == 0) | ~np.isnan(watched_s)
    return np.where(viewed, view_confidence(watched_s, length_s), 0.0)
