"""What people call a video: one rule for the command line, the page and imported histories."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from data.catalogue.values import path_text


class VideoNames:
    """Finds videos by what a person wrote.

    Args:
        files: (video id, path text) of the files to choose among; a video may have several.
    """

    def __init__(self, files: Iterable[tuple[int, str]]) -> None:
        self._ids: set[int] = set()
        self._found: dict[str, int | None] = {}
        self._by_path: dict[str, int] = {}
        self._by_name: dict[str, list[str]] = {}
        for video_id, path in files:
            self._ids.add(video_id)
            self._by_path[path] = video_id
            name = path.rpartition("/")[2]
            for word in {name, Path(name).stem}:
                self._by_name.setdefault(word, []).append(path)

    def find(self, ref: str) -> list[int]:
        """Give the ids of all videos that `ref` may mean, ascending; one means it is clear.

        A whole path, absolute or relative to the working folder, decides at once, and so does
        `id:12`. Anything else may be the digits of an id, a file name, a file name without its
        suffix, or the end of a path.
        """
        if ref.startswith("id:"):
            return [self._id(ref[3:])] if self._id(ref[3:]) in self._ids else []
        absolute = path_text(Path(ref).absolute())
        if absolute in self._by_path:
            return [self._by_path[absolute]]
        text = path_text(Path(ref))
        found = {
            self._by_path[path]
            for path in self._by_name.get(text.rpartition("/")[2], ())
            if "/" not in text or path.endswith("/" + text)
        }
        if self._id(ref) in self._ids:
            found.add(self._id(ref))
        return sorted(found)

    def only(self, ref: str) -> int | None:
        """Give the one video that `ref` means; None when there is none, or no telling which."""
        if ref not in self._found:
            found = self.find(ref)
            self._found[ref] = found[0] if len(found) == 1 else None
        return self._found[ref]

    @staticmethod
    def _id(digits: str) -> int:
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else -1
