"""Dates as people write them: a year, a month, a day or an instant."""

import re
from datetime import datetime

from data.errors import ReelwiseError

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d([T ].+)?)?)?", re.ASCII)


def first_instant(text: str) -> datetime:
    """The first instant of a date, in the zone of this machine where none is given.

    Args:
        text: `2024`, `2024-05`, `2024-05-17`, or an instant as ISO 8601 writes it.

    Raises:
        ReelwiseError: It is no date.
    """
    if _DATE.fullmatch(text.strip()):
        try:
            moment = datetime.fromisoformat(
                text.strip() + "-01-01"[: max(0, 10 - len(text.strip()))]
            )
            return moment.astimezone()
        except (ValueError, OverflowError, OSError):
            pass
    raise ReelwiseError(
        f"{text!r} is no date", fix="give a year, month or day: 2024, 2024-05 or 2024-05-17"
    )
