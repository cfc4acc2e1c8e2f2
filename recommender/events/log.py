"""Watch events as columns, and what they add up to for each person and video."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.confidence import LIKE, VIEWS_CAP, view_confidence
from recommender.events.histories import Histories
from recommender.events.videos import VideoTable

_VERDICTS = {"view": 0, "like": 1, "dislike": -1}
_CHUNK = 100_000  # of a long history only so many events are held as objects at a time


class WatchEvent(Protocol):
    """What the recommender reads of an event; `data.history.history` events are such."""

    @property
    def user(self) -> str:
        """The person."""

    @property
    def video_id(self) -> int | None:
        """The video; None when the library does not know it."""

    @property
    def at(self) -> datetime:
        """When, with a time zone."""

    @property
    def watched_s(self) -> float | None:
        """Seconds watched, where known."""

    @property
    def duration_s(self) -> float | None:
        """Length of the video, where known."""

    @property
    def kind(self) -> str:
        """`view`, `like` or `dislike`."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """One row per person and video that have met, ordered by person."""

    person: NDArray[np.int64]
    """(p,) number of the person."""
    row: NDArray[np.int64]
    """(p,) row of the video."""
    weight: NDArray[np.float64]
    """(p,) confidence that it was liked, 0 to `VIEWS_CAP + LIKE`; 0 for disliked and glanced at."""
    last_s: NDArray[np.float64]
    """(p,) Unix seconds of the last event."""
    disliked: NDArray[np.bool_]
    """(p,) the last verdict was a dislike."""
    last: NDArray[np.int64]
    """(p,) place of the last event among all events in order of time; ties go by order of rows."""

    def of(self, person: int) -> Pairs:
        """The pairs of one person."""
        a, b = np.searchsorted(self.person, [person, person + 1])
        return self.where(slice(a, b))

    def where(self, which: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Pairs:
        """Some of the pairs."""
        return Pairs(
            self.person[which],
            self.row[which],
            self.weight[which],
            self.last_s[which],
            self.disliked[which],
            self.last[which],
        )

    def history(self, n_items: int) -> Histories:
        """What one person liked, in order; all pairs are of that person."""
        good = self.where(self.weight > 0)
        good = good.where(np.argsort(good.last))
        starts = np.array([0, len(good)])
        return Histories(starts, good.row, good.weight, good.last_s, n_items)

    def histories(self, n_people: int, n_items: int) -> Histories:
        """What the first `n_people` people liked, in order."""
        good = self.where((self.weight > 0) & (self.person < n_people))
        good = good.where(np.lexsort((good.last, good.person)))
        starts = np.searchsorted(good.person, np.arange(n_people + 1))
        return Histories(starts, good.row, good.weight, good.last_s, n_items)

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events on the videos of one table; events on other videos are left out."""

    people: dict[str, int]
    """Number of each person, from 0, in order of first appearance."""
    n_videos: int
    """Rows of the table."""
    person: NDArray[np.int64]
    """(e,) number of the person."""
    row: NDArray[np.int64]
    """(e,) row of the video."""
    at_s: NDArray[np.float64]
    """(e,) Unix seconds."""
    confidence: NDArray[np.float64]
    """(e,) of a view, 0 to 1; 0 for likes and dislikes."""
    verdict: NDArray[np.int64]
    """(e,) 1 like, -1 dislike, 0 neither."""

    @classmethod
    def empty(cls, videos: VideoTable) -> EventLog:
        """A log in which nobody has watched anything."""
        whole, real = np.zeros(0, np.int64), np.zeros(0, np.float64)
        return cls({}, len(videos), whole, whole, real, real, whole)

    def add(self, events: Iterable[WatchEvent], videos: VideoTable) -> EventLog:
        """This log with more events, in any order; the old one stays as it was.

        Raises:
            ValueError: The kind of an event is not view, like or dislike.
        """
        return self.read(events, videos, dict(self.people))

    def read(
        self, events: Iterable[WatchEvent], videos: VideoTable, people: dict[str, int]
    ) -> EventLog:
        """As `add`, newcomers being numbered in `people`, which the new log keeps."""
        left = iter(events)
        parts = [_Columns(self.person, self.row, self.at_s, self.confidence, self.verdict)]
        while chunk := list(itertools.islice(left, _CHUNK)):
            parts.append(_columns(chunk, videos, people))
        return EventLog(
            people, self.n_videos, *(np.concatenate(each) for each in zip(*parts, strict=True))
        )

    def until(self, at_s: float) -> EventLog:
        """The events up to and including a time; the numbers of the people stay."""
        return self.where(self.at_s <= at_s)

    def __len__(self) -> int:
        return len(self.at_s)

    @property
    def said(self) -> NDArray[np.bool_]:
        """(e,) the event speaks for or against the video."""
        return np.asarray((self.confidence > 0) | (self.verdict != 0))

    def where(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> EventLog:
        """Some of the events; the numbers of the people stay."""
        return EventLog(
            self.people,
            self.n_videos,
            self.person[which],
            self.row[which],
            self.at_s[which],
            self.confidence[which],
            self.verdict[which],
        )

    @cached_property
    def n_people(self) -> int:
        """People with at least one event."""
        return len(np.unique(self.person))

    @cached_property
    def latest_s(self) -> float:
        """Time of the last event; 0 in an empty log."""
        return float(self.at_s.max()) if len(self) else 0.0

    @cached_property
    def pairs(self) -> Pairs:
        """What the events add up to, one row per person and video."""
        order = np.argsort(self.at_s, kind="stable")
        key = (self.person * max(self.n_videos, 1) + self.row)[order]
        keys, slot = np.unique(key, return_inverse=True)
        views = np.bincount(slot, self.confidence[order], minlength=len(keys))
        verdict = np.zeros(len(keys), np.int64)
        spoken = self.verdict[order] != 0
        # Events are in order of time and the last assignment wins: people may change their mind.
        verdict[slot[spoken]] = self.verdict[order][spoken]
        last_s = np.zeros(len(keys))
        last_s[slot] = self.at_s[order]
        last = np.zeros(len(keys), np.int64)
        last[slot] = np.arange(len(order))
        weight = np.minimum(views, VIEWS_CAP) + LIKE * (verdict > 0)
        person, row = np.divmod(keys, max(self.n_videos, 1))
        return Pairs(person, row, np.where(verdict < 0, 0.0, weight), last_s, verdict < 0, last)

    @cached_property
    def histories(self) -> Histories:
        """What everybody liked, in order, by number of the person."""
        return self.pairs.histories(len(self.people), self.n_videos)

    @cached_property
    def liked(self) -> sparse.csr_array:
        """(people, videos) float64 confidence at most 1; dislikes and glances are not in it."""
        pairs = self.pairs.where(self.pairs.weight > 0)
        cells = (np.minimum(pairs.weight, 1.0), (pairs.person, pairs.row))
        return sparse.csr_array(cells, shape=(len(self.people), self.n_videos))


class _Columns(NamedTuple):
    person: NDArray[np.int64]
    row: NDArray[np.int64]
    at_s: NDArray[np.float64]
    confidence: NDArray[np.float64]
    verdict: NDArray[np.int64]


def _columns(events: Iterable[WatchEvent], videos: VideoTable, people: dict[str, int]) -> _Columns:
    known: list[WatchEvent] = []
    rows: list[int] = []
    for event in events:
        found = None if event.video_id is None else videos.row_of.get(event.video_id)
        if found is None:
            continue
        if event.kind not in _VERDICTS:
            raise ValueError(f"kind must be one of {sorted(_VERDICTS)}, got {event.kind!r}")
        known.append(event)
        rows.append(found)
        people.setdefault(event.user, len(people))
    row = np.asarray(rows, np.int64)
    verdict = np.asarray([_VERDICTS[e.kind] for e in known], np.int64)
    watched_s = np.asarray([_or_nan(e.watched_s) for e in known], np.float64)
    told_s = np.asarray([e.duration_s or 0.0 for e in known], np.float64)
    length_s = np.where(told_s > 0, told_s, videos.lengths_s[row])
    # A like or dislike with seconds is a view as well; without them it is the verdict alone.
    viewed = (verdict == 0) | ~np.isnan(watched_s)
    return _Columns(
        person=np.asarray([people[e.user] for e in known], np.int64),
        row=row,
        at_s=np.asarray([e.at.timestamp() for e in known], np.float64),
        confidence=np.where(viewed, view_confidence(watched_s, length_s), 0.0),
        verdict=verdict,
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)
