"""Adding the rows of a file to a history: each row is added, known already, or refused by line."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.naming.names import VideoNames
from data.catalogue.values import chunks, now_micros, row_sum, sql
from data.errors import ReelwiseError
from data.history.marks import read_mark
from data.history.rows.event_file import HowToRead, Outcome, open_events
from data.history.rows.event_row import EventRow, EventSource
from data.history.rows.netflix import PassedOver
from data.history.rows.people import person
from data.history.rows.times import in_words, is_future

# Every transaction writes the pages again that its rows fall into, all over the indexes.
_ROWS_PER_TRANSACTION = 20_000
_MAX_EXAMPLES = 3
# An export gives times to rows that came without: the same event then has another fingerprint.
# And a view that a player reports grows: an export of before holds fewer seconds of it.
_SAME = (
    'SELECT 1 FROM events WHERE "user" = :user AND at = :at AND video_ref = :video_ref'
    " AND kind = :kind AND duration_s IS :duration_s AND (watched_s IS :watched_s"
    " OR client_number IS NOT NULL AND coalesce(watched_s >= :watched_s, :watched_s IS NULL))"
)
_ROOM_FOR_INDEXES = "PRAGMA cache_size=-32768"  # KiB: with less, pages are read and written twice
# For the driver itself: SQLAlchemy takes longer over the values of a row than SQLite.
_PUT = (
    'INSERT INTO events ("user", video_id, video_ref, at, watched_s, duration_s, kind, source,'
    " fingerprint, row_sum) SELECT :user, :video_id, :video_ref, :at, :watched_s, :duration_s,"
    " :kind, :source, :fingerprint, :row_sum"
    f" WHERE NOT EXISTS ({_SAME}) ON CONFLICT (fingerprint) DO NOTHING"
)
_KNOWN = sql(
    f"SELECT EXISTS (SELECT 1 FROM events WHERE fingerprint = :fingerprint) OR EXISTS ({_SAME})"
)
_ADDED = sql(
    "SELECT count(*) AS added, count(*) - count(e.video_id) AS unresolved,"
    " coalesce(sum(e.watched_s > 1.1 * coalesce(nullif(e.duration_s, 0), v.duration_s)), 0)"
    " AS over_length FROM events e LEFT JOIN videos v ON v.id = e.video_id WHERE e.id > :last_id"
)
_UNRESOLVED = sql(
    "SELECT DISTINCT video_ref FROM events WHERE id > :last_id AND video_id IS NULL"
    f" LIMIT {_MAX_EXAMPLES}"
)


@dataclass
class ImportReport:
    """What became of a file's rows: every one is counted once.

    `rows` = `added` + `duplicates` + the rows of `bad_rows` + those of `passed_over`.
    """

    rows: int = 0
    """Rows of the file that are not blank."""
    added: int = 0
    """New events."""
    duplicates: int = 0
    """Rows that were known already, or stood twice in the file."""
    unresolved: int = 0
    """Of the new events, those whose video the library does not know (yet)."""
    unresolved_refs: list[str] = field(default_factory=list)
    """The first few of their videos, as the file calls them."""
    over_length: int = 0
    """Of the new events, those that say more seconds than the video is long: it was finished."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """Rows that tell of no video that was watched, by what they tell of: trailers."""
    bad_rows: list[tuple[int, str]] = field(default_factory=list)
    """(line, reason) of rows that are not events; nothing of them was kept."""
    told: str = ""
    """What the file was taken for."""
    dry_run: bool = False
    """Nothing was written: what would have been done."""

    def note_unresolved(self, n_events: int, refs: Sequence[str]) -> None:
        """Count events whose video is not known, and keep a few of their videos as examples."""
        self.unresolved += n_events
        examples = dict.fromkeys([*self.unresolved_refs, *refs])
        self.unresolved_refs = list(examples)[:_MAX_EXAMPLES]

    def require_whole(self) -> None:
        """Check that every row is accounted for.

        Raises:
            ValueError: One is not: a fault in reelwise.
        """
        known = self.added + self.duplicates + self.passed_over.total() + len(self.bad_rows)
        if known != self.rows:
            raise ValueError(f"{self.rows} rows were read, {known} are accounted for")


def check_events(path: Path, how: HowToRead) -> None:
    """Refuse a file that cannot be imported, by its columns and first row.

    Raises:
        ReelwiseError: It cannot be read, lacks columns, or is read in a way that does not fit it.
    """
    if how.user is not None:
        person(how.user)
    with open_events(path, how) as file:
        next(file.rows, None)


def import_events(
    catalogue: Database,
    names: VideoNames,
    path: Path,
    how: HowToRead,
    *,
    dry_run: bool = False,
) -> ImportReport:
    """Add the events of a file, as `History.import_file` describes.

    Raises:
        ReelwiseError: The file cannot be read (any further); events before that stay.
    """
    report = ImportReport(dry_run=dry_run)
    put = _Trial(catalogue, names, report) if dry_run else _Writer(catalogue, names, report)
    try:
        with open_events(path, how) as file:
            report.told = file.told
            for rows in chunks(_good_rows(file.rows, report), _ROWS_PER_TRANSACTION):
                put(rows)
    except ReelwiseError as error:
        if not report.rows:
            raise
        done = f"{report.added:,} events of the rows before are added"
        raise ReelwiseError(f"{error.problem}; {done}", fix=error.fix) from error
    report.bad_rows.sort()
    report.require_whole()
    return report


def add_row(catalogue: Database, row: EventRow, video_id: int | None, source: EventSource) -> int:
    """Add one event, durably; an event of that very microsecond is known already.

    Returns:
        Its time as it is stored: now where the row has none, or one that is a little ahead.

    Raises:
        ReelwiseError: Its time lies in the future.
    """
    values = row_values(row, video_id, source)
    with catalogue.writing("history.add", changes_library=False) as connection:
        connection.exec_driver_sql(_PUT, values)
    return int(values["at"])


def row_values(row: EventRow, video_id: int | None, source: EventSource) -> dict[str, Any]:
    """Give what is stored of an event that comes in now, by column.

    Raises:
        ReelwiseError: Its time lies in the future.
    """
    now = now_micros()
    if row.at_micros is not None and is_future(row.at_micros, now):
        raise ReelwiseError(_too_late(row.at_micros), fix="give a time that is not after now")
    return _values(row, video_id, now, source)


def _good_rows(
    rows: Iterator[tuple[int, Outcome]], report: ImportReport
) -> Iterator[tuple[int, EventRow]]:
    for line, row in rows:
        report.rows += 1
        if isinstance(row, str):
            report.bad_rows.append((line, row))
        elif isinstance(row, PassedOver):
            report.passed_over[row.reason] += 1
        else:
            yield line, row


class _Writer:
    """Adds rows, several thousand in a transaction, and reports."""

    def __init__(self, catalogue: Database, names: VideoNames, report: ImportReport) -> None:
        self.catalogue = catalogue
        self.names = names
        self.report = report

    def __call__(self, rows: Sequence[tuple[int, EventRow]]) -> None:
        now = now_micros()
        values = [(line, _values(row, self.names.only(row.video_ref), now)) for line, row in rows]
        with self.catalogue.writing("history.add", changes_library=False) as connection:
            connection.exec_driver_sql(_ROOM_FOR_INDEXES)
            before = read_mark(connection)
            timely = [one for line, one in values if self.is_timely(connection, line, one, now)]
            if timely:
                connection.exec_driver_sql(_PUT, timely)
            added, unresolved, over_length = connection.execute(
                _ADDED, {"last_id": before.last_id}
            ).one()
            refs = connection.scalars(_UNRESOLVED, {"last_id": before.last_id}).all()
        self.report.added += added
        self.report.duplicates += len(timely) - added
        self.report.note_unresolved(unresolved, refs)
        self.report.over_length += over_length

    def is_timely(
        self, connection: Connection, line: int, values: dict[str, Any], now: int
    ) -> bool:
        """Report a row of the future: known already, from a clock that was wrong, or refused."""
        given = values["given_at"]
        if not is_future(given, now):
            return True
        if connection.execute(_KNOWN, values).scalar():
            self.report.duplicates += 1
        else:
            self.report.bad_rows.append((line, _too_late(given)))
        return False


class _Trial(_Writer):
    """Reports what `_Writer` would do, and writes nothing."""

    def __init__(self, catalogue: Database, names: VideoNames, report: ImportReport) -> None:
        super().__init__(catalogue, names, report)
        self._seen: set[str] = set()

    def __call__(self, rows: Sequence[tuple[int, EventRow]]) -> None:
        now = now_micros()
        with self.catalogue.reading() as connection:
            for line, row in rows:
                values = _values(row, self.names.only(row.video_ref), now)
                if not self.is_timely(connection, line, values, now):
                    continue
                known = values["fingerprint"] in self._seen
                if known or connection.execute(_KNOWN, values).scalar():
                    self.report.duplicates += 1
                else:
                    self._seen.add(values["fingerprint"])
                    self.report.added += 1
                    if values["video_id"] is None:
                        self.report.note_unresolved(1, [row.video_ref])


def _values(
    row: EventRow, video_id: int | None, now: int, source: EventSource = "import"
) -> dict[str, Any]:
    user, video_ref, at_micros, watched_s, duration_s, kind = row
    given = now if at_micros is None else at_micros
    at = given if is_future(given, now) else min(given, now)
    return {
        "user": user,
        "video_ref": video_ref,
        "watched_s": watched_s,
        "duration_s": duration_s,
        "kind": kind,
        "given_at": given,
        "at": at,
        "video_id": video_id,
        "source": source,
        "fingerprint": _fingerprint(row),
        "row_sum": row_sum(user, video_id, video_ref, at, watched_s, duration_s, kind, source),
    }


def _too_late(micros: int) -> str:
    return f"at is {in_words(micros)}, in the future: the clock that gave it was wrong"


def _fingerprint(row: EventRow) -> str:
    """Give equal rows equal texts: two rows with the same values are one event."""
    return hashlib.blake2b(_as_json(row).encode(), digest_size=16).hexdigest()


def _as_json(row: EventRow) -> str:
    """Give `json.dumps(list(row))`, of which fingerprints are made, in a third of its time."""
    user, video_ref, at_micros, watched_s, duration_s, kind = row
    numbers = ["null" if one is None else repr(one) for one in (at_micros, watched_s, duration_s)]
    return f'[{quoted(user)}, {quoted(video_ref)}, {", ".join(numbers)}, "{kind}"]'
