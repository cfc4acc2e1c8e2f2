"""How far the catalogue had come, in a small file beside it: an older copy gives itself away.

The file is written after each commit, never before, and is not forced to the disk: it may fall
behind the catalogue, never run ahead. A catalogue with fewer commits than its mark has therefore
lost some: an older copy was brought back, or a damaged log made SQLite drop what it held.
"""

import os
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, TextClause

from data.catalogue.values import sql
from data.sealed import seal, unseal

_SIZE_BYTES = 1024
"""The file keeps its length, so that a full disk never stops it."""

_READ = sql("SELECT key, value FROM meta WHERE key IN ('library', 'commits', 'lost_commits')")
_PUT = sql(
    "INSERT INTO meta (key, value) VALUES (:key, :value)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_LAST_IDS = sql("SELECT name, seq FROM sqlite_sequence ORDER BY name")
_RAISE_ID = sql("UPDATE sqlite_sequence SET seq = :last WHERE name = :name AND seq < :last")
_FIRST_ID = sql(
    "INSERT INTO sqlite_sequence (name, seq) SELECT :name, :last"
    " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)"
)


@dataclass(frozen=True)
class Mark:
    """How far a catalogue has come."""

    library: str
    """Random name of the library, made with its catalogue."""
    commits: int
    """Transactions that were committed."""
    last_ids: dict[str, int]
    """By table, the highest number that was given out to a row."""


def mark_in(path: Path) -> Mark | None:
    """Read a mark; None where there is none, or a power cut left half of one."""
    try:
        return Mark(**unseal(path.read_bytes().rstrip(b" ")))
    except (OSError, ValueError, TypeError):
        return None


def write_mark(path: Path, mark: Mark) -> None:
    """Write a mark over the one before; where the disk refuses it, the older one stays true."""
    content = seal(asdict(mark)).ljust(_SIZE_BYTES)
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, content, 0)
        finally:
            os.close(descriptor)


def take_up(connection: Connection, mark: Mark | None) -> None:
    """Bring the numbers of a catalogue that is behind its mark to where the library had come.

    No number that the library ever gave out is given out again, whichever copy was brought back.
    """
    meta = _pairs(connection, _READ)
    commits = int(meta.get("commits") or 0)
    lost = _lost(meta.get("library"), commits, mark)
    if mark is None or lost == 0:
        return
    for name, last in mark.last_ids.items():
        connection.execute(_RAISE_ID, {"name": name, "last": last})
        connection.execute(_FIRST_ID, {"name": name, "last": last})
    noted = int(meta.get("lost_commits") or 0) + lost
    connection.execute(_PUT, {"key": "lost_commits", "value": str(noted)})
    connection.execute(_PUT, {"key": "commits", "value": str(max(commits, mark.commits))})


def count_commit(connection: Connection) -> Mark:
    """Count the caller's transaction, and give what the mark is once it is committed."""
    meta = _pairs(connection, _READ)
    library, commits = meta.get("library") or uuid.uuid4().hex, int(meta.get("commits") or 0) + 1
    connection.execute(_PUT, {"key": "library", "value": library})
    connection.execute(_PUT, {"key": "commits", "value": str(commits)})
    return Mark(library, commits, _pairs(connection, _LAST_IDS))


def lost_commits(connection: Connection, mark: Mark | None) -> int:
    """Count the commits that the library has had and the catalogue has not, since last cleared."""
    meta = _pairs(connection, _READ)
    noted, commits = int(meta.get("lost_commits") or 0), int(meta.get("commits") or 0)
    return noted + _lost(meta.get("library"), commits, mark)


def _pairs(connection: Connection, query: TextClause) -> dict[str, Any]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _lost(library: str | None, commits: int, mark: Mark | None) -> int:
    if mark is None:
        return 0
    # The catalogue of another library has none of them.
    return max(0, mark.commits - commits) if library == mark.library else mark.commits
