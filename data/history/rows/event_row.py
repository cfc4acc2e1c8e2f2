"""One row of an events file: from its values to an event, or why it is none."""

import math
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from data.history.rows.people import BadNameError, checked_name
from data.history.rows.times import BadTimeError, parse_time
from data.numbers import number_of

EventKind = Literal["view", "like", "dislike", "hide"]
EVENT_KINDS: tuple[EventKind, ...] = ("view", "like", "dislike", "hide")
EventSource = Literal["page", "api", "import", "command line"]
EVENT_SOURCES: tuple[EventSource, ...] = ("page", "api", "import", "command line")
EVENT_COLUMNS = ("user", "video", "at", "watched_s", "duration_s", "kind")

_MAX_REF = 10_000
_MISSING = frozenset({"", "nan", "nat"})
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_CLOCK = re.compile(r"(\d+):([0-5]?\d):([0-5]?\d(?:[.,]\d+)?)", re.ASCII)


class BadRowError(ValueError):
    """One row is not an event; the text says why to the person who wrote it."""


class EventRow(NamedTuple):
    """One event as the file gives it."""

    user: str
    """User name, as `people.checked_name` spells it."""
    video_ref: str
    """Path, file name or id of the video; not empty."""
    at_micros: int | None
    """Time, microseconds since 1970 UTC; None where the file has none."""
    watched_s: float | None
    """Seconds watched."""
    duration_s: float | None
    """Length of the video."""
    kind: EventKind
    """`view`, `like`, `dislike` or `hide`."""


class Reading(NamedTuple):
    """How the values of one file are to be read."""

    decimal_comma: bool = False
    """Numbers are written "4,5": files separated by semicolons come from such places."""
    any_number: bool = False
    """Times may be any number: see `times.parse_time`."""


def event_of(values: Sequence[object], reading: Reading) -> EventRow | str:
    """Give the event of values in the order of `EVENT_COLUMNS`, or why they are none."""
    user, video, at, watched_s, duration_s, kind = values
    try:
        return EventRow(
            checked_name(_text("user", user)),
            _video_ref(video),
            parse_time(at, any_number=reading.any_number),
            seconds("watched_s", watched_s, reading),
            seconds("duration_s", duration_s, reading),
            _kind(kind),
        )
    except (BadRowError, BadNameError, BadTimeError) as error:
        return str(error)


def seconds(column: str, value: object, reading: Reading) -> float | None:
    """Give seconds from a number or a clock (0:43:26); None where there are none.

    Raises:
        BadRowError: They are no number, not finite, or below 0.
    """
    text = _text(column, value)
    if text.lower() in _MISSING:
        return None
    if ":" in text and (clock := _CLOCK.fullmatch(text)):
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3].replace(",", "."))
    if reading.decimal_comma and _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    number = number_of(text)
    if number is None or number < 0:
        raise BadRowError(f"{column} must be a finite number >= 0, in seconds, got {text[:40]!r}")
    return number


def _text(column: str, value: object) -> str:
    """Give a value of a text file or a Parquet column as one spelling.

    Raises:
        BadRowError: It has no one spelling: bytes that are not UTF-8, a list, a structure.
    """
    if value is None or isinstance(value, str):
        return (value or "").strip()
    if isinstance(value, bytes):
        try:
            return value.decode().strip()
        except UnicodeDecodeError:
            raise BadRowError(f"{column} is not UTF-8 text") from None
    if isinstance(value, float) and column in {"user", "video"}:
        if math.isnan(value):
            return ""
        if value.is_integer():
            return str(int(value))  # a column of whole numbers in which one is missing
    if isinstance(value, int | float | Decimal | date):
        return str(value)
    raise BadRowError(f"{column} must be text or a number, got a {type(value).__name__}")


def _video_ref(value: object) -> str:
    ref = _text("video", value)
    if not ref:
        raise BadRowError("video is empty")
    if len(ref) > _MAX_REF:
        raise BadRowError(f"video has {len(ref):,} characters, more than {_MAX_REF:,}")
    if "\0" in ref:
        raise BadRowError(f"video has a NUL character: {ref[:80]!r}")
    return ref


def _kind(value: object) -> EventKind:
    word = _text("kind", value).lower()
    if word in _MISSING:
        return "view"
    for kind in EVENT_KINDS:
        if kind == word:
            return kind
    raise BadRowError(f"kind must be view, like, dislike or hide, got {word[:40]!r}")
