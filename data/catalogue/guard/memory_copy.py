"""A catalogue that cannot be opened where it lies, copied into memory and asked there.

SQLite writes beside a database even to read it (its log and the log's index). On a read-only mount,
in the home of another user, or without space or inodes, the bytes are read as a file instead.
"""

import os
import shutil
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from data.errors import ReelwiseError

_TRIES = 100
_PAUSE_S = 0.05
_RAM = Path("/dev/shm")
_JOURNAL_MODE = slice(18, 20)
"""Bytes of the header: (2, 2) for a database with a log, which memory has not; else (1, 1)."""

Stamp = tuple[tuple[int, int, int] | None, ...]
"""(inode, mtime_ns, size) of the catalogue and of its log; equal stamps mean equal content."""


class MemoryCopy:
    """The content of one catalogue file as it was at one moment, in memory.

    Args:
        catalogue: The file; it and its log are only read.
        make_engine: Gives an engine whose connections open this SQLite address.
        prepare: Brings the tables of the copy up to date; the file stays as it is.

    Raises:
        OSError: The file cannot be read.
        ReelwiseError: It changed at each of many attempts to read it.
        DatabaseError: It is damaged.
    """

    def __init__(
        self,
        catalogue: Path,
        make_engine: Callable[[str], Engine],
        prepare: Callable[[Connection], None],
    ) -> None:
        self._catalogue = catalogue
        self._stamp, content = _read(catalogue)
        address = f"file:/reelwise-{uuid.uuid4().hex}?vfs=memdb"
        # The memory lives as long as one connection to it.
        self._keeper = sqlite3.connect(address, uri=True, check_same_thread=False)
        with closing(sqlite3.connect(":memory:")) as loaded:
            loaded.deserialize(content)
            loaded.backup(self._keeper)
        self.engine = make_engine(address)
        """Connects to the copy."""
        with self.engine.connect() as connection, connection.begin():
            prepare(connection)

    def is_current(self) -> bool:
        """Say whether the file and its log are as they were; cheap."""
        return _stamp(self._catalogue) == self._stamp

    def close(self) -> None:
        """Let go of the memory, as soon as nobody reads it any more."""
        self.engine.dispose()
        self._keeper.close()


def _read(catalogue: Path) -> tuple[Stamp, bytes]:
    """Give the whole content of a database at one moment, with what is only in its log."""
    for _ in range(_TRIES):
        before = _stamp(catalogue)
        try:
            content = _with_log(catalogue) if before[1] else catalogue.read_bytes()
        except FileNotFoundError:
            if _stamp(catalogue) == before:
                raise
            continue  # whoever closes a catalogue last deletes its log
        if _stamp(catalogue) == before:
            return before, _without_log_mark(content)
        time.sleep(_PAUSE_S)
    raise ReelwiseError(
        f"the catalogue {catalogue} is being written all the time and cannot be opened here",
        fix="wait until the other process has finished, then run the same command again",
    )


def _stamp(catalogue: Path) -> Stamp:
    return _facts(catalogue), _facts(_log(catalogue))


def _facts(path: Path) -> tuple[int, int, int] | None:
    """None where the file is empty or absent."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return (facts.st_ino, facts.st_mtime_ns, facts.st_size) if facts.st_size else None


def _log(catalogue: Path) -> Path:
    return catalogue.with_name(f"{catalogue.name}-wal")


def _with_log(catalogue: Path) -> bytes:
    """Let SQLite itself work the log into a private copy of both files."""
    with _private_folder() as folder:
        copy = folder / catalogue.name
        shutil.copyfile(catalogue, copy)
        shutil.copyfile(_log(catalogue), _log(copy))
        with closing(sqlite3.connect(copy)) as opened:
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return copy.read_bytes()


@contextmanager
def _private_folder() -> Iterator[Path]:
    parent = _RAM if os.access(_RAM, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="reelwise-", dir=parent) as folder:
        yield Path(folder)


def _without_log_mark(content: bytes) -> bytes:
    if content[_JOURNAL_MODE] != b"\2\2":
        return content
    return content[: _JOURNAL_MODE.start] + b"\1\1" + content[_JOURNAL_MODE.stop :]
