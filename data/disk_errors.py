"""What a disk, a lock or a permission refused, as errors that a user can repair.

The rule: what the machine refuses is never a fault in reelwise. Every way in which a write fails
(SQLite, the operating system, FAISS, safetensors, torch, pyarrow) is told apart here, once.
"""

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data.errors import CannotWrite, DamagedFile, ReelwiseError

BRING_BACK = "run reelwise verify --repair: it brings back the newest copy of the catalogue"
"""What to do about a damaged catalogue."""

_AGAIN = "then run the same command again"
_CHECK = f"check that disk, the rights on it, its quota and ulimit -f, {_AGAIN}"

_BY_NUMBER: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("no space left on the disk", f"free some disk, {_AGAIN}"),
    errno.EDQUOT: ("the disk quota of this user is used up", f"delete something, {_AGAIN}"),
    errno.EFBIG: ("a file grew beyond the size that is allowed", f"raise ulimit -f, {_AGAIN}"),
    errno.EROFS: ("the disk is mounted read-only", "use a home that can be written: --home DIR"),
    errno.EACCES: ("permission denied", f"change the permissions of that path, {_AGAIN}"),
    errno.EPERM: ("permission denied", f"change the permissions of that path, {_AGAIN}"),
    errno.EIO: ("the disk reports an input/output error", f"check that disk, {_AGAIN}"),
    errno.EMFILE: ("too many files are open in this process", f"raise ulimit -n, {_AGAIN}"),
    errno.ENFILE: ("too many files are open on this machine", f"end other programs, {_AGAIN}"),
    errno.ENOMEM: (
        "this process may not have as much memory, or as many threads, as it needs",
        f"raise ulimit -v and -u, or end other programs, {_AGAIN}",
    ),
    errno.ENAMETOOLONG: ("a path is longer than this disk allows", "use shorter names"),
    errno.ESTALE: ("the network disk has lost that file", f"connect the disk anew, {_AGAIN}"),
}
"""Number of an error of the operating system to what is wrong and what to do."""

NO_INODES = ("no inodes left on the disk: it holds too many files", f"delete some files, {_AGAIN}")

_REFUSED_WRITES = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
}
_MEMORY_WORDS = (
    "failed to map segment",
    "cannot allocate memory",
    "can't allocate memory",
    "can't start new thread",
    "std::bad_alloc",
    "thread creation failed",
)
"""How the loader, torch, numpy's BLAS and Python say that memory or threads are used up."""
_NUMBER_IN_TEXT = re.compile(r"\b(?:os error|errno) (\d+)\b", re.IGNORECASE)
"""How Rust libraries (safetensors) and pyarrow write the number into their message."""

_TOO_LITTLE_BYTES = 1_000_000
"""SQLite wants some ten kilobytes beside a catalogue before it reads the first row."""
_NOT_TEXT = "Could not decode to UTF-8"
_LACKS = ("no such table", "no such column")
"""How SQLite says that a catalogue has not what its version has."""
_MEMORY = (sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_TOOBIG)
CANNOT_WRITE = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
)
"""Primary codes of SQLite after which the file may still be readable as it lies there."""


def sqlite_code(error: BaseException) -> int | None:
    """Give the primary code of an error of SQLite, also of one wrapped by SQLAlchemy."""
    raw = getattr(error, "orig", error)
    code = getattr(raw, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def is_busy(error: BaseException | None) -> bool:
    """Say whether another process holds what SQLite wanted."""
    busy = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return error is not None and sqlite_code(error) in busy


def known_error(error: BaseException, place: Path | None = None) -> ReelwiseError | None:
    """Say what the machine refused; None where the error is of another kind.

    Args:
        error: From SQLite (also through SQLAlchemy), the operating system, or a library that wrote
            a file.
        place: The file or folder concerned, where the error does not name it.
    """
    if isinstance(error, ReelwiseError):
        return error
    if _NOT_TEXT in str(error):
        return damaged_database(_NOT_TEXT, place)  # the driver gives it no code
    code = sqlite_code(error)
    if code is not None:
        return _of_sqlite(error, code, place)
    if _lacks_memory(error):
        return _error(_BY_NUMBER[errno.ENOMEM])
    if isinstance(error, OSError) and error.filename is not None:
        place = Path(os.fsdecode(error.filename))
    number = error.errno if isinstance(error, OSError) else None
    number = number or _number_in(str(error))
    if number is None:
        return None if not isinstance(error, OSError) else _error((str(error), _CHECK), place)
    if number == errno.ENOSPC:
        return _error(_full(place), place, write=True)
    words = _BY_NUMBER.get(number, (os.strerror(number).lower(), _CHECK))
    return _error(words, place, write=number in _REFUSED_WRITES)


@contextmanager
def refusals_at(place: Path) -> Iterator[None]:
    """Turn what the machine refuses within a block into errors that name a place.

    Raises:
        ReelwiseError: What it refused; other errors pass unchanged.
    """
    try:
        yield
    except ReelwiseError:
        raise
    except Exception as error:
        known = known_error(error, place)
        if known is None:
            raise
        raise known from error


def why_not_writable(place: Path) -> tuple[str, str] | None:
    """Say why nothing can be written at a place, and what to do; None where it seems possible."""
    folder = place if place.is_dir() else place.parent
    with suppress(OSError):
        disk = os.statvfs(folder)
        if disk.f_flag & os.ST_RDONLY:
            return _BY_NUMBER[errno.EROFS]
        if not all(_may_write(path) for path in {folder, place} if path.exists()):
            return _BY_NUMBER[errno.EACCES]
        if disk.f_bavail * disk.f_frsize < _TOO_LITTLE_BYTES:
            return _BY_NUMBER[errno.ENOSPC]
        if disk.f_files and disk.f_favail == 0:
            return NO_INODES
    return None


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _of_sqlite(error: BaseException, code: int, place: Path | None) -> ReelwiseError:
    message = str(getattr(error, "orig", error))
    if is_busy(error):
        words = ("another process is writing to it", f"wait until it has finished, {_AGAIN}")
        return _error(words, place)
    lacks = code == sqlite3.SQLITE_ERROR and message.startswith(_LACKS)
    if lacks or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged_database(message, place)
    if code == sqlite3.SQLITE_FULL:
        return _error(_full(place), place, write=True)
    if code in CANNOT_WRITE:
        guess = why_not_writable(place) if place else None
        return _error(guess or (message, _CHECK), place, write=True)
    if code in _MEMORY:
        return _error(_BY_NUMBER[errno.ENOMEM], place)
    return _error((message, _CHECK), place)


def damaged_database(message: str, place: Path | None) -> DamagedFile:
    """Make the error for a catalogue whose bytes are not those that SQLite wrote."""
    where = f": {place}" if place else ""
    return DamagedFile(f"the database file is damaged ({message}){where}", fix=BRING_BACK)


def _full(place: Path | None) -> tuple[str, str]:
    """No space, or space but no inodes: what frees the one does not free the other."""
    reason = why_not_writable(place) if place else None
    return NO_INODES if reason == NO_INODES else _BY_NUMBER[errno.ENOSPC]


def _lacks_memory(error: BaseException) -> bool:
    """Memory, or threads, that the machine does not give; an error of any library may say so."""
    kinds = (ImportError, OSError, RuntimeError, SystemError)
    said = str(error).lower()
    lacks = isinstance(error, MemoryError) or (
        isinstance(error, kinds) and any(words in said for words in _MEMORY_WORDS)
    )
    cause = error.__cause__
    return lacks or (cause is not None and _lacks_memory(cause))


def _number_in(message: str) -> int | None:
    """The number of the system's error in the message of a library that has no field for it."""
    written = _NUMBER_IN_TEXT.search(message)
    if written:
        return int(written[1])
    return next((number for number in _BY_NUMBER if os.strerror(number) in message), None)


def _error(
    words: tuple[str, str], place: Path | None = None, *, write: bool = False
) -> ReelwiseError:
    problem, fix = words
    kind = CannotWrite if write else ReelwiseError
    return kind(f"{problem}: {place}" if place else problem, fix=fix)
