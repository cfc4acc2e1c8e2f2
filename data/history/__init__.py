"""What people watched, liked and disliked, and forgetting it."""

from data.history.events import (
    Event,
    events_since,
    mark_history,
    unusable_events,
)
from data.history.history import Forgotten, History
from data.history.importing import ImportReport, check_events
from data.history.impressions import Impression, Impressions
from data.history.marks import HistoryMark
from data.history.recorded import (
    EventPage,
    Origin,
    RecordedEvents,
    Reported,
    VideoState,
)
from data.history.rows.event_file import FileFormat, HowToRead, iter_rows
from data.history.rows.event_row import EVENT_COLUMNS, EVENT_KINDS, EventKind, EventRow, EventSource
from data.history.rows.netflix import DateOrder
from data.history.rows.people import person

__all__ = [
    "EVENT_COLUMNS",
    "EVENT_KINDS",
    "DateOrder",
    "Event",
    "EventKind",
    "EventPage",
    "EventRow",
    "EventSource",
    "FileFormat",
    "Forgotten",
    "History",
    "HistoryMark",
    "HowToRead",
    "ImportReport",
    "Impression",
    "Impressions",
    "Origin",
    "RecordedEvents",
    "Reported",
    "VideoState",
    "check_events",
    "events_since",
    "iter_rows",
    "mark_history",
    "person",
    "unusable_events",
]
