"""What lies in a library's folders: video files, their identity, the words beside them."""

from __future__ import annotations

import hashlib
import html
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.video.containers import HEAD_BYTES, container_of

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for names in (
        ("mp4", "m4v", "mov", "qt", "3gp", "3g2", "mkv", "webm", "gif", "avi", "ts", "mts"),
        ("m2ts", "mpg", "mpeg", "vob", "ogv", "flv", "wmv", "asf"),
    )
    for name in names
)
"""Files with these names are videos, even where they turn out to be damaged."""

OTHER_SUFFIXES = frozenset(
    f".{name}"
    for names in (
        ("m4a", "m4b", "mka", "oga", "ogg", "opus", "wma", "heic", "heif", "avif", "jpg", "jpeg"),
        ("png", "webp", "txt", "srt", "vtt", "csv", "json", "py"),
    )
    for name in names
)
"""Files with these names are not looked into: sound and pictures share containers with video."""

SUBTITLE_SUFFIXES = (".srt", ".vtt")
SAMPLE_BYTES = 64 * 1024
MAX_SUBTITLE_BYTES = 8 * 2**20
Unreadable = Callable[[Path, str], None]

_log = logging.getLogger(__name__)
_TIMING = re.compile(r"^\s*(\d+:)?\d+:\d+[.,]\d+\s*-->")
_LANGUAGE = re.compile(r"\.[a-z]{2,3}(-[a-z]+)?$")
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


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


@dataclass(frozen=True)
class Sidecar:
    """Words that belong to a video and are not in it."""

    title: str | None
    """The file's name as a title; None where it says nothing."""
    subtitles: str | None
    """Plain text of the subtitles beside it, one line per cue line; None where there are none."""


def scan(paths: Sequence[Path], *, on_unreadable: Unreadable | None = None) -> Iterator[FoundFile]:
    """Video files below the given folders, and the given files, each once, in order of name.

    A file counts by its suffix, and any other by its first bytes. Hidden files and folders are
    passed over, and so are links that lead back to a folder already seen.

    Args:
        paths: Folders and files.
        on_unreadable: Told of every folder or file that cannot be read, and why; without it they
            are logged.
    """
    report = on_unreadable or _log_unreadable
    seen: set[tuple[int, int]] = set()
    given: set[Path] = set()
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would replace links by their targets)
        found = _stat(absolute, report)
        if found is None:
            continue
        files = _walk(absolute, seen, report) if stat.S_ISDIR(found.st_mode) else [absolute]
        for file in files:
            if file not in given:
                given.add(file)
                entry = _look_at(file, report, named=file == absolute)
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
        found = _stat(here, report)
        if found is None or (found.st_dev, found.st_ino) in seen:
            continue
        seen.add((found.st_dev, found.st_ino))
        try:
            with os.scandir(here) as entries:
                names = sorted((e for e in entries if not e.name.startswith(".")), key=_by_name)
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


def _by_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _look_at(path: Path, report: Unreadable, *, named: bool) -> FoundFile | None:
    suffix = path.suffix.lower()
    if suffix in OTHER_SUFFIXES and not named:
        return None
    found = _stat(path, report)
    if found is None or not stat.S_ISREG(found.st_mode):
        return None
    if not named and suffix not in VIDEO_SUFFIXES and not _is_container(path):
        return None
    return FoundFile(path, found.st_size, found.st_mtime_ns, found.st_ino)


def _is_container(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return container_of(file.read(HEAD_BYTES)) is not None
    except OSError:
        return False


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


def full_hash(path: Path) -> str:
    """SHA-256 of the whole file.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sidecar(path: Path) -> Sidecar:
    """Title from the file's name; subtitles from `name.srt`, `.vtt` or `name.en.srt` beside it."""
    title = re.sub(r"[\s_]+", " ", path.stem.encode(errors="replace").decode()).strip(" .-")
    return Sidecar(title or None, _subtitles(path))


def _subtitles(path: Path) -> str | None:
    try:
        beside = _subtitle_files(path.parent, path.parent.stat().st_mtime_ns)
    except OSError:
        return None
    for name in beside.get(path.stem.lower(), ()):
        text = _subtitle_text(path.parent / name)
        if text:
            return text
    return None


@lru_cache(maxsize=8)
def _subtitle_files(folder: Path, mtime_ns: int) -> dict[str, list[str]]:
    """Subtitle files by the stem that they belong to, `.srt` first, then the shortest name.

    Read once for each state (`mtime_ns`) of a folder: reading it anew for each of its videos takes
    minutes for ten thousand of them.
    """
    found: dict[str, list[str]] = {}
    for name in sorted((path.name for path in folder.iterdir()), key=lambda n: (len(n), n)):
        stem, suffix = Path(name.lower()).stem, Path(name.lower()).suffix
        if suffix in SUBTITLE_SUFFIXES:
            bare = _LANGUAGE.sub("", stem)
            for owner in dict.fromkeys((stem, bare)):
                found.setdefault(owner, []).append(name)
    for names in found.values():
        names.sort(key=lambda n: SUBTITLE_SUFFIXES.index(Path(n.lower()).suffix))
    return found


def _subtitle_text(path: Path) -> str | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            raw = file.read(MAX_SUBTITLE_BYTES)
    except OSError:
        return None
    return "\n".join(_spoken(_decoded(raw))) or None


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _spoken(text: str) -> Iterator[str]:
    """Lines of the cues, without numbers, times, notes, markup and repeats (roll-up)."""
    last = ""
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.split("\n")
        timing = next((i for i, line in enumerate(lines) if _TIMING.match(line)), None)
        if timing is None:
            continue
        for line in lines[timing + 1 :]:
            said = re.sub(r"\s+", " ", html.unescape(_MARKUP.sub("", line))).strip()
            if said and said != last:
                last = said
                yield said
