"""CSV tables about intervals of videos: captions, queries and labels, read one way."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import ReelwiseError
from data.numbers import number_of
from data.regular import open_regular


@dataclass(frozen=True)
class TableRow:
    """One row of a table."""

    line: int
    """Its last line in the file; the header is line 1."""
    cells: dict[str, str]
    """Stripped values by column name; a missing value is empty."""

    def __getitem__(self, column: str) -> str:
        """Give a value; empty where the row or the table has none."""
        return self.cells.get(column, "")

    def interval(self, *, optional: bool = False) -> tuple[float, float]:
        """Give `start_s` and `end_s`, both finite.

        Args:
            optional: A missing start is 0, and a missing end is infinite: the end of the video.

        Raises:
            ValueError: They are not `0 <= start_s < end_s`; the text says what they are.
        """
        start, end = self["start_s"], self["end_s"]
        start_s = 0.0 if optional and not start else number_of(start)
        end_s = math.inf if optional and not end else number_of(end)
        if start_s is None or end_s is None:
            raise ValueError(f"start_s and end_s must be seconds, not {start!r} and {end!r}")
        if not 0 <= start_s < end_s:
            raise ValueError(f"the interval is {start_s} to {end_s} s; needs 0 <= start_s < end_s")
        return start_s, end_s


@dataclass(frozen=True)
class IntervalTable:
    """A whole table."""

    columns: tuple[str, ...]
    """Column names, lower case."""
    rows: list[TableRow]
    """Rows that are not empty, in order."""


def read_table(path: Path, required: Sequence[str], *, header: str) -> IntervalTable:
    """Read a CSV file in UTF-8, with or without a byte order mark.

    A quote that is not closed would swallow the rows after it: such a file is refused whole, for
    figures of a part of it would be others.

    Args:
        path: The file.
        required: Columns that it must have; `a|b` asks for one of two. Case does not matter.
        header: Header line to recommend where a column is missing.

    Raises:
        ReelwiseError: The file cannot be read as such a table.
    """
    try:
        with (
            open_regular(path) as binary,
            io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as file,
        ):
            reader = csv.reader(file, strict=True)
            columns = tuple(name.strip().lower() for name in next(reader, []))
            rows = [
                TableRow(reader.line_num, dict(zip(columns, map(str.strip, values), strict=False)))
                for values in reader
                if any(values)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReelwiseError(
            f"{path} cannot be read as CSV: {error}", fix="give an existing CSV file in UTF-8"
        ) from error
    missing = [names for names in required if not set(names.split("|")) & set(columns)]
    if missing:
        raise ReelwiseError(
            f"{path} has no column {', '.join(missing).replace('|', ' or ')}; "
            f"its columns are {', '.join(columns) or 'none'}",
            fix=f"begin the file with the line: {header}",
        )
    return IntervalTable(columns, rows)
