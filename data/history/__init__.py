"""What people watched, liked and disliked, and forgetting it."""

from data.history.event_file import EVENT_COLUMNS, EventKind, EventRow, iter_rows
from data.history.history import (
    Event,
    Forgotten,
    History,
    HistoryMark,
    ImportReport,
    events_since,
    mark_history,
)
from data.history.impressions import Impression, Impressions

__all__ = [
    "EVENT_COLUMNS",
    "Event",
    "EventKind",
    "EventRow",
    "Forgotten",
    "History",
    "HistoryMark",
    "ImportReport",
    "Impression",
    "Impressions",
    "events_since",
    "iter_rows",
    "mark_history",
]
