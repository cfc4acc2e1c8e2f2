"""JSON files of sets, with the line that each entry begins in, and checks that name it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import ReelwiseError
from data.regular import open_regular

_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class Entry:
    """One value of a file."""

    key: str
    """Its name in the outermost object, or that of the list it lies in; empty in a bare list."""
    line: int
    """The line that it begins in."""
    value: Any
    """What it holds."""


class Source:
    """A file that entries or rows come from; it makes the errors about them.

    Args:
        path: The file.
        kind: The set that it belongs to.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self._kind = kind
        self._seen: dict[str, int] = {}

    def wrong(self, line: int, problem: str) -> ReelwiseError:
        """The error for what stands in a line."""
        return ReelwiseError(
            f"{self.path}, line {line}: {problem}",
            fix=f"give the file as {self._kind} is published   (docs/evaluation.md)",
        )

    def field(self, entry: Entry, name: str, kind: type) -> Any:
        """A field of an entry, of one type.

        Raises:
            ReelwiseError: There is none, or it is of another type.
        """
        if not isinstance(entry.value, dict) or name not in entry.value:
            raise self.wrong(entry.line, f"there is no {name!r}")
        value = entry.value[name]
        if not isinstance(value, kind):
            raise self.wrong(entry.line, f"{name!r} is {str(value)[:40]!r}, no {_TYPES[kind]}")
        return value

    def text(self, line: int, name: str, text: object) -> str:
        """A text without spaces around it.

        Raises:
            ReelwiseError: It is empty, or no text.
        """
        if not isinstance(text, str):
            raise self.wrong(line, f"{name!r} is {str(text)[:40]!r}, no text")
        if not text.strip():
            raise self.wrong(line, f"{name!r} is empty")
        return text.strip()

    def once(self, line: int, name: str, value: object) -> None:
        """Remember what may stand in the file only once.

        Raises:
            ReelwiseError: It stood there before.
        """
        key = f"{name} {value}"
        if key in self._seen:
            raise self.wrong(line, f"{key[:80]!r} stands in line {self._seen[key]} as well")
        self._seen[key] = line


_TYPES = {str: "text", list: "list", dict: "object", int: "whole number"}


def read_entries(path: Path) -> list[Entry]:
    """The entries of a list, or of all lists of an object and its other values.

    Raises:
        ReelwiseError: The file cannot be read as JSON, or holds neither.
    """
    try:
        with open_regular(path) as file:
            text = file.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReelwiseError(
            f"{path} cannot be read: {error}", fix="give an existing file in UTF-8"
        ) from error
    try:
        return _Walk(text).entries()
    except json.JSONDecodeError as error:
        raise ReelwiseError(
            f"{path}, line {error.lineno}: this is no JSON: {error.msg}",
            fix="give the file as the set is published",
        ) from error
    except RecursionError as error:
        raise ReelwiseError(
            f"{path} is no list of a set: it is nested too deep",
            fix="give the file as the set is published",
        ) from error


class _Walk:
    """Goes through a JSON text value by value, counting lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decode = json.JSONDecoder().raw_decode
        self._at = 0
        self._line, self._counted = 1, 0

    def entries(self) -> list[Entry]:
        opening = self._next()
        found: list[Entry] = []
        if opening == "[":
            self._items("", found)
        elif opening == "{":
            self._members(found)
        else:
            raise json.JSONDecodeError("it begins with neither [ nor {", self._text, self._at)
        if self._next():
            raise json.JSONDecodeError("something stands after its end", self._text, self._at)
        return found

    def _members(self, found: list[Entry]) -> None:
        self._at += 1
        if self._next() == "}":
            self._at += 1
            return
        while True:
            if self._next() != '"':
                raise json.JSONDecodeError("a name is missing", self._text, self._at)
            key = str(self._value())
            self._take(":")
            if self._next() == "[":
                self._items(key, found)
            else:
                found.append(Entry(key, self._here(), self._value()))
            if self._take(",}") == "}":
                return

    def _items(self, key: str, found: list[Entry]) -> None:
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return
        while True:
            self._next()
            found.append(Entry(key, self._here(), self._value()))
            if self._take(",]") == "]":
                return

    def _next(self) -> str:
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def _take(self, wanted: str) -> str:
        found = self._next()
        if not found or found not in wanted:
            named = " or ".join(wanted)
            raise json.JSONDecodeError(f"{named} is missing", self._text, self._at)
        self._at += 1
        return found

    def _value(self) -> Any:
        value, self._at = self._decode(self._text, self._at)
        return value

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
