"""What a person may mean who has begun to type: own searches, tags, folders and titles.

Titles and folders are held in memory, so that 100,000 videos are looked through in milliseconds.
What has changed in the library is read behind an answer and counts in one of the next.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from data.catalogue.naming.spelling import folded
from data.catalogue.values import text_path
from data.catalogue.videos import titles_and_paths

if TYPE_CHECKING:
    from data.catalogue import Catalogue
    from data.people import Parameters, Searches

LEAST_LETTERS = 2
"""Fewer letters suggest nothing."""
READ_AGAIN_S = 10.0
"""Least time between two readings of a library that keeps changing."""


@dataclass(frozen=True)
class Suggestion:
    """One thing that may be meant."""

    kind: Literal["saved", "search", "tag", "folder", "title"]
    """What it is: a saved search, one of before, a tag, a folder, a video's title."""
    text: str
    """What is shown."""
    parameters: Parameters
    """Of the search that it stands for."""


class Words:
    """Lines of text that are found by the beginning of any of their words."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(dict.fromkeys(lines))
        """The lines, each once."""
        keys = [f"\n {_key(line)}" for line in self.lines]
        self._text = "".join([*keys, "\n"])
        self._starts = [0]
        for key in keys:
            self._starts.append(self._starts[-1] + len(key))

    def beginning(self, typed: str) -> Iterator[str]:
        """Give the lines with a word that begins so; those that begin so themselves come first."""
        key, seen = _key(typed), set[int]()
        for wanted in (f"\n {key}", f" {key}"):
            at = self._text.find(wanted)
            while at >= 0:
                number = bisect_right(self._starts, at) - 1
                if number not in seen:
                    seen.add(number)
                    yield self.lines[number]
                at = self._text.find(wanted, self._starts[number + 1])


def _asked(parameters: Parameters) -> str:
    """The words of a search; an address has them in a list."""
    words = parameters.get("q", "")
    return words if isinstance(words, str) else " ".join(words)


def _key(text: str) -> str:
    """Words apart by one blank, in one case; letters and digits only."""
    return " ".join("".join(one if one.isalnum() else " " for one in folded(text)).split())


@dataclass(frozen=True)
class _Held:
    changes: int
    """`Database.changes` when it was read."""
    at_s: float
    """When, on the monotonic clock."""
    titles: Words
    folders: dict[str, str]
    """Name to path."""
    folder_names: Words
    tags: Words


class Suggestions:
    """Suggestions of one opened library; threads may share one."""

    def __init__(self, catalogue: Catalogue, searches: Searches) -> None:
        self._catalogue = catalogue
        self._searches = searches
        self._reading = threading.Lock()
        self._held: _Held | None = None

    def of(self, user: str | None, typed: str, limit: int = 8) -> list[Suggestion]:
        """Suggest what begins with what was typed; own searches first, then tags and folders.

        Args:
            user: Whose searches; None for none but the saved ones of nobody, for who has not said
                who they are may be anybody.
            typed: At least `LEAST_LETTERS` letters or digits.
            limit: Most suggestions.
        """
        if len(_key(typed)) < LEAST_LETTERS:
            return []
        found: dict[str, Suggestion] = {}
        for one in self._all(user, typed):
            found.setdefault(folded(one.text), one)
            if len(found) == limit:
                break
        return list(found.values())

    def _all(self, user: str | None, typed: str) -> Iterator[Suggestion]:
        searches, held = self._searches, self._current()
        saved = {one.name: one.parameters for one in searches.saved(user)}
        for name in Words(saved).beginning(typed):
            yield Suggestion("saved", name, saved[name])
        last = [] if user is None else searches.recent(user, 200)
        recent = {_asked(one.parameters): one for one in last}
        for text in Words(recent).beginning(typed):
            yield Suggestion("search", text, recent[text].parameters)
        for tag in held.tags.beginning(typed):
            yield Suggestion("tag", tag, {"tag": tag})
        for name in held.folder_names.beginning(typed):
            yield Suggestion("folder", name, {"folder": held.folders[name]})
        for title in held.titles.beginning(typed):
            yield Suggestion("title", title, {"q": title})

    def _current(self) -> _Held:
        """What is held; where the library has changed, it is read anew for the next answers."""
        held = self._held
        if held is None:
            with self._reading:
                self._held = held = self._held or self._read()
        elif self._is_old(held) and self._reading.acquire(blocking=False):
            threading.Thread(target=self._read_behind, name="suggestions", daemon=True).start()
        return held

    def _is_old(self, held: _Held) -> bool:
        if time.monotonic() - held.at_s < READ_AGAIN_S:
            return False
        return self._catalogue.changes() != held.changes

    def _read_behind(self) -> None:
        try:
            self._held = self._read()
        finally:
            self._reading.release()

    def _read(self) -> _Held:
        catalogue = self._catalogue
        changes, rows = catalogue.changes(), titles_and_paths(catalogue)
        parents = dict.fromkeys(str(PurePosixPath(path).parent) for _, _, path in rows)
        folders = {PurePosixPath(path).name: str(text_path(path)) for path in parents}
        tags = Words(tag.name for tag in catalogue.tags.all())
        titles = Words(title for _, title, _ in rows)
        return _Held(changes, time.monotonic(), titles, folders, Words(folders), tags)
