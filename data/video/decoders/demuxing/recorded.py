"""When a video was recorded, as its container says."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

NAMES = ("com.apple.quicktime.creationdate", "creation_time", "date_utc", "date", "icrd")
"""Tags that tell it, the most exact first: Apple's has the zone in which it was recorded."""
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
"""A time before it is what a clock that was never set shows: 1904 or 1970."""
AHEAD = timedelta(days=1)
"""A time further ahead of now is wrong; zones and clocks explain less."""
_DAY = re.compile(r"(\d{4})[-:/](\d\d)[-:/](\d\d)(?P<rest>.*)", re.ASCII | re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def recorded_us(*tags: Mapping[str, str]) -> int | None:
    """Microseconds since 1970 UTC; None where the container does not say, or says what is no date.

    A time without a zone is one in UTC, as containers store it. A year alone is no date.

    Args:
        tags: Of the container, then of its stream.
    """
    for name in NAMES:
        for each in tags:
            lowered = {key.lower(): value for key, value in each.items()}
            moment = _moment(lowered.get(name, ""))
            if moment is not None:
                return (moment - _EPOCH) // timedelta(microseconds=1)
    return None


def _moment(text: str) -> datetime | None:
    found = _DAY.fullmatch(text.strip().strip("\0"))
    if not found:
        return None
    try:
        moment = datetime.fromisoformat("-".join(found.groups()[:3]) + found["rest"].rstrip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment if EARLIEST <= moment <= datetime.now(UTC) + AHEAD else None
    except (ValueError, OverflowError):
        return None
