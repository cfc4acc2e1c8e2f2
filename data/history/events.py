"""Events as they are stored, and how far a history has come."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from data.catalogue.database import Database
from data.catalogue.schema.tables import EVENT_SUM
from data.catalogue.values import from_micros, now_micros, row_sum, sql
from data.history.marks import HistoryMark, read_mark
from data.history.rows.event_row import EVENT_KINDS, EventKind, EventSource
from data.history.rows.times import not_after

EVENT_VALUE_NAMES = (
    *("user", "video_id", "video_ref", "at", "watched_s", "duration_s", "kind"),
    *("source", "client_id", "client_number"),
)
"""The columns that an event consists of, in the order of its checksum."""
EVENT_VALUES = (
    'SELECT "user", video_id, video_ref, at, watched_s, duration_s, kind, source, client_id,'
    " client_number, row_sum, id FROM events"
)
_AFTER = sql(f"{EVENT_VALUES} WHERE id > :last_id ORDER BY id")
_UNUSABLE = sql(
    "SELECT count(*) FROM events WHERE typeof(at) <> 'integer' OR typeof(\"user\") <> 'text'"
    " OR typeof(video_ref) <> 'text' OR kind NOT IN :kinds"
    f" OR (row_sum IS NOT NULL AND row_sum <> {EVENT_SUM})",
    "kinds",
)


@dataclass(frozen=True)
class Event:
    """One thing that one user did with one video."""

    user: str
    """User name."""
    video_id: int | None
    """The video; None while the library does not know it."""
    video_ref: str
    """What the video was called when the event came in."""
    at: datetime
    """When, UTC; never after the moment of asking."""
    watched_s: float | None
    """Seconds watched, where known."""
    duration_s: float | None
    """Length of the video as the event's source gave it, where known."""
    kind: EventKind
    """`view`, `like`, `dislike` (recommend less like this) or `hide` (never this one again)."""
    source: EventSource | None = field(default=None, compare=False)
    """Where it came from; None where an older version stored it. Events that differ in this and in
    what follows alone are equal."""
    client_id: str | None = field(default=None, compare=False)
    """What its reporter calls it; no other event of the library has it."""
    client_number: int | None = field(default=None, compare=False)
    """Number of the last report of a series."""
    id: int = field(default=0, compare=False)
    """Its number, by which it is changed and removed; 0 for one that is not stored."""

    def as_row(self) -> dict[str, str | float | None]:
        """Give the values as an events file holds them, by column."""
        return {
            "user": self.user,
            "video": self.video_ref,
            "at": self.at.isoformat(),
            "watched_s": self.watched_s,
            "duration_s": self.duration_s,
            "kind": self.kind,
        }


def mark_history(catalogue: Database) -> HistoryMark:
    """Give the mark of the history as it is now: one row is read, whatever its size."""
    with catalogue.reading() as connection:
        return read_mark(connection)


def events_since(catalogue: Database, mark: HistoryMark) -> tuple[HistoryMark, list[Event]] | None:
    """Give the events that came after a mark, and the mark that includes them.

    Returns:
        None where more has changed than events added (one was changed or removed, a user was
        forgotten): then everything has to be read again.
    """
    with catalogue.reading() as connection:
        now = read_mark(connection)
        rows = connection.execute(_AFTER, {"last_id": mark.last_id}).all()
    n_known = sum(row.video_id is not None for row in rows)
    grown = replace(
        mark,
        n_events=mark.n_events + len(rows),
        n_resolved=mark.n_resolved + n_known,
        last_id=now.last_id,
    )
    if now != grown:
        return None
    return now, usable_events(rows)


def unusable_events(catalogue: Database) -> int:
    """Count the stored events that `usable_events` leaves out: a damaged file, or other writers."""
    with catalogue.reading() as connection:
        return int(connection.execute(_UNUSABLE, {"kinds": list(EVENT_KINDS)}).scalar_one())


def usable_events(
    rows: Iterable[Any], video_of: Callable[[str], int | None] = lambda _: None
) -> list[Event]:
    """Give the events of stored rows; what one row holds spoils no other.

    A time ahead of now counts as now, and one beyond the calendar as its end: clocks were wrong,
    and older versions took such times. Seconds that are no length are unknown. A row without a
    usable name, time or kind, or that is not as it was written, is left out; `unusable_events`
    counts them.

    Args:
        rows: As `EVENT_VALUES` selects them.
        video_of: Finds the video of a reference that had none when the event was stored.
    """
    now = now_micros()
    found = []
    for *values, written, number in rows:
        if written not in (None, row_sum(*values)):
            continue
        user, video_id, video_ref, at, watched_s, duration_s, kind, source, client, n = values
        texts = isinstance(user, str) and isinstance(video_ref, str)
        if not texts or not isinstance(at, int) or kind not in EVENT_KINDS:
            continue
        video = video_of(video_ref) if video_id is None else video_id
        when = from_micros(not_after(at, now))
        seconds = _length(watched_s), _length(duration_s)
        found.append(Event(user, video, video_ref, when, *seconds, kind, source, client, n, number))
    return found


def _length(stored: object) -> float | None:
    known = isinstance(stored, int | float) and math.isfinite(stored) and stored >= 0
    return float(stored) if known and isinstance(stored, int | float) else None
