"""Event files: CSV or Parquet rows of who watched, liked or disliked what; the only parser of them.

`History.import_file` and `recommender.evaluation` both read through it, so a file that one of them
accepts row by row is a file that the other accepts.
"""

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from data.catalogue.values import to_micros
from data.errors import ReelwiseError

EventKind = Literal["view", "like", "dislike"]
EVENT_KINDS: tuple[EventKind, ...] = ("view", "like", "dislike")
EVENT_COLUMNS = ("user", "video", "at", "watched_s", "duration_s", "kind")

_FIRST_LINE = "user,video[,at][,watched_s][,duration_s][,kind]"
_MISSING = frozenset({"", "nan", "nat"})
_MAX_UNIX_S = 1e11
_YEARS_MICROS = (
    to_micros(datetime.min.replace(tzinfo=UTC)),
    to_micros(datetime.max.replace(tzinfo=UTC)),
)
_PARQUET_ROWS = 10_000


class BadRowError(ValueError):
    """One row is not an event; the text says why to the person who wrote it."""


class EventRow(NamedTuple):
    """One event as the file gives it."""

    user: str
    """User name; not empty."""
    video_ref: str
    """Path, file name or id of the video; not empty."""
    at_micros: int | None
    """Time, microseconds since 1970 UTC; None where the file has none."""
    watched_s: float | None
    """Seconds watched."""
    duration_s: float | None
    """Length of the video."""
    kind: EventKind
    """`view`, `like` or `dislike`."""


ParsedRow = tuple[int, EventRow | str]
"""Line number (in Parquet the row number, from 1), and the event or why the row is not one."""


def iter_rows(path: Path) -> Iterator[ParsedRow]:
    """Read a file of events lazily, each row checked on its own.

    Args:
        path: CSV with a header line, or Parquet; the first bytes decide. Case and spaces in column
            names do not matter, other columns are ignored, empty rows are passed over.

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


def parse_time(value: Any) -> int | None:
    """Give microseconds since 1970 of Unix seconds or an ISO 8601 time (UTC without a zone).

    Raises:
        BadRowError: It is neither, or lies outside the years 1 to 9999.
    """
    if isinstance(value, datetime) and value == value:  # NaT, a missing time, differs from itself
        return _micros(value)
    text = _text(value)
    if text.lower() in _MISSING:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return _micros(_iso_time(text))
    if not 0 <= seconds < _MAX_UNIX_S:
        raise BadRowError(f"at must be Unix seconds below 1e11, got {text} (milliseconds?)")
    return round(seconds * 1e6)


def _iso_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadRowError(f"at must be ISO 8601 or Unix seconds, got {text!r}") from None


def _micros(moment: datetime) -> int:
    micros = to_micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    # A zone can move the first and the last day out of the years that `from_micros` can give back.
    if not _YEARS_MICROS[0] <= micros <= _YEARS_MICROS[1]:
        raise BadRowError(f"at lies outside the years 1 to 9999 in UTC: {moment.isoformat()}")
    return micros


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _seconds(column: str, value: Any) -> float | None:
    text = _text(value)
    if text.lower() in _MISSING:
        return None
    try:
        seconds = float(text)
    except ValueError:
        raise BadRowError(f"{column} must be a number of seconds, got {text!r}") from None
    if not math.isfinite(seconds) or seconds < 0:
        raise BadRowError(f"{column} must be a finite number >= 0, got {text}")
    return seconds


def _kind(value: Any) -> EventKind:
    word = _text(value).lower() or "view"
    for kind in EVENT_KINDS:
        if kind == word:
            return kind
    raise BadRowError(f"kind must be view, like or dislike, got {word!r}")


def _event(values: Sequence[Any]) -> EventRow | str:
    """Give the event of values in the order of `EVENT_COLUMNS`, or why they are none."""
    user, video, at, watched_s, duration_s, kind = values
    user, video_ref = _text(user), _text(video)
    if not user or not video_ref:
        return f"{'video' if user else 'user'} is empty"
    try:
        return EventRow(
            user,
            video_ref,
            parse_time(at),
            _seconds("watched_s", watched_s),
            _seconds("duration_s", duration_s),
            _kind(kind),
        )
    except BadRowError as error:
        return str(error)


def _csv_rows(path: Path) -> Iterator[ParsedRow]:
    # Bytes that are not UTF-8 spoil their row (its video is not known), not the file.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        _require_columns(header, path)
        pick = _picker(header)
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
                missing = [None] * (len(header) - len(values))
                yield reader.line_num, _event(pick([*values, *missing]))


def _parquet_rows(path: Path) -> Iterator[ParsedRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _require_columns(names, path)
            wanted = [name for name in names if name.strip().lower() in EVENT_COLUMNS]
            pick = _picker(wanted)
            for batch in file.iter_batches(batch_size=_PARQUET_ROWS, columns=wanted):
                columns = (batch.column(name).to_pylist() for name in wanted)
                for values in zip(*columns, strict=True):
                    number += 1
                    yield number, _event(pick(values))
    except pa.ArrowException as error:
        raise ReelwiseError(
            f"the events file {path} is damaged after row {number}: {error}",
            fix="write the file again, then run the command again",
        ) from error


def _require_columns(names: Sequence[str], path: Path) -> None:
    known = [name.strip().lower() for name in names]
    missing = [name for name in ("user", "video") if name not in known]
    if missing:
        raise ReelwiseError(
            f"the events file {path} has no column {' and no column '.join(missing)}"
            f" (its columns: {', '.join(known)[:200] or 'none'})",
            fix=f"begin it with the line {_FIRST_LINE}",
        )


def _picker(names: Sequence[str]) -> Callable[[Sequence[Any]], list[Any]]:
    """Give what brings a row's values into the order of `EVENT_COLUMNS`, None where absent."""
    known = [name.strip().lower() for name in names]
    places = [known.index(name) if name in known else len(known) for name in EVENT_COLUMNS]
    return lambda values: [(*values, None)[place] for place in places]
