"""One SQLite file, opened so that a commit is on the disk when it returns."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from data.catalogue.guard.mark import count_commit, lost_commits, mark_in, take_up, write_mark
from data.catalogue.guard.memory_copy import MemoryCopy
from data.catalogue.naming.spelling import name_key, person_name, tag_key
from data.catalogue.schema.people_tables import metadata
from data.catalogue.schema.tables import AFTER_CREATION, MIGRATIONS, SCHEMA_VERSION
from data.catalogue.values import row_sum, sql
from data.disk_errors import (
    CANNOT_WRITE,
    damaged_database,
    is_busy,
    known_error,
    sqlite_code,
)
from data.durable import crash_point
from data.errors import CannotWrite, ReelwiseError
from data.home import Home
from data.toons.names import is_toon

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another one's commit; commits of this project take milliseconds."""

_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    # Sorting and VACUUM work in memory: no rows of a person in /tmp, no need of room there.
    "PRAGMA temp_store=MEMORY",
)

SQL_FUNCTIONS: dict[str, Callable[..., str | int]] = {
    "name_key": name_key,
    "person_name": person_name,
    "tag_key": tag_key,
    "row_sum": row_sum,
    "is_toon": lambda path: int(is_toon(Path(path))),
}
"""What statements may call on values of a row."""

_CLOSED = "closed_to_others"
_READ_META = sql("SELECT value FROM meta WHERE key = :key")
_PUT_META = sql(
    "INSERT INTO meta (key, value) VALUES (:key, :value)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_DROP_META = sql("DELETE FROM meta WHERE key = :key")
_COUNT_CHANGE = sql("UPDATE meta SET value = value + 1 WHERE key = 'changes'")


class Database:
    """The catalogue's file: connections, transactions, and the small `meta` table.

    Threads may share one; every transaction takes its own connection. What can be read is read: on
    a read-only disk, without rights to write, space or inodes it asks a copy in memory, which is
    made anew when the file has changed, and only `writing` is refused.

    Args:
        home: The library; folder and file are made when they are missing.

    Raises:
        ReelwiseError: The file is no SQLite database, or another version of reelwise wrote it.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self._copying = threading.Lock()
        self._copy: MemoryCopy | None = None
        self._closed = False
        self._file = _engine(f"{home.catalogue.as_uri()}?mode=rw")
        try:
            home.make_catalogue()
            self._open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close every connection; the object is useless afterwards."""
        self._file.dispose()
        if self._copy is not None:
            self._copy.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_copy(self) -> bool:
        """The file cannot be opened where it lies: what is read is a copy in memory."""
        return self._copy is not None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give one consistent view of the whole database, whatever others commit meanwhile.

        Raises:
            ReelwiseError: The disk refused it.
        """
        with self._known_errors(), self._connect() as connection:
            yield connection

    @contextmanager
    def writing(self, point: str, *, changes_library: bool = True) -> Iterator[Connection]:
        """Run one transaction; it is durable when the block ends, and gone when it raises.

        Args:
            point: Prefix of the crash points `.before_commit` and `.after_commit`.
            changes_library: Count it in `changes`, so that open searchers look again.

        Raises:
            CannotWrite: The home can only be read, or its disk is full.
        """
        if self._copy is not None:
            self._back_to_file()
        with self._writing(point, changes_library=changes_library) as connection:
            take_up(connection, mark_in(self.home.catalogue_mark))
            self._close_to_others(connection)
            yield connection

    def _close_to_others(self, connection: Connection) -> None:
        # Once a home: homes of earlier versions could be read by every user of the machine. Whoever
        # gives a group rights on it afterwards keeps them.
        if self._closed:
            return
        if read_meta(connection, _CLOSED) is None and self.home.close_to_others():
            put_meta(connection, _CLOSED, "1")
        self._closed = True

    @contextmanager
    def _writing(self, point: str, *, changes_library: bool) -> Iterator[Connection]:
        with (
            self._known_errors(),
            self._file.connect().execution_options(writes=True) as connection,
        ):
            with connection.begin():
                yield connection
                if changes_library:
                    connection.execute(_COUNT_CHANGE)
                mark = count_commit(connection)
                crash_point(f"{point}.before_commit")
            crash_point(f"{point}.after_commit")
            write_mark(self.home.catalogue_mark, mark)

    @contextmanager
    def _known_errors(self) -> Iterator[None]:
        """Say what the disk, its rights or a lock refused in the user's words."""
        try:
            yield
        except UnicodeDecodeError as error:
            raise damaged_database("a text in it is none", self.home.catalogue) from error
        except DatabaseError as error:
            known = known_error(error, self.home.catalogue)
            if sqlite_code(error) == sqlite3.SQLITE_ERROR or known is None:
                raise  # a wrong statement: a fault of ours
            if isinstance(known, CannotWrite):
                self._file.dispose()  # a file that was opened to be read only stays so: open anew
            raise known from error

    def changes(self) -> int:
        """Count the transactions that changed what is searchable: a cheap sign to look again."""
        return int(self.get_meta("changes") or 0)

    def lost_commits(self) -> int:
        """Count the changes that were committed to this library and that its catalogue lacks.

        An older copy of the catalogue was brought back, or its log was damaged.
        """
        with self.reading() as connection:
            return lost_commits(connection, mark_in(self.home.catalogue_mark))

    def accept_loss(self) -> int:
        """Take the catalogue as it is from now on; gives the `lost_commits` until now."""
        lost = self.lost_commits()
        if lost:
            self.set_meta({"lost_commits": None})
        return lost

    def get_meta(self, key: str) -> str | None:
        """Read one value of the `meta` table; None where absent."""
        with self.reading() as connection:
            return read_meta(connection, key)

    def set_meta(self, values: dict[str, str | None]) -> None:
        """Write several values of the `meta` table in one transaction; None removes a key."""
        with self.writing("meta") as connection:
            for key, value in values.items():
                if value is None:
                    connection.execute(_DROP_META, {"key": key})
                else:
                    put_meta(connection, key, value)

    def empty_log(self) -> bool:
        """Work the log into the file, where nobody is reading or writing just now.

        Returns:
            False where somebody was, or the disk refused it: the log stays as it is.
        """
        if self._copy is not None:
            return False
        try:
            raw = self._file.raw_connection()
            try:
                raw.cursor().execute("PRAGMA busy_timeout=0")
                return not raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                raw.invalidate()  # its patience is not that of the others
                raw.close()
        except (sqlite3.Error, DatabaseError):
            return False

    def scrub(self, *, patient: bool = True) -> None:
        """Rewrite the whole file and empty its log, so that no byte of deleted rows stays in them.

        Args:
            patient: Wait up to `BUSY_TIMEOUT_MS` for processes that hold on to old pages.

        Raises:
            CannotWrite: The disk has no room for it.
            ReelwiseError: Another process held on to them.
        """
        try:
            busy = self._rewrite(patient)
        except (sqlite3.DatabaseError, DatabaseError) as error:
            if not is_busy(error):
                raise unscrubbed(error, self.home) from error
            busy = True
        if busy:
            raise ReelwiseError(
                "rows are deleted, but another process still reads the file's old pages",
                fix="run the same command again when no search or index is running",
            )

    def _rewrite(self, patient: bool) -> bool:
        """Give whether another process kept the log from being emptied."""
        raw = self._file.raw_connection()
        try:
            if not patient:
                raw.cursor().execute("PRAGMA busy_timeout=0")
            raw.cursor().execute("VACUUM")
            crash_point("scrub.after_vacuum")
            return bool(raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        finally:
            if not patient:
                raw.invalidate()  # the pool must not give it out again
            raw.close()

    def _connect(self) -> Connection:
        """Connect to the file, else to a copy in memory that is as new as the file."""
        if self._copy is None:
            try:
                return self._file.connect()
            except DatabaseError as error:
                if sqlite_code(error) not in CANNOT_WRITE:
                    raise
        return self._current_copy().engine.connect()

    def _current_copy(self) -> MemoryCopy:
        with self._copying:
            if self._copy is None or not self._copy.is_current():
                old = self._copy
                try:
                    self._copy = MemoryCopy(self.home.catalogue, _engine, self._bring_up_to_date)
                except OSError as error:
                    raise known_error(error, self.home.catalogue) or error from error
                if old is not None:
                    old.close()
            return self._copy

    def _back_to_file(self) -> None:
        """Leave the copy where the file can be opened again: the disk has room, or rights came.

        Raises:
            CannotWrite: It still cannot.
        """
        self._prepare_file()
        with self._copying:
            if self._copy is not None:
                self._copy.close()
                self._copy = None

    def _open(self) -> None:
        """Bring the file up to date; one that cannot be written is read as it is."""
        with self.reading() as connection:
            version = self._schema_version(connection)
        if version == SCHEMA_VERSION or self._copy is not None:
            return
        try:
            self._prepare_file()
        except ReelwiseError as error:
            if not isinstance(error, CannotWrite) and not is_busy(error.__cause__):
                raise
            self._current_copy()

    def _prepare_file(self) -> None:
        # One transaction: a kill leaves the old version whole, and the next start begins again.
        with self._writing("schema", changes_library=False) as connection:
            self._bring_up_to_date(connection)

    def _bring_up_to_date(self, connection: Connection) -> None:
        version = self._schema_version(connection)  # another process may have been first
        if version == SCHEMA_VERSION:
            return
        if version is None:
            metadata.create_all(connection)
            for statement in AFTER_CREATION:
                connection.execute(sql(statement))
            put_meta(connection, "changes", "0")
        else:
            for number in range(version, SCHEMA_VERSION):
                for statement in MIGRATIONS[number]:
                    connection.execute(sql(statement))
        put_meta(connection, "schema_version", str(SCHEMA_VERSION))
        take_up(connection, mark_in(self.home.catalogue_mark))

    def _schema_version(self, connection: Connection) -> int | None:
        """Give the version of the tables; None for an empty file.

        Raises:
            ReelwiseError: There is no migration from that version.
        """
        if not inspect(connection).has_table("meta"):
            return None
        value = read_meta(connection, "schema_version") or ""
        version = int(value) if value.isdigit() else -1
        if version != SCHEMA_VERSION and version not in MIGRATIONS:
            raise ReelwiseError(
                f"the catalogue {self.home.catalogue} has schema version {value or 'unknown'}; "
                f"this reelwise reads versions {min(MIGRATIONS)} to {SCHEMA_VERSION}",
                fix="run the reelwise that wrote it, or name an empty folder with --home DIR",
            )
        return version


def read_meta(connection: Connection, key: str) -> str | None:
    """Read one value of the `meta` table inside the caller's transaction; None where absent."""
    value: str | None = connection.execute(_READ_META, {"key": key}).scalar()
    return value


def put_meta(connection: Connection, key: str, value: str) -> None:
    """Write one value of the `meta` table inside the caller's transaction."""
    connection.execute(_PUT_META, {"key": key, "value": value})


def _engine(address: str) -> Engine:
    """Give an engine for an SQLite address, `file:...?...`; nothing is opened or made yet."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
        poolclass=QueuePool,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # None: `_begin` opens the transactions, not the driver.
    connection.isolation_level = None
    for name, function in SQL_FUNCTIONS.items():
        connection.create_function(name, -1, function, deterministic=True)
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    # A reader that turned writer midway could fail with "busy" whatever the timeout: writers say so
    # at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def unscrubbed(error: BaseException, home: Home) -> ReelwiseError:
    """Make the error for bytes of deleted rows that stay where they were."""
    known = known_error(error, home.catalogue)
    if known is None:
        return ReelwiseError(str(error), fix="run the same command again")
    known.problem = f"rows are deleted, but the file could not be rewritten: {known.problem}"
    return known
