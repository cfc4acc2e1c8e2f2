"""What people watched, liked and disliked; it leaves the library only when its owner says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from data.catalogue.catalogue import Catalogue
from data.catalogue.database import from_micros, now_micros, to_micros
from data.catalogue.files import chunks
from data.catalogue.names import VideoNames
from data.durable import crash_point
from data.history.event_file import EVENT_KINDS, EventKind, EventRow, iter_rows
from data.history.forgetting import Export, begin_forgetting, finish_forgetting, last_export

_ROWS_PER_TRANSACTION = 5_000
_COLUMNS = "user, video_id, video_ref, at, watched_s, duration_s, kind"


@dataclass(frozen=True)
class Event:
    """One thing that one person did with one video."""

    user: str
    """Who."""
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
    """What went when a person was forgotten."""

    events: int
    """Events."""
    impressions: int
    """Rows of the log of what was recommended."""
    models: int
    """Models that had been fitted on everybody's events."""
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
    """(line, reason) of rows that are no events; nothing of them was kept."""


class History:
    """The watch events of one library.

    Events may be added while another process indexes: they need no writer lock.

    Args:
        catalogue: The library's catalogue.
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
            user: Who; any non-empty text.
            video_ref: Path, file name or id of the video; one that is not indexed yet is kept for
                later.
            watched_s: Seconds watched, >= 0.
            kind: `view`, `like` or `dislike`.
            at: When (with a time zone); None means now.

        Raises:
            ReelwiseError: `video_ref` fits several videos, or is the id of none.
            ValueError: Another argument is not as described.
        """
        if (
            not user.strip()
            or kind not in EVENT_KINDS
            or (watched_s is not None and not watched_s >= 0)
        ):
            raise ValueError(f"not an event: {user=}, {kind=}, {watched_s=}")
        if isinstance(video_ref, int):
            video_ref = str(self._catalogue.video(video_ref).path)
        elif len(self._video_names().find(video_ref)) > 1:
            self._catalogue.video(video_ref)
        at_micros = to_micros(at) if at else now_micros()
        row = EventRow(user.strip(), video_ref, at_micros, watched_s, None, kind)
        report = ImportReport()
        self._insert([row], report)
        video_id = self._video_names().only(video_ref)
        return Event(row.user, video_id, video_ref, from_micros(at_micros), watched_s, None, kind)

    def import_file(self, path: Path) -> ImportReport:
        """Add the events of a CSV or Parquet file; doing it twice changes nothing more.

        A row that is no event is reported and the others are added. Rows without `at` get the time
        of the import.

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
        """List events in order of time, all or one person's.

        Args:
            user: Only this person's.
            until: Only those before this instant.
        """
        conditions: list[str] = []
        values: list[str | int] = []
        if user is not None:
            conditions.append("user = ?")
            values.append(user)
        if until is not None:
            conditions.append("at < ?")
            values.append(to_micros(until))
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        query = f"SELECT {_COLUMNS} FROM events{where} ORDER BY at, id"
        with self._catalogue.reading() as connection:
            rows = connection.exec_driver_sql(query, tuple(values)).all()
        names = self._video_names()
        return [_event(row, names) for row in rows]

    def users(self) -> list[str]:
        """List the people who have events, by name."""
        with self._catalogue.reading() as connection:
            query = text("SELECT DISTINCT user FROM events ORDER BY user")
            return list(connection.scalars(query))

    def resolve(self) -> int:
        """Write down the videos of events that came in before their videos were indexed.

        `events` finds them in any case; this spares it the work.

        Returns:
            How many events found their video.
        """
        query = text("SELECT DISTINCT video_ref FROM events WHERE video_id IS NULL")
        with self._catalogue.reading() as connection:
            refs = list(connection.scalars(query))
        names = self._video_names()
        known = [(names.only(ref), ref) for ref in refs]
        found = 0
        for chunk in chunks((pair for pair in known if pair[0] is not None), 500):
            with self._catalogue.writing("history.resolve", changes_library=False) as connection:
                before = _total_changes(connection)
                connection.exec_driver_sql(
                    "UPDATE events SET video_id = ? WHERE video_ref = ? AND video_id IS NULL",
                    chunk,
                )
                found += _total_changes(connection) - before
        return found

    def forget(self, user: str) -> Forgotten:
        """Delete a person: no byte of the name stays in the library, nor a model fitted on them.

        What was recommended to them goes too. The file is rewritten, even for a person without
        events: an earlier attempt may have been killed midway.

        Returns:
            What went.

        Raises:
            ReelwiseError: Another process is reading old pages and did not let go in time; the
                events are deleted, running it again finishes the rest.
        """
        with self._catalogue.writing("history.forget", changes_library=False) as connection:
            gone = connection.execute(
                text("DELETE FROM events WHERE user = :user"), {"user": user}
            ).rowcount
            shown = connection.execute(
                text("DELETE FROM impressions WHERE user = :user"), {"user": user}
            ).rowcount
            if gone:
                begin_forgetting(connection)
        models = finish_forgetting(self._catalogue)
        self._catalogue.scrub()
        crash_point("history.after_scrub")
        return Forgotten(gone, shown, models, last_export(self._catalogue))

    def _insert(self, rows: Sequence[EventRow], report: ImportReport) -> None:
        now, names = now_micros(), self._video_names()
        values = [
            (
                row.user,
                names.only(row.video_ref),
                row.video_ref,
                now if row.at_micros is None else row.at_micros,
                row.watched_s,
                row.duration_s,
                row.kind,
                _fingerprint(row),
            )
            for row in rows
        ]
        with self._catalogue.writing("history.add", changes_library=False) as connection:
            first = _last_id(connection)
            before = _total_changes(connection)
            connection.exec_driver_sql(
                f"INSERT OR IGNORE INTO events ({_COLUMNS}, fingerprint)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            added = _total_changes(connection) - before
            unresolved = connection.exec_driver_sql(
                "SELECT count(*) FROM events WHERE id > ? AND video_id IS NULL", (first,)
            ).scalar_one()
        report.added += added
        report.duplicates += len(rows) - added
        report.unresolved += int(unresolved)

    def _video_names(self) -> VideoNames:
        changes = self._catalogue.changes()
        if self._names is None or self._names[0] != changes:
            self._names = (changes, self._catalogue.video_names())
        return self._names[1]


def _event(row: Sequence[Any], names: VideoNames) -> Event:
    user, video_id, video_ref, at, watched_s, duration_s, kind = row
    if video_id is None:
        video_id = names.only(video_ref)
    return Event(user, video_id, video_ref, from_micros(at), watched_s, duration_s, kind)


def _fingerprint(row: EventRow) -> str:
    """Tell equal rows: two rows with the same values are one event."""
    values = [
        row.user,
        row.video_ref,
        row.at_micros,
        row.watched_s,
        row.duration_s,
        row.kind,
    ]
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=16).hexdigest()


def _last_id(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM events").scalar_one())


def _total_changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())
