"""How far a watch history has come, in one row."""

from dataclasses import dataclass

from sqlalchemy import Connection

from data.catalogue.values import sql

# One row, kept by triggers: counting would read every event at each request.
_MARK = sql("SELECT n_events, n_resolved, last_id, n_rewritten, n_changed FROM history_counts")


@dataclass(frozen=True)
class HistoryMark:
    """How far a watch history has come: equal marks mean the same events."""

    n_events: int
    """Events kept."""
    n_resolved: int
    """Of these, events that were stored with their video."""
    last_id: int
    """Number of the newest event ever; numbers are never used again."""
    n_rewritten: int = 0
    """Events that were removed, or given to another person or video, until then."""
    n_changed: int = 0
    """How often an event got another kind, time or length, until then."""


def read_mark(connection: Connection) -> HistoryMark:
    """Give the mark inside the caller's transaction."""
    return HistoryMark(*connection.execute(_MARK).one())
