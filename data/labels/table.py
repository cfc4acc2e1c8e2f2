"""Tables of labels on the disk: CSV, Parquet or JSON, read as the same rows of texts."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import ReelwiseError
from data.interval_table import TableRow, read_table
from data.labels.json_table import COLUMNS, read_json_table
from data.labels.kinds import SEPARATOR, Task
from data.labels.trouble import RowTrouble
from data.regular import open_regular

HEADER = "video,start_s,end_s,label"
"""The header line that is recommended where one is missing."""
MOST_BYTES = 1 << 30
"""Largest file that is read."""
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class LabelTable:
    """One file."""

    path: Path
    """The file."""
    sha256: str
    """Fingerprint of its bytes."""
    columns: tuple[str, ...]
    """Column names, lower case."""
    rows: list[TableRow]
    """Rows that are not empty, in order."""
    troubles: Sequence[RowTrouble] = ()
    """What is no row, by line."""
    task: Task | None = None
    """What its labels are, where it says so."""
    offered: tuple[str, ...] = ()
    """Labels that it lists, in order, whether a row has them or not."""


def read_label_table(path: Path) -> LabelTable:
    """Read a CSV file in UTF-8, a Parquet file, or JSON in a file whose name ends in `.json`.

    Raises:
        ReelwiseError: It cannot be read, has no column `video`, names a column twice, or is empty.
    """
    content = _content(path)
    if path.name.lower().endswith(".json"):
        return _json(path, content)
    if content.startswith(_PARQUET):
        columns, rows = _parquet(path, content)
    else:
        table = read_table(path, ["video"], header=HEADER)
        columns, rows = table.columns, table.rows
    doubled = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubled:
        raise ReelwiseError(
            f"{path} names the column {doubled[0]} twice", fix="rename one of the two columns"
        )
    _require_rows(path, rows, fix=f"give one row a label, below the line: {HEADER}")
    return LabelTable(path, hashlib.sha256(content).hexdigest(), columns, rows)


def _json(path: Path, content: bytes) -> LabelTable:
    found = read_json_table(path, content)
    if not found.rows and found.troubles:
        first = found.troubles[0]
        raise ReelwiseError(
            f"no annotation of {path} can be used; number {first.line}: {first.reason}",
            fix="give what reelwise annotate --export writes, or CSV",
        )
    _require_rows(path, found.rows, fix="write a set that has labels")
    sha256 = hashlib.sha256(content).hexdigest()
    return LabelTable(path, sha256, COLUMNS, found.rows, found.troubles, found.task, found.offered)


def _require_rows(path: Path, rows: Sequence[TableRow], *, fix: str) -> None:
    if not rows:
        raise ReelwiseError(f"{path} has no rows", fix=fix)


def _content(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ReelwiseError(
            f"{path} cannot be read: {error.strerror}",
            fix="give an existing CSV, Parquet or JSON file",
        ) from error
    if len(content) > MOST_BYTES:
        raise ReelwiseError(
            f"{path} has more than {MOST_BYTES >> 20:,} MiB", fix="give the labels in parts"
        )
    return content


def _parquet(path: Path, content: bytes) -> tuple[tuple[str, ...], list[TableRow]]:
    try:
        table = pq.read_table(pa.BufferReader(content), use_threads=False)
        columns = tuple(str(name).strip().lower() for name in table.column_names)
        values = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ReelwiseError(
            f"{path} cannot be read as Parquet: {error}", fix="write the file again, or give CSV"
        ) from error
    if "video" not in columns:
        raise ReelwiseError(
            f"{path} has no column video; its columns are {', '.join(columns) or 'none'}",
            fix="name the column of the videos: video",
        )
    cells = (dict(zip(columns, map(_text, row), strict=True)) for row in _across(values))
    # As in a CSV file, of which the header is line 1.
    rows = [TableRow(line, row) for line, row in enumerate(cells, start=2) if any(row.values())]
    return columns, rows


def _across(columns: list[list[Any]]) -> Iterable[tuple[Any, ...]]:
    return zip(*columns, strict=True)


def _text(value: Any) -> str:
    """A value as a CSV file has it; several labels in one list are joined by `|`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, list):
        return SEPARATOR.join(map(_text, value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value).strip()
