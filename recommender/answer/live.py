"""Everybody's events as they come in: a frozen log, what came since, and each person's own."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.histories import Histories
from recommender.events.log import EventLog, Pairs, WatchEvent
from recommender.events.videos import VideoTable
from recommender.sources.counts import CrowdCounts


@dataclass(frozen=True)
class LaterEvents:
    """Events that a log got since some moment."""

    people: dict[str, int]
    """Number of each person of that log."""
    columns: list[list[float]]
    """Person, row, Unix seconds, confidence and verdict of each event."""


class LiveLog:
    """A log that grows in place: an event costs what its person has done, not what all have.

    Safe for several threads.

    Args:
        start: What everybody did so far.
        videos: The videos.
        first: Whether it is counted what people began with.
    """

    def __init__(self, start: EventLog, videos: VideoTable, *, first: bool = True) -> None:
        self._start = start
        self._videos = videos
        self._lock = threading.RLock()
        self.people = dict(start.people)
        """Number of each person."""
        self.n_videos = start.n_videos
        """Rows of the table."""
        self.counts = CrowdCounts(start, videos, first=first)
        """What the crowd did with each video."""
        counts = np.bincount(start.person, minlength=len(self.people))
        self._ends = np.concatenate([[0], np.cumsum(counts)])
        self._by_person = np.argsort(start.person, kind="stable")
        self.n_people = int((counts > 0).sum())
        """People with at least one event."""
        self._since: tuple[list[float], ...] = ([], [], [], [], [])
        self._since_of: dict[int, list[int]] = {}
        self._whole = start

    def __len__(self) -> int:
        return len(self._start) + len(self._since[0])

    @property
    def latest_s(self) -> float:
        """Time of the last event; 0 in an empty log."""
        return self.counts.latest_s

    def add(self, events: Iterable[WatchEvent]) -> None:
        """Take in new events, in any order.

        Raises:
            ValueError: The kind of an event is not view, like or dislike; none is taken in then.
        """
        with self._lock:
            known = len(self.people)
            try:
                new = EventLog.empty(self._videos).read(events, self._videos, self.people)
            except ValueError:
                while len(self.people) > known:
                    self.people.popitem()
                raise
            self._append(new)

    def since(self, n_known: int) -> LaterEvents:
        """What came after the first `n_known` events, for a log that was made of those."""
        with self._lock:
            start = n_known - len(self._start)
            return LaterEvents(dict(self.people), [column[start:] for column in self._since])

    def extend(self, later: LaterEvents) -> None:
        """Take in what another log got since this one was made of its events."""
        with self._lock:
            self.people.update(later.people)
            person, row, at_s, confidence, verdict = later.columns
            new = EventLog(
                {},
                self.n_videos,
                np.asarray(person, np.int64),
                np.asarray(row, np.int64),
                np.asarray(at_s, np.float64),
                np.asarray(confidence, np.float64),
                np.asarray(verdict, np.int64),
            )
            self._append(new)

    def _append(self, new: EventLog) -> None:
        for person in np.unique(new.person):
            own = new.where(new.person == person)
            before = self.pairs_of(int(person))
            first = len(self._since[0])
            columns = (own.person, own.row, own.at_s, own.confidence, own.verdict)
            for column, more in zip(self._since, columns, strict=True):
                column.extend(more.tolist())
            self.n_people += not len(before)
            self._since_of.setdefault(int(person), []).extend(range(first, len(self._since[0])))
            self.counts.move(before, self.pairs_of(int(person)), own)

    def pairs_of(self, person: int) -> Pairs:
        """What one person's events add up to; empty for a number that nobody has."""
        with self._lock:
            later = self._since_of.get(person)
            if later is None:
                return self._start.pairs.of(person)
            earlier = self._start.where(self._own(person))
            own = [np.asarray([column[i] for i in later]) for column in self._since]
        nobody = np.zeros(len(earlier) + len(later), np.int64)
        pairs = EventLog(
            {},
            self.n_videos,
            nobody,
            np.concatenate([earlier.row, own[1].astype(np.int64)]),
            np.concatenate([earlier.at_s, own[2]]),
            np.concatenate([earlier.confidence, own[3]]),
            np.concatenate([earlier.verdict, own[4].astype(np.int64)]),
        ).pairs
        pairs.person[:] = person
        return pairs

    def _own(self, person: int) -> NDArray[np.int64]:
        if not 0 <= person < len(self._ends) - 1:
            return np.zeros(0, np.int64)
        return self._by_person[self._ends[person] : self._ends[person + 1]]

    @property
    def whole(self) -> EventLog:
        """All events as one frozen log; put together anew after new ones."""
        with self._lock:
            if len(self._whole) != len(self):
                start, since = self._start, self._since
                self._whole = EventLog(
                    dict(self.people),
                    self.n_videos,
                    np.concatenate([start.person, np.asarray(since[0], np.int64)]),
                    np.concatenate([start.row, np.asarray(since[1], np.int64)]),
                    np.concatenate([start.at_s, np.asarray(since[2], np.float64)]),
                    np.concatenate([start.confidence, np.asarray(since[3], np.float64)]),
                    np.concatenate([start.verdict, np.asarray(since[4], np.int64)]),
                )
            return self._whole

    @property
    def pairs(self) -> Pairs:
        """Everybody's pairs, of the whole log."""
        return self.whole.pairs

    @property
    def histories(self) -> Histories:
        """What everybody liked, in order, of the whole log."""
        return self.whole.histories

    @property
    def liked(self) -> sparse.csr_array:
        """(people, videos) what everybody liked, of the whole log."""
        return self.whole.liked

    def until(self, at_s: float) -> EventLog:
        """The events up to and including a time, frozen."""
        return self.whole.until(at_s)
