"""Times of events: every one that is accepted can be stored, shown in any zone and read again."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from data.catalogue.values import from_micros, now_micros, to_micros
from data.numbers import number_of

DAY_MICROS = 86_400_000_000
AHEAD_MICROS = DAY_MICROS
"""How far an event may lie ahead of now: clocks differ, and dates without a zone."""
FIRST_MICROS = to_micros(datetime.min.replace(tzinfo=UTC)) + DAY_MICROS
LAST_MICROS = to_micros(datetime.max.replace(tzinfo=UTC)) - DAY_MICROS
"""A day within the calendar, so that no zone moves a time out of it."""

_FIRST_UNIX_S, _END_UNIX_S = 100_000_000, 4_102_444_800  # 1973-03-03 and 2100-01-01
_UNITS_PER_S = (1, 1_000, 1_000_000, 1_000_000_000)
_BASIC_DATE = re.compile(r"(\d{8}(?:\d{6})?|(?:19|20)\d{10})(\.0*)?", re.ASCII)
_BASIC_FORMATS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_USUAL = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)
_DATE_FIRST = re.compile(r"[\dW-]+(?:[T\s].*)?", re.ASCII | re.IGNORECASE)
_UTC_WORD = re.compile(r"\s*(?:z|utc|gmt)$", re.IGNORECASE)
_END_OF_DAY = re.compile(r"[T ]24(?::?00(?::?00(?:[.,]0+)?)?)?(?=$|[+-])", re.IGNORECASE)


class StoredTime(NamedTuple):
    """A time of a file that stores numbers; it may lie outside the calendar."""

    micros: int
    """Microseconds since 1970 UTC."""


class BadTimeError(ValueError):
    """A text or number is no time of an event; the text says why."""


def parse_time(value: object, *, any_number: bool = False) -> int | None:
    """Give microseconds since 1970 of a time; None where there is none.

    ISO 8601 (UTC without a zone), digits as the date YYYYMMDD, YYYYMMDDhhmm or YYYYMMDDhhmmss, or
    Unix time in seconds, milliseconds, microseconds or nanoseconds, whichever lies between 1973 and
    2100: the four ranges do not meet. Twelve digits from 19 or 20 on are never milliseconds, which
    would lie in 1976.

    Args:
        value: Text, number, `datetime` or `date`.
        any_number: Take every other number >= 0 as Unix seconds: where only the order counts.

    Raises:
        BadTimeError: It is none of these, or lies within a day of the calendar's ends.
    """
    if isinstance(value, StoredTime):
        return _within(value.micros, f"{value.micros // 1_000_000} s since 1970")
    if isinstance(value, datetime):
        return _micros(value) if value == value else None  # NaT, a missing time
    text = value.isoformat() if isinstance(value, date) else _text(value)
    if _USUAL.fullmatch(text):  # as nearly every file writes it: no other rule applies
        return _micros(_from_iso(text, text))
    if text.lower() in {"", "nan", "nat"}:
        return None
    if basic := _BASIC_DATE.fullmatch(text):
        try:
            return _micros(datetime.strptime(basic[1], _BASIC_FORMATS[len(basic[1])]))
        except ValueError:
            if not any_number:
                raise BadTimeError(
                    f"at has {len(basic[1])} digits, but is no date YYYYMMDD[hhmm[ss]]: {text}"
                ) from None
    number = number_of(text)
    return _micros(_iso_time(text)) if number is None else _unix_micros(text, number, any_number)


def within_calendar(micros: int) -> int:
    """Give the nearest time that every zone can show: older versions stored times beyond it."""
    return min(max(micros, FIRST_MICROS), LAST_MICROS)


def not_after(micros: int, now: int) -> int:
    """Give a time as it counts: one ahead of now, from a clock that was wrong, counts as now."""
    return min(within_calendar(micros), now)


def is_future(micros: int, now: int | None = None) -> bool:
    """Tell whether a time is ahead of now by more than clocks and zones explain."""
    return micros > (now_micros() if now is None else now) + AHEAD_MICROS


def in_words(micros: int) -> str:
    """Give a stored time as ISO 8601 in UTC."""
    return from_micros(within_calendar(micros)).isoformat()


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _unix_micros(text: str, number: float, any_number: bool) -> int:
    for units in _UNITS_PER_S:
        if _FIRST_UNIX_S <= number / units < _END_UNIX_S:
            # Whole numbers exactly: a float holds nanoseconds of today to 256 of them only.
            whole = int(text) * 1_000_000 // units if text.isdigit() else None
            return round(number * 1e6 / units) if whole is None else whole
    if any_number and 0 <= number < _FIRST_UNIX_S:
        return round(number * 1e6)
    raise BadTimeError(
        "at must be ISO 8601 or Unix seconds (or milliseconds) between 1973 and 2100, "
        f"got {text[:40]}"
    )


def _iso_time(text: str) -> datetime:
    bare = _UTC_WORD.sub("", text)
    whole = _END_OF_DAY.sub(lambda found: found[0].replace("24", "00", 1), bare)
    if not _DATE_FIRST.fullmatch(whole):  # Python takes any sign between date and time
        raise _no_time(text)
    moment = _from_iso(whole, text)
    if bare != text and moment.tzinfo is not None:  # two zones
        raise _no_time(text)
    try:
        return moment if whole == bare else moment + timedelta(days=1)
    except OverflowError:
        raise _no_time(text) from None


def _from_iso(whole: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(whole)
    except ValueError:
        raise _no_time(text) from None


def _no_time(text: str) -> BadTimeError:
    return BadTimeError(
        f"at must be ISO 8601 or Unix seconds, as in 2024-05-01T10:00:00Z, got {text[:80]!r}"
    )


def _micros(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _within(to_micros(aware), moment.isoformat())


def _within(micros: int, shown: str) -> int:
    if not FIRST_MICROS <= micros <= LAST_MICROS:
        raise BadTimeError(f"at lies at an end of the calendar or beyond: {shown}")
    return micros
