"""Rows that are not as they were written: taken from a copy, or given up where they come again."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from data.catalogue.checks import BAD_EMBEDDINGS, BAD_EVENTS, BAD_FILES
from data.catalogue.database import Database
from data.catalogue.guard.copies import whole_copies
from data.catalogue.values import row_sum, sql

_COLUMNS = ("user", "video_id", "video_ref", "at", "watched_s", "duration_s", "kind")
_BAD_IDS = sql(f"SELECT id FROM {BAD_EVENTS}")
_OF_COPY = (
    'SELECT "user", video_id, video_ref, at, watched_s, duration_s, kind, row_sum'
    " FROM events WHERE id = ?"
)
_MEND_EVENT = sql(
    'UPDATE events SET "user" = :user, video_id = :video_id, video_ref = :video_ref, at = :at,'
    " watched_s = :watched_s, duration_s = :duration_s, kind = :kind, row_sum = :row_sum"
    " WHERE id = :id"
)
_RECOUNT = sql(
    "UPDATE history_counts SET n_events = (SELECT count(*) FROM events),"
    " n_resolved = (SELECT count(video_id) FROM events)"
)
_DROP_CLIPS = sql(f"DELETE FROM clips WHERE embedding_id IN (SELECT id FROM {BAD_EMBEDDINGS})")
_DROP_EMBEDDINGS = sql(f"DELETE FROM {BAD_EMBEDDINGS}")
_DROP_FILES = sql(f"DELETE FROM {BAD_FILES}")


def mend_rows(catalogue: Database) -> list[str]:
    """Mend the rows that `checks.contradictions` finds, and give what was done, one line each.

    Files and states are found again by the next `index`. Watch events are taken from the newest
    copy that has them as they were; those in no copy stay, and stay reported.
    """
    done = []
    with catalogue.writing("mend_rows") as connection:
        connection.execute(_DROP_CLIPS)
        again = connection.execute(_DROP_EMBEDDINGS).rowcount
        files = connection.execute(_DROP_FILES).rowcount
        bad = list(connection.scalars(_BAD_IDS))
        mended = list(_from_copies(whole_copies(catalogue.home), bad)) if bad else []
        if mended:
            connection.execute(_MEND_EVENT, mended)
        connection.execute(_RECOUNT)
    if again:
        done.append(f"{again} videos will be embedded again by the next reelwise index")
    if files:
        done.append(f"{files} files will be found again by the next reelwise index")
    if mended:
        done.append(f"{len(mended)} watch events were taken from a copy of the catalogue")
    return done


def _from_copies(copies: Iterable[Path], ids: list[int]) -> Iterable[dict[str, Any]]:
    """The events with these ids as the newest copy has them, where it has them whole."""
    missing = set(ids)
    for copy in copies:
        with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro&immutable=1", uri=True)) as older:
            for event_id in sorted(missing):
                row = older.execute(_OF_COPY, (event_id,)).fetchone()
                if row is not None and row[-1] == row_sum(*row[:-1]):
                    missing.discard(event_id)
                    values = dict(zip((*_COLUMNS, "row_sum"), row, strict=True))
                    yield {**values, "id": event_id}
