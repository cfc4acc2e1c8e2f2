"""Names of videos: one rule for the command line, the page and imported histories."""

from collections.abc import Iterable
from pathlib import Path

from data.catalogue.values import path_text


class VideoNames:
    """An index of live videos by path, file name and id.

    Args:
        files: (video id, path text) of the known files; a video may have several.
    """

    def __init__(self, files: Iterable[tuple[int, str]]) -> None:
        self._ids: set[int] = set()
        self._unique: dict[str, int | None] = {}
        self._by_path: dict[str, int] = {}
        self._by_name: dict[str, list[str]] = {}
        for video_id, path in files:
            self._ids.add(video_id)
            self._by_path[path] = video_id
            name = path.rpartition("/")[2]
            for word in {name, Path(name).stem}:
                self._by_name.setdefault(word, []).append(path)

    def find(self, ref: str) -> list[int]:
        """Give the ids of all videos that `ref` may mean, ascending; a single one is unambiguous.

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
        ids = {
            self._by_path[path]
            for path in self._by_name.get(text.rpartition("/")[2], ())
            if "/" not in text or path.endswith("/" + text)
        }
        if self._id(ref) in self._ids:
            ids.add(self._id(ref))
        return sorted(ids)

    def only(self, ref: str) -> int | None:
        """Give the video that `ref` means; None where none or several fit."""
        if ref not in self._unique:
            ids = self.find(ref)
            self._unique[ref] = ids[0] if len(ids) == 1 else None
        return self._unique[ref]

    @staticmethod
    def _id(digits: str) -> int:
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else -1
