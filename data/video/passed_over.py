"""Which files and folders a scan passes over, and why: one reason for each, never in silence."""

import re
import shlex
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pathspec

from data.errors import ReelwiseError
from data.home import is_home, is_made_in_home
from data.video.containers import UNFINISHED_SUFFIXES


class Reason(StrEnum):
    """Why something was passed over."""

    HIDDEN = "hidden"
    SYSTEM = "bin or system folder"
    PROXY = "camera proxy"
    UNFINISHED = "unfinished download"
    EXCLUDED = "excluded by a pattern"
    LINK = "link that leads out of the folder"
    HOME = "home of a library"
    SPECIAL = "pipe or device"
    FORMAT = "video format that is not read"
    OTHER = "not a video"


_SYSTEM_FOLDERS = frozenset(
    name.strip()
    for name in (
        "@eaDir, #recycle, #snapshot, @Recycle, @Recently-Snapshot, @tmp, @sharebin, .@__thumb,"
        "$RECYCLE.BIN, RECYCLER, RECYCLED, System Volume Information, FOUND.000, lost+found,"
        ".Trash, .Trashes, .AppleDouble, .Spotlight-V100, .fseventsd, .TemporaryItems, __MACOSX,"
        ".DocumentRevisions-V100, .zfs, .snapshot, .snapshots, .stversions, .recycle,"
        "Network Trash Folder, Temporary Items, TheVolumeSettingsFolder, _gsdata_"
    )
    .lower()
    .split(",")
)
_PROXIES = frozenset((".lrv", ".lrf", ".thm"))
_FILM_SUFFIXES = (".mp4", ".mov", ".mxf", ".braw", ".MP4", ".MOV", ".MXF", ".BRAW", ".mkv", ".avi")
_SONY_PROXY = re.compile(r"c\d{4}s\d\d\.(mp4|mxf)", re.IGNORECASE)
_NAMED_PROXY = re.compile(r"(?P<film>.+)[_-]proxy", re.IGNORECASE)


@dataclass(frozen=True)
class PassedOver:
    """A file or folder that a scan left out; nothing below such a folder was looked at."""

    path: Path
    """Where it lies, absolute."""
    reason: Reason
    """Why."""
    what: str = ""
    """What it is, where that is known: the name of a format."""


class Patterns:
    """The user's patterns of one root, with the meaning that they have in a `.gitignore` file.

    A pattern without a slash fits a name at any depth, one with a slash the path below the root.
    Names are compared in one Unicode normal form.

    Raises:
        ReelwiseError: A pattern cannot be read.
    """

    def __init__(self, root: Path, patterns: Iterable[str]) -> None:
        self._root = root
        lines = [unicodedata.normalize("NFC", pattern) for pattern in patterns]
        try:
            self._spec = pathspec.GitIgnoreSpec.from_lines(lines) if lines else None
        except ValueError as error:
            raise ReelwiseError(
                f"--exclude {' '.join(lines)}: {error}", fix="patterns look like '*.tmp' or 'old/'"
            ) from error

    @property
    def can_fit(self) -> bool:
        """Whether any name fits; False for blank lines, comments and lone slashes."""
        return self._spec is not None and any(
            each.include is not None for each in self._spec.patterns
        )

    def fit(self, path: Path, *, is_folder: bool) -> bool:
        """True where the path, which lies below the root, is to be passed over."""
        if self._spec is None:
            return False
        name = path.relative_to(self._root).as_posix() + ("/" if is_folder else "")
        return self._spec.match_file(unicodedata.normalize("NFC", name))


def check_patterns(patterns: Iterable[str]) -> None:
    """Refuse patterns that a user gives and that can fit nothing: blank, a comment, a lone slash.

    Raises:
        ReelwiseError: One cannot be read, or fits no file whatever its name.
    """
    for pattern in patterns:
        if not Patterns(Path("/"), [pattern]).can_fit:
            raise ReelwiseError(
                f"--exclude {shlex.quote(pattern)} fits no file or folder",
                fix="patterns look like '*.tmp' or 'old/'; a name that begins with # is written "
                "'\\#name'",
            )


def folder_reason(folder: Path, patterns: Patterns) -> Reason | None:
    """Why a folder met on the way is not looked into; None where it is."""
    name = folder.name.lower()
    if name in _SYSTEM_FOLDERS or name.startswith(".trash-"):
        return Reason.SYSTEM
    if name.startswith("."):
        return Reason.HIDDEN
    if patterns.fit(folder, is_folder=True):
        return Reason.EXCLUDED
    return Reason.HOME if is_home(folder) or is_made_in_home(folder) else None


def file_reason(file: Path, patterns: Patterns) -> Reason | None:
    """Why a file met on the way is no video of the library, by its name; None where it may be."""
    suffix = file.suffix.lower()
    if suffix in _PROXIES or _is_named_proxy(file):
        return Reason.PROXY
    if file.name.startswith("."):
        return Reason.HIDDEN
    if suffix in UNFINISHED_SUFFIXES:
        return Reason.UNFINISHED
    return Reason.EXCLUDED if patterns.fit(file, is_folder=False) else None


def _is_named_proxy(file: Path) -> bool:
    """A smaller version that a camera or editor wrote; by name where the film itself is there."""
    here = file.parent
    if _SONY_PROXY.fullmatch(file.name) and here.name.lower() == "sub":
        return True
    if re.fullmatch(r"GL\d{6}\.MP4", file.name, re.IGNORECASE):
        return any((here / f"{camera}{file.name[2:]}").exists() for camera in ("GX", "GH"))
    if here.name.lower() in ("proxy", "proxies"):
        film = _NAMED_PROXY.fullmatch(file.stem)
        stem = film["film"] if film else file.stem
        return _film_exists(here.parent, stem)
    film = _NAMED_PROXY.fullmatch(file.stem)
    return film is not None and _film_exists(here, film["film"])


def _film_exists(folder: Path, stem: str) -> bool:
    return any((folder / f"{stem}{end}").exists() for end in _FILM_SUFFIXES)
