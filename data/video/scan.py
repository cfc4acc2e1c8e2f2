"""The video files in a library's folders, the identity of their content, and their titles."""

import hashlib
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from data.video.containers import HEAD_BYTES, FileKind, kind_by_name, kind_of

SAMPLE_BYTES = 64 * 1024
Unreadable = Callable[[Path, str], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoundFile:
    """One video file as the file system shows it."""

    path: Path
    """Absolute path; links to folders are followed, their own names kept."""
    size_bytes: int
    """Size."""
    mtime_ns: int
    """When its content was last changed, nanoseconds since 1970."""
    inode: int
    """The file system's number of the file."""


def scan(paths: Sequence[Path], *, on_unreadable: Unreadable | None = None) -> Iterator[FoundFile]:
    """Video files below the given folders, and the given files, each once, in order of name.

    A file counts by its suffix, and any other by its first bytes. Hidden files and folders are
    passed over, and so are links that lead back to a folder already seen.

    Args:
        paths: Folders and files.
        on_unreadable: Called with every folder or file that cannot be read, and the reason; by
            default they are logged.
    """
    report = on_unreadable or _log_unreadable
    seen: set[tuple[int, int]] = set()
    given: set[Path] = set()
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would replace links by their targets)
        status = _stat(absolute, report)
        if status is None:
            continue
        files = _walk(absolute, seen, report) if stat.S_ISDIR(status.st_mode) else [absolute]
        for file in files:
            if file not in given:
                given.add(file)
                entry = _video_file(file, report, named=file == absolute)
                if entry is not None:
                    yield entry


def _log_unreadable(path: Path, reason: str) -> None:
    _log.warning("%r passed over: %s", str(path), reason)


def _stat(path: Path, report: Unreadable) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError) as error:
        report(path, getattr(error, "strerror", None) or str(error))
        return None


def _walk(folder: Path, seen: set[tuple[int, int]], report: Unreadable) -> Iterator[Path]:
    """Files of a folder and all below it; no recursion (deep trees), no loops (links)."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        status = _stat(here, report)
        if status is None or (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        try:
            with os.scandir(here) as entries:
                names = sorted(
                    (e for e in entries if not e.name.startswith(".")), key=attrgetter("name")
                )
        except OSError as error:
            report(here, error.strerror or str(error))
            continue
        folders: list[Path] = []
        for entry in names:
            if _is_folder(entry):
                folders.append(here / entry.name)
            else:
                yield here / entry.name
        waiting.extend(reversed(folders))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _video_file(path: Path, report: Unreadable, *, named: bool) -> FoundFile | None:
    certain = kind_by_name(path.name)
    if certain is not None and certain.standing != "video" and not named:
        return None
    status = _stat(path, report)
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    if not named and certain is None and _kind(path).standing != "video":
        return None
    return FoundFile(path, status.st_size, status.st_mtime_ns, status.st_ino)


def _kind(path: Path) -> FileKind:
    try:
        with path.open("rb") as file:
            return kind_of(path.name, file.read(HEAD_BYTES))
    except OSError:
        return FileKind("other")


def content_key(path: Path) -> str:
    """Identity of a file's content, from its size and 192 KiB of it: start, middle and end.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        digest.update(size_bytes.to_bytes(8, "big"))
        if size_bytes <= 3 * SAMPLE_BYTES:
            digest.update(file.read())
        else:
            for at in (0, (size_bytes - SAMPLE_BYTES) // 2, size_bytes - SAMPLE_BYTES):
                file.seek(at)
                digest.update(file.read(SAMPLE_BYTES))
    return digest.hexdigest()


def file_title(path: Path) -> str | None:
    """Give a file's name as a title; None where nothing readable is left of it."""
    title = re.sub(r"[\s_]+", " ", path.stem.encode(errors="replace").decode()).strip(" .-")
    return title or None
