"""Event files: CSV or Parquet rows of who watched, liked or disliked what; the only parser of them.

`History.import_file` and `recommender.evaluation` both read through it, so a file that one of them
accepts row by row is a file that the other accepts (which takes any number as a time as well).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from data.errors import ReelwiseError
from data.history.rows import netflix
from data.history.rows.event_row import EVENT_COLUMNS, EventRow, Reading, event_of
from data.history.rows.netflix import DateOrder, PassedOver, Told
from data.history.rows.text_table import SEPARATORS, TextTable, open_table
from data.history.rows.times import StoredTime

if TYPE_CHECKING:
    import pyarrow as pa

FileFormat = Literal["auto", "reelwise", "netflix"]

_FIRST_LINE = "user,video[,at][,watched_s][,duration_s][,kind]"
_PARQUET_ROWS = 10_000


@dataclass(frozen=True)
class HowToRead:
    """What a file of events does not say itself."""

    format: FileFormat = "auto"
    """Whose format it is; `auto` tells it from the names of the columns."""
    user: str | None = None
    """Who watched, where no column says it."""
    encoding: str | None = None
    """How the bytes of a text file are read; None tells UTF-8 and UTF-16 apart."""
    dates: DateOrder = "auto"
    """What comes first in dates like 5/6/2024."""
    any_number: bool = False
    """Take any number as a time: where only the order counts."""


Outcome = EventRow | str | PassedOver
"""What a row is: an event, why it is none, or what else it tells of."""


class EventFile(NamedTuple):
    """A file of events that is being read."""

    told: str
    """What it was taken for: "CSV, separated by semicolons, utf-8"."""
    rows: Iterator[tuple[int, Outcome]]
    """Line number (in Parquet the row number, from 1), and what the row is."""


def iter_rows(path: Path, *, any_number: bool = False) -> Iterator[tuple[int, EventRow | str]]:
    """Read a file of events lazily, each row checked on its own.

    Args:
        path: CSV with a header line, or Parquet; the first bytes decide. Case and spaces in column
            names do not matter, other columns are ignored, empty rows are passed over.
        any_number: See `HowToRead`.

    Yields:
        Line number (in Parquet the row number, from 1), and the event or why the row is not one.

    Raises:
        ReelwiseError: The file cannot be read, or lacks the columns `user` and `video`.
    """
    with open_events(path, HowToRead("reelwise", any_number=any_number)) as file:
        for line, row in file.rows:
            assert not isinstance(row, PassedOver), "only other formats pass rows over"
            yield line, row


@contextmanager
def open_events(path: Path, how: HowToRead) -> Iterator[EventFile]:
    """Open a file of events of any known format.

    Raises:
        ReelwiseError: The file cannot be read, lacks columns, or does not say who watched.
    """
    with ExitStack() as opened:
        with _naming(path):
            with path.open("rb") as file:
                is_parquet = file.read(4) == b"PAR1"
            if is_parquet:
                told, rows = "Parquet", _parquet_rows(path, how)
            else:
                wanted = [*_wanted(how), netflix.WHOLE, netflix.SHORT]
                table = opened.enter_context(open_table(path, wanted, how.encoding))
                told, rows = _told(table), _text_rows(table, path, how)
        yield EventFile(told, _guarded(rows, path))


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReelwiseError(
            f"the events file {path} cannot be read: {error.strerror or error}",
            fix="check the name and the permissions of the file",
        ) from error


def _guarded(rows: Iterator[tuple[int, Outcome]], path: Path) -> Iterator[tuple[int, Outcome]]:
    # Only around the reading: what the reader of these rows does may fail in other ways.
    with _naming(path):
        yield from rows


def _wanted(how: HowToRead) -> list[tuple[str, ...]]:
    return [("user", "video")] if how.user is None else [("user", "video"), ("video",)]


def _told(table: TextTable) -> str:
    by = SEPARATORS[table.separator]
    return f"text, separated by {by}, {table.encoding.removesuffix('-sig')}"


def _text_rows(table: TextTable, path: Path, how: HowToRead) -> Iterator[tuple[int, Outcome]]:
    names = [name.strip().lower() for name in table.header]
    ours = any(all(one in names for one in columns) for columns in _wanted(how))
    if how.format == "reelwise" or (how.format == "auto" and ours):
        return _our_rows(table, path, how)
    if all(one in names for one in netflix.WHOLE):
        _require_no_user(how)
        return _events(netflix.whole_rows(table.header, table.rows))
    if all(one in names for one in netflix.SHORT):
        return _short_rows(table, path, how)
    if how.format == "netflix":
        raise ReelwiseError(
            f"{path} is no viewing history of Netflix (its columns: {_list(names)})",
            fix="give the file as Netflix wrote it; its first line begins: Title,Date",
        )
    return _our_rows(table, path, how)


def _events(rows: Iterator[tuple[int, Told]]) -> Iterator[tuple[int, Outcome]]:
    for line, told in rows:
        yield line, event_of(told, Reading()) if isinstance(told, list) else told


def _our_rows(table: TextTable, path: Path, how: HowToRead) -> Iterator[tuple[int, Outcome]]:
    separator = "" if table.separator == "," else f" {_told(table).removeprefix('text, ')}"
    _require_columns(table.header, path, how, separator)
    pick = _picker(table.header, how.user)
    reading = Reading(decimal_comma=table.separator == ";", any_number=how.any_number)
    header = _spelled(table.header)
    for line, values in table.rows:
        if isinstance(values, str):
            yield line, values
        elif _spelled(values[:1]) == header[:1] and _spelled(values) == header:
            yield line, "names the columns again: no person is called so"
        else:
            missing = [None] * (len(table.header) - len(values))
            yield line, event_of(pick([*values, *missing]), reading)


def _spelled(names: Sequence[str]) -> list[str]:
    # The mark of UTF-8 stands at the beginning of each of several files put into one.
    return [name.lstrip("\ufeff").strip().lower() for name in names]


def _short_rows(table: TextTable, path: Path, how: HowToRead) -> Iterator[tuple[int, Outcome]]:
    if how.user is None:
        raise ReelwiseError(
            f"{path} is a viewing history that does not say who watched",
            fix="say it: --user NAME",
        )
    order = how.dates
    if order == "auto":
        # Read once before: one date of the 13th or later tells it for all of them.
        with open_table(path, [netflix.SHORT], how.encoding) as again:
            order = netflix.date_order(again.header, again.rows)
    return _events(netflix.short_rows(how.user, order, table.header, table.rows))


def _parquet_rows(path: Path, how: HowToRead) -> Iterator[tuple[int, Outcome]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _require_columns(names, path, how)
            wanted = [name for name in names if name.strip().lower() in EVENT_COLUMNS]
            pick, reading = _picker(wanted, how.user), Reading(any_number=how.any_number)
            for batch in file.iter_batches(batch_size=_PARQUET_ROWS, columns=wanted):
                columns = (_column(batch.column(name)) for name in wanted)
                for values in zip(*columns, strict=True):
                    number += 1
                    yield number, event_of(pick(values), reading)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; pyarrow's own, on damaged pages, have no number
        raise ReelwiseError(
            f"the events file {path} is damaged after row {number}: {error}",
            fix="write the file again, then run the command again",
        ) from error


def _column(column: "pa.Array") -> list[Any]:
    """The values of a column; times as `StoredTime`, for Python has no years after 9999."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ms"))
    if not pa.types.is_timestamp(column.type):
        try:
            return cast("list[Any]", column.to_pylist())
        except UnicodeDecodeError:  # writers need not check: the bytes spoil their row only
            return cast("list[Any]", column.cast(pa.large_binary()).to_pylist())
    per_s = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[column.type.unit]
    numbers = column.cast(pa.int64()).to_pylist()
    return [None if one is None else StoredTime(one * 1_000_000 // per_s) for one in numbers]


def _require_no_user(how: HowToRead) -> None:
    if how.user is not None:
        raise ReelwiseError(
            "the file says itself who watched",
            fix="leave out --user; to rename a person, change the file",
        )


def _require_columns(names: Sequence[str], path: Path, how: HowToRead, separator: str = "") -> None:
    known = [name.strip().lower() for name in names]
    if "user" in known:
        _require_no_user(how)
    needed = ("user", "video") if how.user is None else ("video",)
    missing = [name for name in needed if name not in known]
    if missing:
        raise ReelwiseError(
            f"the events file {path} has no column {' and no column '.join(missing)}"
            f" (its columns{separator}: {_list(known)})",
            fix=f"begin it with the line {_FIRST_LINE}",
        )
    for name in EVENT_COLUMNS:
        if known.count(name) > 1:
            raise ReelwiseError(
                f"the events file {path} has {known.count(name)} columns called {name}",
                fix="keep one of them",
            )


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)[:200] or "none"


def _picker(names: Sequence[str], user: str | None) -> Callable[[Sequence[Any]], list[Any]]:
    """Give what brings a row's values into the order of `EVENT_COLUMNS`, None where absent."""
    known = [name.strip().lower() for name in names]
    places = [known.index(name) if name in known else len(known) for name in EVENT_COLUMNS]
    if user is None:
        return lambda values: [(*values, None)[place] for place in places]
    return lambda values: [user, *((*values, None)[place] for place in places[1:])]
