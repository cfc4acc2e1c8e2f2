"""Watch events as other programs write them: rows of CSV or Parquet, each checked on its own."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from data.catalogue.database import to_micros
from data.errors import ReelwiseError

Kind = Literal["view", "like", "dislike"]
KINDS: tuple[Kind, ...] = ("view", "like", "dislike")
COLUMNS = ("user", "video", "at", "watched_s", "duration_s", "kind")

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_LAST_UNIX_S = 1e11
_PARQUET_ROWS = 10_000


class BadRowError(ValueError):
    """One row cannot be an event; the text says why to the person who wrote it."""


@dataclass(frozen=True)
class EventRow:
    """One event as the file says it."""

    user: str
    """Who; not empty."""
    video_ref: str
    """Path, file name or id of the video; not empty."""
    at_micros: int | None
    """When, microseconds since 1970 UTC; None where the file does not say."""
    watched_s: float | None
    """Seconds watched."""
    duration_s: float | None
    """Length of the video."""
    kind: Kind
    """What happened."""


def iter_rows(path: Path) -> Iterator[tuple[int, EventRow | str]]:
    """Read a file of events lazily.

    Args:
        path: CSV with a header line, or Parquet; told apart by their first bytes.

    Yields:
        The line in the file (in Parquet the row, from 1) and the event, or the reason why the row
        is none.

    Raises:
        ReelwiseError: The file cannot be read, or lacks the columns `user` and `video`.
    """
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        yield from _parquet_rows(path) if is_parquet else _csv_rows(path)
    except OSError as error:
        raise ReelwiseError(
            f"the events file {path} cannot be read: {error.strerror or error}",
            fix="check the name and the permissions of the file",
        ) from error


def parse_row(row: Mapping[str, Any]) -> EventRow:
    """Make an event of named values; an empty or missing value is None.

    Raises:
        BadRowError: Some value is not what its column needs.
    """
    kind = _word(row, "kind").lower() or "view"
    if kind not in KINDS:
        raise BadRowError(f"kind must be view, like or dislike, found {kind!r}")
    user, video_ref = _word(row, "user"), _word(row, "video")
    if not user or not video_ref:
        raise BadRowError(f"{'video' if user else 'user'} is empty")
    return EventRow(
        user=user,
        video_ref=video_ref,
        at_micros=parse_time(row.get("at")),
        watched_s=_seconds(row, "watched_s"),
        duration_s=_seconds(row, "duration_s"),
        kind=kind,
    )


def parse_time(value: Any) -> int | None:
    """Give microseconds since 1970 of Unix seconds or an ISO 8601 time (UTC unless it says).

    Raises:
        BadRowError: It is neither.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, datetime):
        return to_micros(value if value.tzinfo else value.replace(tzinfo=UTC))
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        seconds = float(text)
        if not 0 <= seconds < _LAST_UNIX_S:
            raise BadRowError(f"at must be Unix seconds, found {text} (milliseconds?)")
        return round(seconds * 1e6)
    if text.lower() == "nan":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRowError(f"at must be ISO 8601 or Unix seconds, found {text!r}") from None
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _word(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value).strip()


def _seconds(row: Mapping[str, Any], column: str) -> float | None:
    text = _word(row, column)
    if not text or text.lower() == "nan":
        return None
    try:
        seconds = float(text)
    except ValueError:
        raise BadRowError(f"{column} must be a number of seconds, found {text!r}") from None
    if not math.isfinite(seconds) or seconds < 0:
        raise BadRowError(f"{column} must be a finite number >= 0, found {text}")
    return seconds


def _parsed(row: Mapping[str, Any]) -> EventRow | str:
    try:
        return parse_row(row)
    except BadRowError as error:
        return str(error)


def _csv_rows(path: Path) -> Iterator[tuple[int, EventRow | str]]:
    # Bytes that are not UTF-8 spoil their own row (its video is not found), not the file.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file)
        header = [name.strip().lower() for name in next(reader, [])]
        _require_columns(header, path)
        while True:
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield reader.line_num, str(error)
                continue
            if values is None:
                return
            if len(values) > len(header):
                yield reader.line_num, f"{len(values)} values under {len(header)} columns"
            elif any(values):
                yield reader.line_num, _parsed(dict(zip(header, values, strict=False)))


def _parquet_rows(path: Path) -> Iterator[tuple[int, EventRow | str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            _require_columns(file.schema_arrow.names, path)
            wanted = [name for name in file.schema_arrow.names if name in COLUMNS]
            for batch in file.iter_batches(batch_size=_PARQUET_ROWS, columns=wanted):
                for row in batch.to_pylist():
                    number += 1
                    yield number, _parsed(row)
    except pa.ArrowException as error:
        raise ReelwiseError(
            f"the events file {path} is damaged after row {number}: {error}",
            fix="write the file again and import it once more: known rows are not added twice",
        ) from error


def _require_columns(found: list[str], path: Path) -> None:
    missing = [name for name in ("user", "video") if name not in found]
    if missing:
        raise ReelwiseError(
            f"the events file {path} has no column {' and no column '.join(missing)}"
            f" (found: {', '.join(found)[:200] or 'nothing'})",
            fix="begin it with the line user,video[,at][,watched_s][,duration_s][,kind]",
        )
