"""Files and folders as a library sees them: what was found, and what the user asked for."""

import re
from dataclasses import dataclass
from pathlib import Path


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
class RootRules:
    """What the user asked for one folder, remembered with it."""

    excludes: tuple[str, ...] = ()
    """Patterns of what is passed over, see `Patterns`."""
    follow_links: bool = False
    """Whether links that lead out of the folder are followed."""


def file_title(path: Path) -> str | None:
    """Give a file's name as a title; None where nothing readable is left of it."""
    title = re.sub(r"[\s_]+", " ", path.stem.encode(errors="replace").decode()).strip(" .-")
    return title or None
