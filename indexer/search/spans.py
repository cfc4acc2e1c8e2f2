"""References to a part of a video: `VIDEO@START-END`, in seconds or as a clock shows them."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from data.errors import ReelwiseError

_TIME = r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)"
_SPAN = re.compile(f"{_TIME}-{_TIME}", re.ASCII)


class Span(NamedTuple):
    """A part of a video, half-open."""

    start_s: float
    """First instant."""
    end_s: float
    """First instant after it."""


def parse_span(ref: str) -> tuple[str, Span | None]:
    """Split `VIDEO@START-END`; a file that exists under the whole name is not split.

    Times are seconds (`4.5`) or as results print them (`0:04.5`, `1:02:03`). What follows the last
    @ of `NAME.SUFFIX@...` must be a part, unless it has a suffix itself: `a@b.mp4` is a name.

    Raises:
        ReelwiseError: It is no part, or its end is not after its start.
    """
    name, at, rest = ref.rpartition("@")
    if not at or Path(ref).exists():
        return ref, None
    match = _SPAN.fullmatch(rest)
    if match is None:
        if not Path(name).suffix or Path(rest).suffix:
            return ref, None
        raise ReelwiseError(
            f"{rest or 'nothing'} after the @ is not START-END, a part of the video",
            fix=f"{shlex.quote(f'{name}@3-8')} or {shlex.quote(f'{name}@0:03-0:08.5')}",
        )
    times = match.groups()
    span = Span(_seconds(times[:3]), _seconds(times[3:]))
    if span.end_s > span.start_s:
        return name, span
    first, last = sorted(span)
    right = f"{name}@{first:g}-{last if last > first else first + 1:g}"
    raise ReelwiseError(
        f"{rest}: a part ends after it starts, not from {span.start_s:g} s to {span.end_s:g} s",
        fix=shlex.quote(right),
    )


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds = (float(part or 0) for part in parts)
    return 3600 * hours + 60 * minutes + seconds
