"""What came into the watch history since somebody last looked, without reading all of it again."""

from __future__ import annotations

from dataclasses import dataclass

from data.catalogue.catalogue import Catalogue
from data.catalogue.database import from_micros
from data.history.history import Event

_MARK = "SELECT COUNT(*), COUNT(video_id), COALESCE(MAX(id), 0) FROM events"
_SINCE = (
    "SELECT user, video_id, video_ref, at, watched_s, duration_s, kind FROM events"
    " WHERE id > ? ORDER BY id"
)


@dataclass(frozen=True)
class HistoryMark:
    """How far a watch history has come: equal marks mean the same events."""

    n_events: int
    """Events kept."""
    n_resolved: int
    """Of these, events whose video is written down."""
    last_id: int
    """Number of the newest event; numbers are never used again."""


def mark_history(catalogue: Catalogue) -> HistoryMark:
    """Tell how far the history has come."""
    with catalogue.reading() as connection:
        return HistoryMark(*connection.exec_driver_sql(_MARK).one())


def events_since(catalogue: Catalogue, mark: HistoryMark) -> tuple[HistoryMark, list[Event]] | None:
    """Give the events that came after a mark, and the mark that includes them.

    Returns:
        None where more has changed than events added (a person was forgotten, an old event found
        its video): then everything has to be read again.
    """
    with catalogue.reading() as connection:
        now = HistoryMark(*connection.exec_driver_sql(_MARK).one())
        rows = connection.exec_driver_sql(_SINCE, (mark.last_id,)).all()
    n_known = sum(row.video_id is not None for row in rows)
    grown = HistoryMark(mark.n_events + len(rows), mark.n_resolved + n_known, now.last_id)
    if grown != now:
        return None
    return now, [Event(r[0], r[1], r[2], from_micros(r[3]), r[4], r[5], r[6]) for r in rows]
