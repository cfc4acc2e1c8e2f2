"""One SQLite file, opened so that a commit is on the disk when it returns."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, create_engine, event, inspect, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError

from data.catalogue.tables import OLDER_VERSIONS, SCHEMA_VERSION, meta, metadata
from data.durable import crash_point
from data.errors import ReelwiseError
from data.home import Home

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another one's commit; commits of this project take milliseconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)


def to_micros(moment: datetime) -> int:
    """Give whole microseconds since 1970 of an aware time, as the tables store it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Give the aware UTC time of stored microseconds."""
    return _EPOCH + timedelta(microseconds=micros)


def now_micros() -> int:
    """Give the present instant as the tables store it."""
    return to_micros(datetime.now(UTC))


def path_text(path: Path) -> str:
    """Give a path as text that SQLite can hold, reversibly and keeping prefixes.

    File names on Linux are bytes; Python shows those that are not UTF-8 as lone surrogates, which
    no database takes. They are moved to the last private-use plane.
    """
    return "".join(
        chr(ord(c) - 0xDC80 + 0x10FF00) if 0xDC80 <= ord(c) <= 0xDCFF else c for c in str(path)
    )


def text_path(text: str) -> Path:
    """Undo `path_text`."""
    if not any(0x10FF00 <= ord(c) <= 0x10FF7F for c in text):
        return Path(text)
    return Path(
        "".join(
            chr(ord(c) - 0x10FF00 + 0xDC80) if 0x10FF00 <= ord(c) <= 0x10FF7F else c for c in text
        )
    )


class Database:
    """The catalogue's file: connections, transactions, and the small `meta` table.

    Threads may share one; every transaction takes a connection of its own.

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
            self._check_schema()
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
                    connection.exec_driver_sql(
                        "UPDATE meta SET value = value + 1 WHERE key = 'changes'"
                    )
                crash_point(f"{point}.before_commit")
            crash_point(f"{point}.after_commit")

    def changes(self) -> int:
        """Count the transactions that changed what is searchable: a cheap sign to look again."""
        return int(self.get_meta("changes") or 0)

    def get_meta(self, key: str) -> str | None:
        """Read one word of the `meta` table; None where absent."""
        with self.reading() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()

    def set_meta(self, values: dict[str, str | None]) -> None:
        """Write several words of the `meta` table in one transaction; None removes a key."""
        with self.writing("meta") as connection:
            for key, value in values.items():
                if value is None:
                    connection.execute(meta.delete().where(meta.c.key == key))
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

    def _check_schema(self) -> None:
        with self.reading() as connection:
            if inspect(connection).has_table("meta"):
                found = connection.execute(
                    select(meta.c.value).where(meta.c.key == "schema_version")
                ).scalar()
                if found not in OLDER_VERSIONS:
                    self._require_version(found)
                    return
        with self.writing("schema", changes_library=False) as connection:
            metadata.create_all(connection)
            connection.execute(
                insert(meta)
                .values(
                    [
                        {"key": "schema_version", "value": str(SCHEMA_VERSION)},
                        {"key": "changes", "value": "0"},
                    ]
                )
                .on_conflict_do_nothing()
            )
            # Another process may have opened it meanwhile: only an older version is changed.
            connection.execute(
                meta.update()
                .where(meta.c.key == "schema_version", meta.c.value.in_(OLDER_VERSIONS))
                .values(value=str(SCHEMA_VERSION))
            )

    def _require_version(self, found: str | None) -> None:
        if found == str(SCHEMA_VERSION):
            return
        raise ReelwiseError(
            f"the catalogue {self.home.catalogue} has schema version {found}; "
            f"this reelwise reads version {SCHEMA_VERSION}",
            fix="run the reelwise that wrote it, or name an empty folder with --home DIR",
        )


def put_meta(connection: Connection, key: str, value: str) -> None:
    """Write one word of the `meta` table inside the caller's transaction."""
    statement = insert(meta).values(key=key, value=value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": value})
    )


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    # None: the driver opens no transactions of its own, `_begin` does.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    # A reader that turned writer midway could fail with "busy" whatever the timeout: writers say so
    # at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
