"""What users watched, liked and disliked; it leaves the library only when its owner says so."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data.catalogue.catalogue import Catalogue
from data.catalogue.names import VideoNames
from data.catalogue.values import chunks, from_micros, now_micros, sql, to_micros
from data.durable import crash_point
from data.history.event_file import EVENT_KINDS, EventKind, EventRow, iter_rows
from data.history.forgetting import Export, begin_forgetting, finish_forgetting, last_export

_ROWS_PER_TRANSACTION = 5_000
_EVENTS = 'SELECT "user", video_id, video_ref, at, watched_s, duration_s, kind FROM events'
_OF_ALL = sql(f"{_EVENTS} WHERE :until IS NULL OR at < :until ORDER BY at, id")
_OF_USER = sql(
    f'{_EVENTS} WHERE "user" = :user AND (:until IS NULL OR at < :until) ORDER BY at, id'
)
_AFTER = sql(f"{_EVENTS} WHERE id > :last_id ORDER BY id")
_USERS = sql('SELECT DISTINCT "user" FROM events ORDER BY 1')
_PUT_EVENT = sql(
    'INSERT INTO events ("user", video_id, video_ref, at, watched_s, duration_s, kind, fingerprint)'
    " VALUES (:user, :video_id, :video_ref, :at_micros, :watched_s, :duration_s, :kind,"
    " :fingerprint) ON CONFLICT (fingerprint) DO NOTHING"
)
_ADDED = sql(
    "SELECT count(*) AS added, count(*) - count(video_id) AS unresolved FROM events"
    " WHERE id > :last_id"
)
_DROP_EVENT = sql(
    'DELETE FROM events WHERE "user" = :user AND at = :at AND kind = :kind'
    " AND video_ref = :video_ref"
)
_DROP_EVENTS = sql('DELETE FROM events WHERE "user" = :user')
_DROP_IMPRESSIONS = sql('DELETE FROM impressions WHERE "user" = :user')
_MARK = sql("SELECT count(*), count(video_id), coalesce(max(id), 0) FROM events")


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
    """When, UTC."""
    watched_s: float | None
    """Seconds watched, where known."""
    duration_s: float | None
    """Length of the video as the event's source gave it, where known."""
    kind: EventKind
    """`view`, `like` or `dislike`."""

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


@dataclass(frozen=True)
class Forgotten:
    """What was removed when a user was forgotten."""

    events: int
    """Events."""
    impressions: int
    """Rows of the log of what was recommended."""
    models: int
    """Models that had been fitted on all users' events."""
    export: Export | None
    """The last copy of a model that left the home: it is out of reach."""


@dataclass
class ImportReport:
    """What became of a file's rows."""

    added: int = 0
    """New events."""
    duplicates: int = 0
    """Rows that were known already, or stood twice in the file."""
    unresolved: int = 0
    """Of the new events, those whose video the library does not know yet."""
    bad_rows: list[tuple[int, str]] = field(default_factory=list)
    """(line, reason) of rows that are not events; nothing of them was kept."""


@dataclass(frozen=True)
class HistoryMark:
    """How far a watch history has come: equal marks mean the same events."""

    n_events: int
    """Events kept."""
    n_resolved: int
    """Of these, events that were stored with their video."""
    last_id: int
    """Number of the newest event; numbers are never used again."""


class History:
    """The watch events of one library.

    Events may be added while another process indexes: they need no writer lock.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._names: tuple[int, VideoNames] | None = None

    def add(
        self,
        user: str,
        video_ref: str | int,
        *,
        watched_s: float | None = None,
        kind: EventKind = "view",
        at: datetime | None = None,
    ) -> Event:
        """Add one event; it is durable when this returns.

        Args:
            user: User name; any non-empty text.
            video_ref: Path, file name or id of the video; one that is not indexed yet is kept for
                later.
            watched_s: Seconds watched, >= 0.
            kind: `view`, `like` or `dislike`.
            at: When (with a time zone); None means now.

        Raises:
            ReelwiseError: `video_ref` fits several videos, or is the id of none.
            ValueError: Another argument is not as described.
        """
        valid_time = watched_s is None or watched_s >= 0
        if not user.strip() or kind not in EVENT_KINDS or not valid_time:
            raise ValueError(f"not an event: {user=}, {kind=}, {watched_s=}")
        if isinstance(video_ref, int):
            video_ref = str(self._catalogue.video(video_ref).path)
        elif len(self._video_names().find(video_ref)) > 1:
            self._catalogue.video(video_ref)  # raises: it names the candidates
        at_micros = to_micros(at) if at else now_micros()
        row = EventRow(user.strip(), video_ref, at_micros, watched_s, None, kind)
        self._insert([row], ImportReport())
        video_id = self._video_names().only(video_ref)
        return Event(row.user, video_id, video_ref, from_micros(at_micros), watched_s, None, kind)

    def remove(self, event: Event) -> bool:
        """Take back one event; False where there is no such event any more."""
        values = {
            "user": event.user,
            "at": to_micros(event.at),
            "kind": event.kind,
            "video_ref": event.video_ref,
        }
        with self._catalogue.writing("history.remove", changes_library=False) as connection:
            return bool(connection.execute(_DROP_EVENT, values).rowcount)

    def import_file(self, path: Path) -> ImportReport:
        """Add the events of a CSV or Parquet file; doing it twice changes nothing more.

        A row that is not an event is reported and the others are added. Rows without `at` get the
        time of the import.

        Raises:
            ReelwiseError: The file cannot be read at all, or lacks the columns `user` and `video`.
        """
        report = ImportReport()

        def good_rows() -> Iterator[EventRow]:
            for line, row in iter_rows(path):
                if isinstance(row, str):
                    report.bad_rows.append((line, row))
                else:
                    yield row

        for rows in chunks(good_rows(), _ROWS_PER_TRANSACTION):
            self._insert(rows, report)
        return report

    def events(self, user: str | None = None, *, until: datetime | None = None) -> list[Event]:
        """List events before `until` in order of time, of all users or of one."""
        values = {"until": None if until is None else to_micros(until)}
        with self._catalogue.reading() as connection:
            if user is None:
                rows = connection.execute(_OF_ALL, values).all()
            else:
                rows = connection.execute(_OF_USER, {**values, "user": user}).all()
        names = self._video_names()
        return [_event(row, names) for row in rows]

    def users(self) -> list[str]:
        """List the users who have events, by name."""
        with self._catalogue.reading() as connection:
            return list(connection.scalars(_USERS))

    def forget(self, user: str) -> Forgotten:
        """Delete a user: no byte of the name stays in the library, nor a model fitted on them.

        What was recommended to them goes too. The file is rewritten, even for a user without
        events: an earlier attempt may have been killed midway.

        Raises:
            ReelwiseError: Another process is reading old pages and did not let go in time; the
                events are deleted, running it again finishes the rest.
        """
        with self._catalogue.writing("history.forget", changes_library=False) as connection:
            events = connection.execute(_DROP_EVENTS, {"user": user}).rowcount
            impressions = connection.execute(_DROP_IMPRESSIONS, {"user": user}).rowcount
            if events:
                begin_forgetting(connection)
        models = finish_forgetting(self._catalogue)
        self._catalogue.scrub()
        crash_point("history.after_scrub")
        return Forgotten(events, impressions, models, last_export(self._catalogue))

    def _insert(self, rows: Sequence[EventRow], report: ImportReport) -> None:
        now, names = now_micros(), self._video_names()
        values = [
            {
                **row._asdict(),
                "at_micros": now if row.at_micros is None else row.at_micros,
                "video_id": names.only(row.video_ref),
                "fingerprint": _fingerprint(row),
            }
            for row in rows
        ]
        with self._catalogue.writing("history.add", changes_library=False) as connection:
            last_id = connection.execute(_MARK).one()[2]
            connection.execute(_PUT_EVENT, values)
            added, unresolved = connection.execute(_ADDED, {"last_id": last_id}).one()
        report.added += added
        report.duplicates += len(rows) - added
        report.unresolved += unresolved

    def _video_names(self) -> VideoNames:
        changes = self._catalogue.changes()
        if self._names is None or self._names[0] != changes:
            self._names = (changes, self._catalogue.video_names())
        return self._names[1]


def mark_history(catalogue: Catalogue) -> HistoryMark:
    """Give the mark of the history as it is now."""
    with catalogue.reading() as connection:
        return HistoryMark(*connection.execute(_MARK).one())


def events_since(catalogue: Catalogue, mark: HistoryMark) -> tuple[HistoryMark, list[Event]] | None:
    """Give the events that came after a mark, and the mark that includes them.

    Returns:
        None where more has changed than events added (a user was forgotten): then everything has
        to be read again.
    """
    with catalogue.reading() as connection:
        now = HistoryMark(*connection.execute(_MARK).one())
        rows = connection.execute(_AFTER, {"last_id": mark.last_id}).all()
    n_known = sum(row.video_id is not None for row in rows)
    if now != HistoryMark(mark.n_events + len(rows), mark.n_resolved + n_known, now.last_id):
        return None
    return now, [_event(row, None) for row in rows]


def _event(row: Any, names: VideoNames | None) -> Event:
    user, video_id, video_ref, at, watched_s, duration_s, kind = row
    if video_id is None and names is not None:
        video_id = names.only(video_ref)
    return Event(user, video_id, video_ref, from_micros(at), watched_s, duration_s, kind)


def _fingerprint(row: EventRow) -> str:
    """Give equal rows equal texts: two rows with the same values are one event."""
    return hashlib.blake2b(json.dumps(list(row)).encode(), digest_size=16).hexdigest()
