"""The files below the folder of a set: its videos by path, name and stem, and its lists."""

import json
import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from data.errors import ReelwiseError
from data.regular import open_regular
from data.video.containers import VIDEO_SUFFIXES

LIST_SUFFIXES = frozenset((".txt", ".csv", ".json"))
"""What lists of videos are written as."""


class SetFiles:
    """The videos and lists below a folder; links to folders are followed.

    Args:
        folder: The folder of the set.

    Raises:
        ReelwiseError: There is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ReelwiseError(
                f"there is no folder {folder}",
                fix="reelwise evaluate actions --dataset FOLDER   (videos and their lists)",
            )
        self.folder = folder.absolute()
        self.videos: list[Path] = []
        self.lists: list[Path] = []
        seen = set()
        for at, folders, names in os.walk(self.folder, followlinks=True):
            real = Path(at).resolve()
            if real in seen:
                folders.clear()
                continue
            seen.add(real)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                suffix = Path(name).suffix.lower()
                if suffix in VIDEO_SUFFIXES:
                    self.videos.append(Path(at) / name)
                elif suffix in LIST_SUFFIXES:
                    self.lists.append(Path(at) / name)

    def find(self, name: str, folder: str = "") -> Path | None:
        """The file that a list means; None where it is missing.

        Suffixes need not agree: many hold their sets as MP4. Of several files of one name the one
        in a folder of that class is meant, else none is, for nothing tells them apart.
        """
        named = PurePosixPath(name.replace("\\", "/"))
        inside = folder or named.parent.name
        stem = named.stem if named.suffix.lower() in VIDEO_SUFFIXES else named.name
        found = self._by_stem.get(stem, [])
        exact = [path for path in found if path.name == named.name] or found
        if len(exact) > 1:
            exact = [path for path in exact if path.parent.name == inside]
        return exact[0] if len(exact) == 1 else None

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        by_stem: dict[str, list[Path]] = {}
        for path in self.videos:
            by_stem.setdefault(path.stem, []).append(path)
        return by_stem


def read_lines(path: Path) -> list[str]:
    """The lines of a list that are not empty.

    Raises:
        ReelwiseError: It cannot be read as text in UTF-8.
    """
    return [line.strip() for line in _text(path).splitlines() if line.strip()]


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        ReelwiseError: It cannot be read as JSON.
    """
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise ReelwiseError(
            f"{path} is no JSON: {error}", fix="give the file as the set is published"
        ) from error


def not_understood(path: Path, line: str, wanted: str) -> ReelwiseError:
    """The error for a line that is written otherwise than the format has it."""
    return ReelwiseError(
        f"{path}: {line[:80]!r} is not {wanted}", fix="name the format: --format folders|csv|..."
    )


def require_lists(found: Iterable[Path], files: SetFiles, wanted: str) -> None:
    """Check that there is a list.

    Raises:
        ReelwiseError: There is none.
    """
    if not list(found):
        raise ReelwiseError(
            f"{files.folder} has no {wanted}", fix=f"name it: --split {wanted.split(' ')[0]}"
        )


def _text(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return file.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReelwiseError(
            f"{path} cannot be read: {error}", fix="give an existing file in UTF-8"
        ) from error
