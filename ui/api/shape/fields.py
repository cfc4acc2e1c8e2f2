"""Kinds of values that requests carry, each checked the same way wherever it comes.

The rule: a value means one thing or is refused with 400; nothing is cut, rounded or guessed.
"""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from data.dates import first_instant
from data.errors import ReelwiseError
from data.numbers import number_of, whole_number_of

MAX_RESULTS = 200
"""Most rows of one answer; the next ones follow by cursor."""
MAX_CHARS = 2000
"""Longest text."""
MAX_ID = 2**53 - 1
"""Largest number that every JSON reader keeps whole."""
_HALF_PAIRS = "Cs"


def _typed(text: str) -> str:
    if "\ufffd" in text or any(unicodedata.category(letter) == _HALF_PAIRS for letter in text):
        raise ValueError("is not UTF-8 text")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("has control characters")
    return text


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number = number_of(value)
    if number is None:
        raise ValueError("must be a number")
    return number


def _whole(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number = whole_number_of(value)
    if number is None:
        raise ValueError("must be a whole number")
    return number


def _id(value: Any) -> Any:
    # A plus, a blank or digits of other scripts are no part of a number that is a name.
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("must be an id")
    return value


def _flag(value: Any) -> Any:
    if value in ("0", "1", "true", "false"):
        return value in ("1", "true")
    if isinstance(value, bool):
        return value
    raise ValueError("must be 1 or 0")


def _instant(value: Any) -> datetime:
    try:
        return first_instant(str(value))
    except ReelwiseError as error:
        raise ValueError(error.problem) from error


def _in_calendar(value: datetime) -> datetime:
    try:
        return value if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is not between the years 1 and 9999") from error


Typed = Annotated[str, StringConstraints(max_length=MAX_CHARS), AfterValidator(_typed)]
"""A text as it is written, which may be empty."""
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARS),
    AfterValidator(_typed),
]
"""A text of a person, without blanks around it."""
Count = Annotated[int, Field(ge=1, le=MAX_RESULTS), BeforeValidator(_whole)]
"""How many rows an answer has at most."""
VideoId = Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(_id)]
"""The number of a video."""
Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number in the digits 0 to 9."""
Seconds = Annotated[float, Field(ge=0, le=1e9), BeforeValidator(_number)]
"""A time in a video, or a length."""
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(_number)]
"""From 0 to 1."""
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
"""1 or 0, true or false."""
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "example": "2024-05"})
]
"""The first instant of a date: 2024, 2024-05, 2024-05-31, with a time or without."""
Moment = Annotated[datetime, AfterValidator(_in_calendar)]
"""An instant in ISO 8601, whatever its zone; UTC where it has none."""
