"""One SQLite file, opened so that a commit is on the disk when it returns."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import URL, Connection, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError

from data.catalogue.names import name_key
from data.catalogue.tables import MIGRATIONS, SCHEMA_VERSION, metadata
from data.catalogue.values import sql
from data.durable import crash_point
from data.errors import ReelwiseError
from data.home import Home

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another one's commit; commits of this project take milliseconds."""

_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)

SQL_FUNCTIONS = {"name_key": name_key}
"""What steps of `MIGRATIONS` may call on a text."""

_READ_META = sql("SELECT value FROM meta WHERE key = :key")
_PUT_META = sql(
    "INSERT INTO meta (key, value) VALUES (:key, :value)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_DROP_META = sql("DELETE FROM meta WHERE key = :key")
_COUNT_CHANGE = sql("UPDATE meta SET value = value + 1 WHERE key = 'changes'")


class Database:
    """The catalogue's file: connections, transactions, and the small `meta` table.

    Threads may share one; every transaction takes its own connection.

    Args:
        home: The library; the file is made when it is missing.

    Raises:
        ReelwiseError: The file is no SQLite database, or another version of reelwise wrote it.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self._engine = create_engine(URL.create("sqlite", database=str(home.catalogue)))
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        try:
            self._prepare_schema()
        except DatabaseError as error:
            self._engine.dispose()
            raise ReelwiseError(
                f"the catalogue {home.catalogue} cannot be opened: {error.orig}",
                fix="check the disk and the permissions, or bring the file back from a backup",
            ) from error
        except ReelwiseError:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close every connection; the object is useless afterwards."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give one consistent view of the whole database, whatever others commit meanwhile."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, point: str, *, changes_library: bool = True) -> Iterator[Connection]:
        """Run one transaction; it is durable when the block ends, and gone when it raises.

        Args:
            point: Prefix of the crash points `.before_commit` and `.after_commit`.
            changes_library: Count it in `changes`, so that open searchers look again.
        """
        with self._engine.connect().execution_options(writes=True) as connection:
            with connection.begin():
                yield connection
                if changes_library:
                    connection.execute(_COUNT_CHANGE)
                crash_point(f"{point}.before_commit")
            crash_point(f"{point}.after_commit")

    def changes(self) -> int:
        """Count the transactions that changed what is searchable: a cheap sign to look again."""
        return int(self.get_meta("changes") or 0)

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

    def scrub(self) -> None:
        """Rewrite the whole file and empty its log, so that no byte of deleted rows stays in them.

        Raises:
            ReelwiseError: Another process held on to the old pages for `BUSY_TIMEOUT_MS`.
        """
        raw = self._engine.raw_connection()
        try:
            raw.cursor().execute("VACUUM")
            crash_point("scrub.after_vacuum")
            busy = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError:
            busy = 1
        finally:
            raw.close()
        if busy:
            raise ReelwiseError(
                "rows are deleted, but another process still reads the file's old pages",
                fix="run the same command again when no search or index is running",
            )

    def _prepare_schema(self) -> None:
        with self.reading() as connection:
            version = self._schema_version(connection)
        if version == SCHEMA_VERSION:
            return
        # One transaction: a kill leaves the old version whole, and the next start begins again.
        with self.writing("schema", changes_library=False) as connection:
            version = self._schema_version(connection)  # another process may have been first
            if version is None:
                metadata.create_all(connection)
                put_meta(connection, "changes", "0")
            else:
                for number in range(version, SCHEMA_VERSION):
                    for statement in MIGRATIONS[number]:
                        connection.execute(sql(statement))
            put_meta(connection, "schema_version", str(SCHEMA_VERSION))

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


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # None: `_begin` opens the transactions, not the driver.
    connection.isolation_level = None
    for name, function in SQL_FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    # A reader that turned writer midway could fail with "busy" whatever the timeout: writers say so
    # at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
