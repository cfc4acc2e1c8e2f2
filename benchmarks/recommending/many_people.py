"""Synthetic data of any size: videos in themes, users who like a few themes, and their events.

Videos of a theme have similar vectors; within each theme there are groups that no vector shows, and
series that are watched one after another. Some videos are popular, most are not, and the latest
have no event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from recommender.events.log import EventLog
from recommender.events.videos import VideoTable

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 120.0
NEW_SHARE = 0.05
"""Part of the videos that are new: without an event."""
_CIRCLES, _SERIES = 4, 0.3
_NOISE, _COMMON = 0.8, 1.0
_FAMOUS = 0.1
_TASTES = (0.6, 0.3, 0.1)
_LONGEST = 500
_DAY_S = 86_400.0


@dataclass(frozen=True)
class Size:
    """How much data there is."""

    videos: int
    """Videos."""
    people: int
    """People."""
    per_person: float = 20.0
    """Mean number of events of one user."""
    dim: int = 128
    """Length of the vectors."""

    @property
    def themes(self) -> int:
        """Groups of similar videos: one for each 100 videos, at least 8."""
        return max(self.videos // 100, 8)


@dataclass(frozen=True, eq=False)
class World:
    """The known events, and the last video of some users, which is to be predicted."""

    videos: VideoTable
    """The videos."""
    log: EventLog
    """The known events."""
    last: NDArray[np.int64]
    """(users,) row of each user's last video, which the log lacks; -1 for none."""


def make_world(size: Size, *, seed: int = 0) -> World:
    """Make the data; the same size and seed give the same data."""
    rng = np.random.default_rng(seed)
    theme = np.sort(rng.integers(size.themes, size=size.videos))
    drawn = rng.lognormal(np.log(size.per_person) - 0.5, 1.0, size.people)
    lengths = np.clip(drawn, 3, _LONGEST).astype(np.int64)
    person = np.repeat(np.arange(size.people), lengths)
    place = np.arange(len(person)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    row = _watched(rng, person, place, np.searchsorted(theme, np.arange(size.themes + 1)))
    new = rng.random(size.videos) < NEW_SHARE
    # Each user starts at some time and goes on until the end.
    began = 0.7 * rng.random(size.people)[person]
    day = DAYS * (began + (1.0 - began) * (place + rng.random(len(row))) / lengths[person])
    kept = ~new[row]
    n = int(kept.sum())
    log = EventLog(
        {f"p{i}": i for i in range(size.people)},
        size.videos,
        person[kept],
        row[kept],
        START.timestamp() + _DAY_S * day[kept],
        np.where(rng.random(n) < 0.15, 0.0, rng.uniform(0.3, 1.0, n)),
        rng.choice([0, 1, -1], size=n, p=[0.9, 0.07, 0.03]),
    )
    return _without_last(_table(rng, size, theme, new), log)


def _watched(
    rng: np.random.Generator,
    person: NDArray[np.int64],
    place: NDArray[np.int64],
    start: NDArray[np.int64],
) -> NDArray[np.int64]:
    """(e,) the row of each event; the first rows of a theme are the popular ones."""
    n_people, n_themes, n_events = int(person[-1]) + 1, len(start) - 1, len(person)
    tastes = (n_themes * rng.random((n_people, len(_TASTES))) ** 1.5).astype(np.int64)
    circles = rng.integers(_CIRCLES, size=(n_people, len(_TASTES)))
    which = rng.choice(len(_TASTES), size=n_events, p=_TASTES)
    theme, circle = tastes[person, which], circles[person, which]
    width = start[theme + 1] - start[theme]
    rank = (width / _CIRCLES * rng.random(n_events) ** 2).astype(np.int64)
    row = np.minimum(start[theme] + rank * _CIRCLES + circle, start[-1] - 1)
    famous = rng.random(n_events) < _FAMOUS
    known = rng.permutation(int(start[-1]))
    row[famous] = known[(len(known) * rng.random(int(famous.sum())) ** 4).astype(np.int64)]
    goes_on = (rng.random(n_events) < _SERIES) & (place > 0) & ~famous
    before = np.flatnonzero(goes_on) - 1
    row[before + 1] = np.minimum(row[before] + _CIRCLES, start[-1] - 1)
    return np.asarray(row, np.int64)


def _table(
    rng: np.random.Generator, size: Size, theme: NDArray[np.int64], new: NDArray[np.bool_]
) -> VideoTable:
    centres = rng.standard_normal((size.themes, size.dim), np.float32)
    matrix = rng.standard_normal((size.videos, size.dim), np.float32)
    matrix *= np.float32(_NOISE)
    matrix += centres[theme]
    matrix += np.float32(_COMMON) * rng.standard_normal(size.dim, np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    days = np.where(new, DAYS * rng.uniform(0.9, 1.0, size.videos), 0.0)
    added_at = [START + timedelta(days=day) for day in days.tolist()]
    return VideoTable(np.arange(1, size.videos + 1), matrix, added_at=added_at)


def _without_last(videos: VideoTable, log: EventLog) -> World:
    n_people = len(log.users)
    ends = np.flatnonzero(np.diff(log.user, append=n_people))
    last = np.full(n_people, -1)
    last[log.user[ends]] = log.item[ends]
    known = np.ones(len(log), bool)
    known[ends] = False
    before = log.where(known)
    last[before.user[before.item == last[before.user]]] = -1  # seen before: nothing to predict
    return World(videos, before, last)
