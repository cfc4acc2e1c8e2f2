"""Names of videos: one rule for the command line, the page and imported histories."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from data.catalogue.naming.spelling import folded, name_key, plain
from data.catalogue.values import path_text

BY_TITLE = "title:"
"""Begins a reference that gives a title instead of a file: services do not know file names."""

_PARTS = re.compile(r"[/\\]")
_WORD = re.compile(r"\w+")
_YEAR = re.compile(r" (?:19|20)\d\d$")


class VideoNames:
    """An index of live videos by path, file name, id and title.

    Names match whatever their Unicode form: macOS writes "é" as two characters, others as one.

    Args:
        files: (video id, path text) of the known files; a video may have several.
        titles: Title of each video; the stems of its files are titles as well.
    """

    def __init__(
        self, files: Iterable[tuple[int, str]], titles: Mapping[int, str] | None = None
    ) -> None:
        self._ids: set[int] = set()
        self._titles = titles or {}
        self._unique: dict[str, int | None] = {}
        self._by_path: dict[str, int] = {}
        self._by_name: dict[str, list[str]] = {}
        for video_id, path in files:
            self._ids.add(video_id)
            self._by_path[path] = video_id
            name = plain(path.rpartition("/")[2])
            for word in {name, Path(name).stem}:
                self._by_name.setdefault(word, []).append(path)

    def find(self, ref: str) -> list[int]:
        """Give the ids of all videos that `ref` may mean, ascending; a single one is unambiguous.

        A whole path, absolute or relative to the working folder, decides at once, and so does
        `id:12`. Anything else may be the digits of an id, a file name, a file name without its
        suffix, or the end of a path.
        """
        if ref.startswith("id:"):
            return [_id(ref[3:])] if _id(ref[3:]) in self._ids else []
        absolute = path_text(Path(ref).absolute())
        if absolute in self._by_path:
            return [self._by_path[absolute]]
        text, absolute = plain(path_text(Path(ref))), plain(absolute)
        paths = self._by_name.get(text.rpartition("/")[2], ())
        whole = {self._by_path[path] for path in paths if plain(path) == absolute}
        if whole:
            return sorted(whole)
        end = "/" + text
        ids = {self._by_path[p] for p in paths if "/" not in text or plain(p).endswith(end)}
        if _id(ref) in self._ids:
            ids.add(_id(ref))
        return sorted(ids)

    def only(self, ref: str) -> int | None:
        """Give the video that an imported or stored reference means; None where none or several.

        More than `find` knows: `title:TEXT`, file addresses (`file:///films/a%20b.mp4`), and paths
        of another machine (Windows, another mount, another case), by their last part where just one
        video is called so. A path that lies on this machine and is not indexed means no video.
        """
        if ref not in self._unique:
            ids = self._meant(ref)
            self._unique[ref] = ids[0] if len(ids) == 1 else None
        return self._unique[ref]

    def _meant(self, ref: str) -> list[int]:
        if ref.startswith(BY_TITLE):
            return self._titled(ref.removeprefix(BY_TITLE))
        readings = list(_readings(ref))
        for text in readings:
            if ids := self.find(text):
                return ids
        if any(_is_here(text) for text in readings):
            return []
        for text in readings:
            if ids := self._by_key.get(folded(last_part(text)), []):
                return ids
        return []

    def _titled(self, title: str) -> list[int]:
        words = title_words(title)
        return self._by_title[0].get(words) or self._by_title[1].get(words) or []

    @cached_property
    def _by_key(self) -> dict[str, list[int]]:
        """Videos by folded file name, with and without its suffix."""
        ids: dict[str, set[int]] = {}
        for name, paths in self._by_name.items():
            ids.setdefault(folded(name), set()).update(self._by_path[path] for path in paths)
        return {name: sorted(found) for name, found in ids.items()}

    @cached_property
    def _by_title(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Videos by the words of their titles; and without the year that many file names end in."""
        whole: dict[str, set[int]] = {}
        for path, video_id in self._by_path.items():
            for title in (Path(path).stem, self._titles.get(video_id, "")):
                whole.setdefault(title_words(title), set()).add(video_id)
        whole.pop("", None)
        without: dict[str, set[int]] = {}
        for words, ids in whole.items():
            without.setdefault(_YEAR.sub("", words), set()).update(ids)
        return (
            {words: sorted(ids) for words, ids in whole.items()},
            {words: sorted(ids) for words, ids in without.items()},
        )


def title_words(title: str) -> str:
    """Give the words of a title without case and punctuation: "a_B - (c)" is "a b c"."""
    return " ".join(_WORD.findall(folded(title).replace("_", " ")))


def last_part(ref: str) -> str:
    r"""Give the file name of a path as any system writes it: after the last "/" or "\"."""
    return _PARTS.split(ref.rstrip("/\\"))[-1]


def likely_keys(ref: str) -> set[str]:
    """Give the folded names that a file must have to be meant by `ref` (see `VideoNames.only`)."""
    words = (word for text in _readings(ref) for word in (last_part(text), path_text(Path(text))))
    return {name_key(word) for word in words}


def _readings(ref: str) -> Iterator[str]:
    """Give what a reference may stand for: as written, then as an address with its codes undone."""
    yield ref
    text = path_text(unquote(ref, errors="surrogateescape")) if "%" in ref else ref
    if text.lower().startswith("file:"):
        text = "/" + text[5:].lstrip("/")
    if text != ref and "\0" not in text:
        yield text


def _is_here(ref: str) -> bool:
    try:
        return "/" in ref and Path(ref).exists()
    except (OSError, ValueError):
        return False


def _id(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else -1
