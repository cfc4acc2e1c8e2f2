"""Append-only view of the event log: a snapshot indexed by user, and the events since."""

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from data.history import Event
from recommender.events.log import EventLog, Pairs, join_logs, read_events
from recommender.events.videos import VideoTable
from recommender.sources.popularity import CrowdCounts


class LiveLog:
    """A log that grows in place; several threads may share it.

    To add an event, or to read one user's pairs, costs the events of that user and one pass over
    the events since the snapshot; only `whole` costs all events.
    """

    def __init__(self, start: EventLog, videos: VideoTable) -> None:
        self._start = start
        self._videos = videos
        self._lock = threading.RLock()
        self.users = dict(start.users)
        """Number of each user."""
        self.counts = CrowdCounts(start, videos)
        """What all users did with each video."""
        events_of = np.bincount(start.user, minlength=len(self.users))
        self._ends = np.concatenate([[0], np.cumsum(events_of)])
        self._by_user = np.argsort(start.user, kind="stable")
        self.n_active = int((events_of > 0).sum())
        """Users with at least one event."""
        self._later = EventLog.empty(self.users, start.n_items)
        self._whole = start

    def __len__(self) -> int:
        return len(self._start) + len(self._later)

    @property
    def latest_s(self) -> float:
        """Time of the last event; 0 in an empty log."""
        return self.counts.latest_s

    def add(self, events: Iterable[Event]) -> None:
        """Add new events, in any order.

        Raises:
            ValueError: The kind of an event is none of `VERDICTS`; none is added then.
        """
        with self._lock:
            self._append(read_events(events, self._videos, self.users))

    def since(self, n_known: int) -> EventLog:
        """The events after the first `n_known`; `extend` adds them to a log made of those."""
        with self._lock:
            # A copy of the numbers: this log goes on while the other one is extended.
            later = self._later.where(slice(n_known - len(self._start), None))
            return join_logs([later], dict(self.users))

    def extend(self, later: EventLog) -> None:
        """Add the events that another log got since this one was made of its events."""
        with self._lock:
            self.users.update(later.users)
            self._append(later)

    def _append(self, new: EventLog) -> None:
        users = [int(user) for user in np.unique(new.user)]
        before = [self.pairs_of(user) for user in users]
        self._later = join_logs([self._later, new], self.users)
        for user, earlier in zip(users, before, strict=True):
            self.n_active += not len(earlier)
            self.counts.move(earlier, self.pairs_of(user), new.where(new.user == user))

    def pairs_of(self, user: int) -> Pairs:
        """What one user's events add up to; empty for a number that no user has."""
        with self._lock:
            later = self._later.where(self._later.user == user)
        if not len(later):
            return self._start.pairs.of(user)
        return join_logs([self._start.where(self._events_of(user)), later], self.users).pairs

    def _events_of(self, user: int) -> NDArray[np.int64]:
        if not 0 <= user < len(self._ends) - 1:
            return np.zeros(0, np.int64)
        return self._by_user[self._ends[user] : self._ends[user + 1]]

    @property
    def whole(self) -> EventLog:
        """All events as one frozen log; put together again after new events."""
        with self._lock:
            if len(self._whole) != len(self):
                self._whole = join_logs([self._start, self._later], dict(self.users))
            return self._whole
