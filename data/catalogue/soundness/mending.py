"""Rows that are not as they were written: taken from a copy, or given up where they come again."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from data.catalogue.database import Database
from data.catalogue.guard.copies import whole_copies
from data.catalogue.schema.annotation_tables import ANNOTATION_COLUMNS, SET_COLUMNS
from data.catalogue.schema.review_tables import CASE_COLUMNS, LOG_COLUMNS
from data.catalogue.soundness.checks import (
    BAD_ANNOTATIONS,
    BAD_CASES,
    BAD_EMBEDDINGS,
    BAD_EVENTS,
    BAD_FILES,
    BAD_LOG,
    BAD_PEOPLE,
    BAD_RECENT,
    BAD_SAVED,
    BAD_SETS,
    BAD_TAGS,
)
from data.catalogue.values import row_sum, sql
from data.home import Home


@dataclass(frozen=True)
class _Kept:
    """A table that is in no other file than the catalogue and its copies."""

    name: str
    """The table."""
    columns: tuple[str, ...]
    """What its checksum is of, in order."""
    bad: str
    """SQL: the rows that are not as they were written."""
    told: str
    """What its rows are called."""

    def mend(self, connection: Connection, home: Home) -> int:
        """Take bad rows from the newest copy that has them whole; gives how many."""
        bad = list(connection.scalars(sql(f"SELECT id FROM {self.bad}")))
        mended = list(self._from_copies(whole_copies(home), bad)) if bad else []
        if mended:
            values = ", ".join(f'"{name}" = :{name}' for name in (*self.columns, "row_sum"))
            # A row that was written again meanwhile gives way.
            connection.execute(
                sql(f"UPDATE OR REPLACE {self.name} SET {values} WHERE id = :id"), mended
            )
        return len(mended)

    def _from_copies(self, copies: Iterable[Path], ids: list[int]) -> Iterable[dict[str, Any]]:
        names = (*self.columns, "row_sum")
        missing = set(ids)
        for copy in copies:
            address = f"{copy.as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(address, uri=True)) as older:
                known = {row[1] for row in older.execute(f"PRAGMA table_info({self.name})")}
                # A copy of an older version lacks what was added since: NULL in its rows.
                columns = ", ".join(f'"{name}"' if name in known else "NULL" for name in names)
                query = f"SELECT {columns} FROM {self.name} WHERE id = ?"
                for row_id in sorted(missing):
                    row = _row(older, query, row_id)
                    if row is not None and row[-1] == row_sum(*row[:-1]):
                        missing.discard(row_id)
                        yield {**dict(zip(names, row, strict=True)), "id": row_id}


_EVENTS = _Kept(
    "events",
    (
        *("user", "video_id", "video_ref", "at", "watched_s", "duration_s", "kind"),
        *("source", "client_id", "client_number"),
    ),
    BAD_EVENTS,
    "watch events",
)
_TAGS = _Kept("tags", ("video_id", "tag", "typed"), BAD_TAGS, "tags")
_PEOPLE = _Kept("people", ("name", "colour", "created_at", "records", "pin"), BAD_PEOPLE, "people")
_SAVED = _Kept("saved_searches", ("user", "name", "parameters", "at"), BAD_SAVED, "saved searches")
_RECENT = _Kept("recent_searches", ("user", "parameters", "at"), BAD_RECENT, "recent searches")
_CASES = _Kept("review_cases", CASE_COLUMNS, BAD_CASES, "cases of reviews")
_LOG = _Kept("review_log", LOG_COLUMNS, BAD_LOG, "rows of the log of reviews")
_SETS = _Kept("annotation_sets", SET_COLUMNS, BAD_SETS, "sets of labels")
_ANNOTATIONS = _Kept("annotations", ANNOTATION_COLUMNS, BAD_ANNOTATIONS, "annotations")
_KEPT = (_EVENTS, _TAGS, _PEOPLE, _SAVED, _RECENT, _CASES, _LOG, _SETS, _ANNOTATIONS)
_RECOUNT = sql(
    "UPDATE history_counts SET n_events = (SELECT count(*) FROM events),"
    " n_resolved = (SELECT count(video_id) FROM events)"
)
_DROP_CLIPS = sql(f"DELETE FROM clips WHERE embedding_id IN (SELECT id FROM {BAD_EMBEDDINGS})")
_DROP_EMBEDDINGS = sql(f"DELETE FROM {BAD_EMBEDDINGS}")
_DROP_FILES = sql(f"DELETE FROM {BAD_FILES}")


def mend_rows(catalogue: Database) -> list[str]:
    """Mend the rows that `checks.row_problems` finds, and give what was done, one line each.

    Files and states are found again by the next `index`. Watch events are taken from the newest
    copy that has them as they were; so are tags, people, searches, reviews
    and annotations. Those in no copy
    stay, and stay reported.
    """
    done = []
    with catalogue.writing("mend_rows") as connection:
        connection.execute(_DROP_CLIPS)
        again = connection.execute(_DROP_EMBEDDINGS).rowcount
        files = connection.execute(_DROP_FILES).rowcount
        mended = {each.told: each.mend(connection, catalogue.home) for each in _KEPT}
        connection.execute(_RECOUNT)
    if again:
        done.append(f"{again} videos will be embedded again by the next reelwise index")
    if files:
        done.append(f"{files} files will be found again by the next reelwise index")
    done += [
        f"{n} {told} were taken from a copy of the catalogue" for told, n in mended.items() if n
    ]
    return done


def _row(older: sqlite3.Connection, query: str, row_id: int) -> tuple[Any, ...] | None:
    """A row of a copy; None where it has none, or had no such table yet."""
    try:
        row: tuple[Any, ...] | None = older.execute(query, (row_id,)).fetchone()
    except sqlite3.OperationalError:
        return None
    return row
