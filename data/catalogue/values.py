"""How times, paths and SQL statements are written for the catalogue's columns."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from sqlalchemy import TextClause, bindparam, text

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROWS_PER_STATEMENT = 500
"""Values in one `IN` list: SQLite takes 32,766, a short list keeps its statement cache useful."""


def sql(statement: str, *lists: str) -> TextClause:
    """Give a statement with `:name` parameters.

    Args:
        statement: Plain SQL.
        lists: Names of parameters that stand for lists of values: `id IN :ids`.
    """
    return text(statement).bindparams(*(bindparam(name, expanding=True) for name in lists))


def chunks(items: Iterable[T], size: int = ROWS_PER_STATEMENT) -> Iterator[list[T]]:
    """Cut an iterable, lazily, into lists of at most `size` items."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def id_text(ids: Iterable[int]) -> str:
    """Write any number of ids for one parameter: `id IN (SELECT value FROM json_each(:ids))`."""
    values = ids.tolist() if isinstance(ids, np.ndarray) else ids
    return f"[{','.join(map(str, map(int, values)))}]"


def id_column(column: str) -> str:
    """Give SQL that puts a column of numbers into one text: half the time of a row for each.

    A value that a damaged disk made no number becomes one: each row has its place in the text.
    """
    return f"group_concat(coalesce(CAST({column} AS INTEGER), 0))"


def id_list(text: str | None) -> npt.NDArray[np.int64]:
    """Read the numbers of an `id_column`; none for NULL."""
    return np.fromstring(text or "", dtype=np.int64, sep=",")


def row_sum(*values: object) -> int:
    """Give the CRC-32 of some values of a row: what a damaged disk changed does not fit it.

    NULLs at the end do not count: columns that a later version adds change no sum of older rows.
    """
    n = len(values)
    while n and values[n - 1] is None:
        n -= 1
    values = values[:n]
    return zlib.crc32("\x1f".join(map(repr, values)).encode(errors="surrogatepass"))


def to_micros(moment: datetime) -> int:
    """Give whole microseconds since 1970 of an aware time, as the tables store it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Give the aware UTC time of stored microseconds."""
    return _EPOCH + timedelta(microseconds=micros)


def now_micros() -> int:
    """Give the present instant as the tables store it."""
    return to_micros(datetime.now(UTC))


def path_text(path: Path | str) -> str:
    """Give a path as text that a database can hold, reversibly and keeping prefixes.

    File names on Linux are bytes; Python shows those that are not UTF-8 as lone surrogates, which
    no database takes. They are moved to the last private-use plane.
    """
    return "".join(
        chr(ord(c) - 0xDC80 + 0x10FF00) if 0xDC80 <= ord(c) <= 0xDCFF else c for c in str(path)
    )


def ends_below(path: Path) -> dict[str, str]:
    """Give the range of an index on paths that holds a path and all below: "0" follows "/"."""
    name = path_text(path)
    folder = name.removesuffix("/")
    return {"path": name, "low": folder + "/", "high": folder + "0"}


def text_path(text: str) -> Path:
    """Undo `path_text`."""
    if text.isascii() or not any(0x10FF00 <= ord(c) <= 0x10FF7F for c in text):
        return Path(text)
    return Path(
        "".join(
            chr(ord(c) - 0x10FF00 + 0xDC80) if 0x10FF00 <= ord(c) <= 0x10FF7F else c for c in text
        )
    )
