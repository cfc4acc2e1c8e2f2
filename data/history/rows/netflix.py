"""Viewing histories as Netflix gives them to its users.

The short one is `Title,Date` and does not say who watched; the whole one has `Profile Name`, `Start
Time` (UTC), `Duration` and `Title`. Both name titles, not files: they mean the video of that title.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple

from data.catalogue.naming.names import BY_TITLE
from data.errors import ReelwiseError
from data.history.rows.text_table import Row

SHORT = ("title", "date")
WHOLE = ("profile name", "start time", "duration", "title")
DateOrder = Literal["auto", "day-first", "month-first"]

_EXTRA = "supplemental video type"
_DATE = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)


class PassedOver(NamedTuple):
    """A row that is right, but tells of no video that was watched."""

    reason: str
    """What it tells of."""


Told = list[str | None] | str | PassedOver
"""The values of an event in the order of `EVENT_COLUMNS`, why there are none, or what else the row
tells of."""


def whole_rows(header: Sequence[str], rows: Iterator[Row]) -> Iterator[tuple[int, Told]]:
    """Give the events of a whole history."""
    for line, values in _columns(header, rows, (*WHOLE, _EXTRA)):
        if isinstance(values, str):
            yield line, values
            continue
        user, at, watched_s, title, extra = values
        if extra.strip():
            yield line, PassedOver(extra.strip().lower().replace("_", " "))
        else:
            yield line, _event(user, title, at, watched_s)


def short_rows(
    user: str, order: DateOrder, header: Sequence[str], rows: Iterator[Row]
) -> Iterator[tuple[int, Told]]:
    """Give the events of a short history, whose dates have a known order."""
    for line, values in _columns(header, rows, SHORT):
        if isinstance(values, str):
            yield line, values
        else:
            yield line, _event(user, values[0], _iso(values[1].strip(), order), None)


def date_order(header: Sequence[str], rows: Iterator[Row]) -> DateOrder:
    """Tell from all dates of a short history whether the day or the month comes first.

    Raises:
        ReelwiseError: No date tells, or they contradict one another.
    """
    days = [values[1].strip() for _, values in _columns(header, rows, SHORT) if values[1:]]
    dates = [found for found in map(_DATE.fullmatch, days) if found]
    day_first = any(int(one[1]) > 12 or one[2] == "." for one in dates)
    month_first = any(int(one[3]) > 12 for one in dates)
    if day_first != month_first:
        return "day-first" if day_first else "month-first"
    if not dates:
        return "auto"
    raise ReelwiseError(
        f"the dates do not tell whether the day or the month comes first, as in {dates[0][0]}",
        fix="say it: --dates day-first, or --dates month-first",
    )


def _columns(header: Sequence[str], rows: Iterator[Row], wanted: Sequence[str]) -> Iterator[Row]:
    """The values of some columns, by name; empty where there is none."""
    names = [name.strip().lower() for name in header]
    places = [names.index(name) if name in names else len(names) for name in wanted]
    for line, values in rows:
        if isinstance(values, str):
            yield line, values
        else:
            padded = [*values, *[""] * (len(names) + 1 - len(values))]
            yield line, [padded[place] for place in places]


def _iso(day: str, order: DateOrder) -> str:
    parts = _DATE.fullmatch(day)
    if parts is None:
        return day
    first, second, year = int(parts[1]), int(parts[3]), int(parts[4])
    number, month = (first, second) if order == "day-first" else (second, first)
    try:
        return date(year + 2000 if year < 100 else year, month, number).isoformat()
    except ValueError:
        return day


def _event(user: str, title: str, at: str, watched_s: str | None) -> list[str | None]:
    video = f"{BY_TITLE}{title.strip()}" if title.strip() else ""
    return [user, video, at, watched_s, None, None]
