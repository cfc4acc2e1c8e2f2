"""Rows of a text file with a header line: one line is one row, whatever a quote would swallow."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from data.errors import ReelwiseError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MAX_LINE = 1_000_000
"""Most characters of a line."""
MAX_JOINED = 50
"""Most lines of one row: a file name may hold line breaks."""

_HEAD_BYTES = 4_096
# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OTHER_KINDS = (
    (b"PK\x03\x04", "a workbook (Excel, LibreOffice) or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "a workbook of old Excel"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"[", "JSON"),
    (b"{", "JSON"),
)
_DAMAGED = re.compile("[\udc00-\udcff]")
_OPEN_QUOTE = "unexpected end of data"  # what the csv module says of a quote that is not closed
_QUOTE_REASON = "a quote is opened and not closed in the row"


def _mark_damage(error: UnicodeError) -> tuple[str, int]:
    """Keep bytes that mean nothing recognisable: they spoil their row, not the file."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("reelwise-mark", _mark_damage)

Row = tuple[int, list[str] | str]
"""Number of the (first) line, from 1, and the values, or why they cannot be told."""


class TextTable(NamedTuple):
    """A text file that is being read."""

    encoding: str
    """How its bytes are read."""
    separator: str
    """What stands between values."""
    header: list[str]
    """Names of the columns as they stand there."""
    rows: Iterator[Row]
    """The rows after the header, lazily; blank lines are passed over."""


@contextmanager
def open_table(
    path: Path, wanted: Sequence[Sequence[str]], encoding: str | None = None
) -> Iterator[TextTable]:
    """Open a text file by its header, its separator and encoding told from the beginning.

    Args:
        path: The file.
        wanted: Sets of columns, lower case: the separator under which one of them is whole is the
            file's; where none is, that which makes most columns.
        encoding: How its bytes are read; None tells UTF-8, UTF-16 and UTF-32 apart.

    Raises:
        ReelwiseError: The first line cannot be read.
    """
    with path.open("rb") as binary:
        head = binary.read(_HEAD_BYTES)
    _require_text(head, path)
    encoding = encoding or _encoding(head)
    with _opened(path, encoding) as file:
        lines = _Lines(file)
        separator, header = _header(lines, wanted, path)
        yield TextTable(encoding, separator, header, _rows(lines, separator, len(header)))


def _require_text(head: bytes, path: Path) -> None:
    for begin, kind in _OTHER_KINDS:
        if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(begin):
            raise ReelwiseError(
                f"{path} is {kind}, not a text table",
                fix="unpack it, or save it as CSV in UTF-8: its first line begins user,video",
            )


def _opened(path: Path, encoding: str) -> TextIO:
    try:
        return path.open(encoding=encoding, errors="reelwise-mark", newline="")
    except LookupError:
        raise ReelwiseError(
            f"there is no text encoding called {encoding!r}",
            fix="name one that is known, as in: --encoding windows-1252",
        ) from None


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # Headers are ASCII: every other byte of UTF-16 is 0, and a text in UTF-8 holds none.
    pairs = head[: len(head) // 2 * 2][:64]
    if pairs and not any(pairs[1::2]):
        return "utf-16-le"
    if pairs and not any(pairs[0::2]):
        return "utf-16-be"
    return "utf-8"


class _Lines:
    """Lines with their numbers; some may be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._number = 0
        self._back: list[tuple[int, str]] = []

    def take(self) -> tuple[int, str] | None:
        """The next line with its end, cut after `MAX_LINE` characters; None after the last."""
        if self._back:
            return self._back.pop()
        line = self._file.readline(MAX_LINE + 1)
        if not line:
            return None
        self._number += 1
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(("\n", "\r")):
            rest = self._file.readline(MAX_LINE + 1)
        return self._number, line

    def give_back(self, lines: Sequence[tuple[int, str]]) -> None:
        self._back.extend(reversed(lines))


def _header(lines: _Lines, wanted: Sequence[Sequence[str]], path: Path) -> tuple[str, list[str]]:
    while (taken := lines.take()) is not None and not taken[1].strip():
        pass
    line = taken[1] if taken else ""
    if line.strip().lower() in {f"sep={one}" for one in SEPARATORS}:  # written for Excel
        return _header(lines, wanted, path)
    found = {one: _split(line, one) for one in SEPARATORS}
    readable = {one: values for one, values in found.items() if isinstance(values, list)}
    if not readable:
        raise ReelwiseError(
            f"the first line of {path} cannot be read: {found[',']}",
            fix="begin it with the names of its columns: user,video",
        )

    def fits(one: str) -> tuple[bool, int]:
        names = [name.strip().lower() for name in readable[one]]
        return any(all(name in names for name in columns) for columns in wanted), len(names)

    separator = max(readable, key=fits)
    return separator, readable[separator]


def _rows(lines: _Lines, separator: str, n_columns: int) -> Iterator[Row]:
    while (taken := lines.take()) is not None:
        number, line = taken
        values = _split(line, separator)
        if values == _QUOTE_REASON:
            yield from _joined(taken, lines, separator, n_columns)
        elif isinstance(values, str):
            yield number, values
        elif len(values) > n_columns and any(value.strip() for value in values[n_columns:]):
            yield number, f"{len(values)} values under {n_columns} columns"
        elif any(value.strip() for value in values):
            yield number, values[:n_columns]


def _joined(first: tuple[int, str], lines: _Lines, separator: str, n_columns: int) -> Iterator[Row]:
    """The row that goes on in the next lines, or why it is none.

    A quote that somebody forgot may pair with another one further down: where a line in between
    could be a row of its own, none of them is read, and each is named.
    """
    taken = [first]
    values: list[str] | str = _QUOTE_REASON
    while values == _QUOTE_REASON and len(taken) < MAX_JOINED and (line := lines.take()):
        taken.append(line)
        values = _split("".join(text for _, text in taken), separator)
    if isinstance(values, str):
        lines.give_back(taken[1:])
        yield first[0], _QUOTE_REASON
    elif len(values) == n_columns and not _rows_among(taken[1:], separator, n_columns):
        yield first[0], values
    else:
        for number, _ in taken:
            yield number, f"stands between two quotes, in lines {first[0]} to {taken[-1][0]}"


def _rows_among(lines: Sequence[tuple[int, str]], separator: str, n_columns: int) -> bool:
    for _, line in lines:
        values = _split(line, separator)
        alone = isinstance(values, list) and (len(values) > 1 and '"' not in line)
        if alone or (isinstance(values, list) and len(values) == n_columns > 1):
            return True
    return False


def _split(line: str, separator: str) -> list[str] | str:
    """The values of one line, or why they cannot be told."""
    if len(line) > MAX_LINE:
        return f"the line has more than {MAX_LINE:,} characters"
    if not line.isascii() and (damage := _DAMAGED.search(line)):
        byte = ord(damage[0]) - 0xDC00
        return f"byte 0x{byte:02X} is no text in this encoding (Latin-1? see --encoding)"
    text = line.removesuffix("\n").removesuffix("\r")
    if text and '"' not in text and "\r" not in text and "\n" not in text:
        # What the csv module does with a line without quotes, in a third of its time.
        return [value.lstrip(" ") for value in text.split(separator)]
    try:
        return next(csv.reader([line], delimiter=separator, strict=True, skipinitialspace=True), [])
    except csv.Error as error:
        return _QUOTE_REASON if str(error) == _OPEN_QUOTE else str(error)
