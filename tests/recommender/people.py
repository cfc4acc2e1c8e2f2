"""Small libraries and histories whose right answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from data.history.events import Event
from data.history.rows.event_row import EventKind
from recommender.events.videos import VideoTable

DAY = datetime(2026, 6, 1, tzinfo=UTC)


def event(
    user: str,
    video_id: int,
    *,
    day: float = 0.0,
    watched: float | None = 1.0,
    kind: EventKind = "view",
    length_s: float = 100.0,
) -> Event:
    """Something a person did; `watched` is the part of the video, None for unknown."""
    watched_s = None if watched is None else watched * length_s
    at = DAY + timedelta(days=day)
    return Event(user, video_id, f"{video_id}.mp4", at, watched_s, length_s, kind)


def verdict(user: str, video_id: int, kind: EventKind, *, day: float = 0.0) -> Event:
    """A like or dislike without watching."""
    return event(user, video_id, day=day, watched=None, kind=kind)


def table(matrix: NDArray[np.float32], *, added_days: Sequence[float] | None = None) -> VideoTable:
    """Videos 1, 2, ... with these vectors."""
    days = added_days if added_days is not None else [-100.0] * len(matrix)
    return VideoTable(
        ids=np.arange(1, len(matrix) + 1),
        matrix=matrix,
        titles=[f"video {i + 1}" for i in range(len(matrix))],
        added_at=[DAY + timedelta(days=day) for day in days],
    )


def around(
    centres: Sequence[NDArray[np.float64]], each: int, *, seed: int = 0, noise: float = 0.25
) -> NDArray[np.float32]:
    """`each` unit vectors around every centre, in order of the centres."""
    rng = np.random.default_rng(seed)
    dim = len(centres[0])
    rows = np.repeat(np.asarray(centres), each, axis=0)
    rows = rows + noise * rng.normal(size=rows.shape) / np.sqrt(dim)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def axes(n: int, *, dim: int = 32) -> list[NDArray[np.float64]]:
    """The first n unit axes: themes that have nothing in common."""
    return list(np.eye(dim)[:n])


def themed(n_themes: int = 6, each: int = 10, *, seed: int = 0) -> VideoTable:
    """Theme t holds the ids t * each + 1 ... (t + 1) * each."""
    return table(around(axes(n_themes), each, seed=seed))
