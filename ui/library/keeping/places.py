"""Folders of the server from which a person may choose: those below some roots, and no other.

The rule: a folder counts where it really lies. Links are followed before it is looked at, so that
neither `..` nor a link leads out of the roots.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import ReelwiseError

MOST_FOLDERS = 2000
"""Folders that are listed of one."""


@dataclass(frozen=True)
class Place:
    """A folder to choose from."""

    folder: Path
    """Where it really lies; absolute."""
    parent: Path | None
    """The folder above it; None for a root."""
    folders: tuple[Path, ...]
    """Those in it that may be chosen, by name."""


class Places:
    """The folders that may be chosen.

    Args:
        roots: Folders; those that do not exist are left out.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(dict.fromkeys(each for root in roots if (each := _real(root))))
        """Where the roots really lie."""

    def allowed(self, folder: str) -> Path:
        """Give the folder that a text names, where it really lies.

        Raises:
            ReelwiseError: It is none, or lies elsewhere; which of both is not told.
        """
        real = _real(Path(folder)) if Path(folder).is_absolute() and "\0" not in folder else None
        if real is None or not any(real.is_relative_to(root) for root in self.roots):
            names = ", ".join(map(str, self.roots)) or "none"
            raise ReelwiseError(
                f"there is no folder {folder[:200]!r} to choose",
                fix=f"choose one below: {names} (others: reelwise serve --browse FOLDER)",
            )
        return real

    def look(self, folder: str) -> Place:
        """List the folders in one.

        Raises:
            ReelwiseError: It may not be chosen, or cannot be read.
        """
        here = self.allowed(folder)
        try:
            with os.scandir(here) as entries:
                names = sorted((each.name for each in entries if _is_shown(each)), key=str.casefold)
        except OSError as error:
            raise ReelwiseError(
                f"{here} cannot be read: {error.strerror}", fix="choose another folder"
            ) from error
        parent = None if here in self.roots else here.parent
        return Place(here, parent, tuple(here / name for name in names[:MOST_FOLDERS]))


def home_of_user() -> list[Path]:
    """Give the home of the user who runs this process, where there is one."""
    try:
        return [Path.home()]
    except RuntimeError:
        return []


def _real(path: Path) -> Path | None:
    try:
        real = path.resolve(strict=True)
        return real if real.is_dir() else None
    except (OSError, RuntimeError, ValueError):
        return None


def _is_shown(entry: os.DirEntry[str]) -> bool:
    try:
        return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
