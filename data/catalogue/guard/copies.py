"""Copies of the catalogue beside it: events and tags are in no other file, and disks lose bytes.

    copies/catalogue-000007-<sha256>.db
    copies/damaged-20261129-080000.db     what a copy has replaced

A copy is made in one read transaction, forced to the disk and renamed; its checksum is in its name.
Who is forgotten leaves this folder too: `renew_copies` empties it. A lock keeps a copy that another
process is making from coming after that.
"""

import fcntl
import mmap
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from data.durable import fsync_dir, fsync_file, make_dir, replace_synced, temp_name
from data.home import Home
from data.sealed import file_sum

KEPT_COPIES = 2
"""The newest are kept."""

COPY_EVERY_S = 600.0
"""A copy that is younger than this is new enough."""

_NAME = re.compile(r"catalogue-(\d{6,})-([0-9a-f]{64})\.db")
_LOG_SUFFIXES = ("-wal", "-shm")


def copy_if_due(home: Home) -> Path | None:
    """Copy the catalogue where the newest copy is too old and lacks something; gives the new copy.

    A disk that has no room for a copy stops nothing: None then as well.
    """
    with suppress(OSError, sqlite3.Error):
        newest = max((path.stat().st_mtime for path in copies(home)), default=0.0)
        is_new = 0 <= time.time() - newest < COPY_EVERY_S
        if is_new or home.catalogue_mark.stat().st_mtime <= newest:
            return None
        with _alone(home):
            return _make_copy(home)
    return None


def renew_copies(home: Home) -> None:
    """Remove every copy and what copies have replaced; one new copy is made where there is room.

    Raises:
        OSError: They cannot be removed.
    """
    if not home.copies.is_dir():
        return
    with _alone(home):
        shutil.rmtree(home.copies)
        fsync_dir(home.root)
        with suppress(OSError, sqlite3.Error):
            _make_copy(home)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Wait until no other process makes or removes copies."""
    descriptor = os.open(home.root / "copies.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_copy(home: Home) -> Path:
    make_dir(home.copies, private=True)
    draft = temp_name(home.copies / "catalogue.db")
    try:
        _copy_into(home.catalogue, draft)
        fsync_file(draft)
        name = f"catalogue-{_next_number(home):06d}-{file_sum(draft).sha256}.db"
        replace_synced(draft, home.copies / name)
    finally:
        draft.unlink(missing_ok=True)
    for older in copies(home)[KEPT_COPIES:]:
        older.unlink(missing_ok=True)
    return home.copies / name


def copies(home: Home) -> list[Path]:
    """List the copies, the newest first; they are whole or damaged."""
    if not home.copies.is_dir():
        return []
    found = [path for path in home.copies.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=_number, reverse=True)


def copies_hold(home: Home, text: str) -> bool:
    """Whether the bytes of a copy, or of what a copy has replaced, hold this text anywhere."""
    if not home.copies.is_dir():
        return False
    return any(_holds(path, text.encode(errors="surrogatepass")) for path in home.copies.iterdir())


def _holds(path: Path, text: bytes) -> bool:
    if not text or not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(text) >= 0


def bring_back(home: Home) -> tuple[Path | None, Path | None]:
    """Put the newest whole copy in place of the catalogue, which is kept under another name.

    Nothing is done where no copy is whole. The caller holds the writer lock, and nobody else has
    the catalogue open.

    Returns:
        The copy, and what the damaged catalogue is called now; None for what there is not.
    """
    whole = next(whole_copies(home), None)
    if whole is None:
        return None, None
    kept = set_aside(home)
    draft = temp_name(home.catalogue)
    shutil.copyfile(whole, draft)
    draft.chmod(0o600)
    fsync_file(draft)
    replace_synced(draft, home.catalogue)
    return whole, kept


def set_aside(home: Home) -> Path | None:
    """Move a damaged catalogue with its log to the copies; None where there was none."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    make_dir(home.copies, private=True)
    kept = home.copies / f"damaged-{moment}.db"
    there = home.catalogue.exists()
    for suffix in ("", *_LOG_SUFFIXES):
        with suppress(FileNotFoundError):
            os.replace(  # noqa: PTH105 - the recorder of the tests watches os.replace
                f"{home.catalogue}{suffix}", f"{kept}{suffix}"
            )
    fsync_dir(home.copies)
    fsync_dir(home.root)
    return kept if there else None


def whole_copies(home: Home) -> Iterator[Path]:
    """The copies whose bytes are those that were written, the newest first."""
    yield from filter(_is_whole, copies(home))


def damaged_copies(home: Home) -> list[Path]:
    """The copies whose bytes are not those that were written."""
    return [path for path in copies(home) if not _is_whole(path)]


def _is_whole(path: Path) -> bool:
    match = _NAME.fullmatch(path.name)
    try:
        return match is not None and file_sum(path).sha256 == match[2]
    except OSError:
        return False


def _copy_into(catalogue: Path, draft: Path) -> None:
    address = f"{catalogue.as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as source,
        closing(sqlite3.connect(draft)) as target,
    ):
        draft.chmod(0o600)
        source.backup(target)
        # One file without a log.
        target.execute("PRAGMA journal_mode=DELETE").fetchone()


def _next_number(home: Home) -> int:
    return max(map(_number, copies(home)), default=0) + 1


def _number(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else 0
