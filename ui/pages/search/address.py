"""What the address of the Search page asks for. Bad values are left out, and said so."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from data.dates import first_instant
from data.errors import ReelwiseError
from data.lines import Channel
from data.numbers import number_of
from indexer.search.query import MAX_CHARS

T = TypeVar("T")

AT_FIRST = 24
"""Videos that are shown at first, and with each "Show more"."""
MOST_SHOWN = 11 * AT_FIRST
SORTS = ("match", "new", "old", "short", "long", "title")
"""Orders of the results; the first is the usual one."""
FOUND_IN = {
    "seen": (Channel.PICTURE,),
    "said": (Channel.SPEECH, Channel.SUBTITLE),
    "written": (Channel.SCREEN,),
    "title": (Channel.TITLE, Channel.PATH, Channel.TAG),
}
"""Where something may be found, as the address names it, and the channels of it."""


@dataclass(frozen=True)
class Asked:
    """A search as its address says it."""

    q: str = ""
    """Words; empty for none."""
    without: str = ""
    """Words for what is not wanted."""
    then: tuple[str, ...] = ()
    """What comes after it."""
    within_s: float | None = None
    """Most seconds until then."""
    like: str = ""
    """`VIDEO`, `VIDEO@START-END`, or an example by id, also with a stretch."""
    folders: tuple[str, ...] = ()
    """In one of these."""
    since: datetime | None = None
    """Recorded at this instant or later."""
    until: datetime | None = None
    """Recorded before this instant."""
    least_s: float | None = None
    """Shortest video."""
    most_s: float | None = None
    """Longest video."""
    found_in: tuple[str, ...] = ()
    """Of `FOUND_IN`; none for everywhere."""
    by: str = ""
    """Watched by this person."""
    tags: tuple[str, ...] = ()
    """With each of these tags."""
    where: tuple[str, ...] = ()
    """Conditions, all of which hold."""
    sort: str = SORTS[0]
    """Of `SORTS`."""
    is_all: bool = False
    """Weak matches too."""
    n: int = AT_FIRST
    """Videos that are shown."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Parameters with values that mean nothing, which do not count."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for."""
        return not (self.q or self.like)

    @property
    def narrows(self) -> bool:
        """Whether some videos are left out, whatever is looked for."""
        given = (self.folders, self.since, self.until, self.by, self.tags, self.where)
        return any(given) or (self.least_s, self.most_s) != (None, None)

    @property
    def channels(self) -> frozenset[Channel]:
        """The channels to search; all of them where none is named."""
        named = [channel for each in self.found_in for channel in FOUND_IN[each]]
        return frozenset(named or Channel)


class _Address:
    """The parameters of an address, each read once, with a note of those that mean nothing."""

    def __init__(self, given: Mapping[str, Sequence[str]]) -> None:
        self._given = given
        self.left_out: list[tuple[str, str]] = []

    def text(self, name: str) -> str:
        return (self._given.get(name) or [""])[-1].strip()[:MAX_CHARS]

    def texts(self, name: str) -> tuple[str, ...]:
        values = dict.fromkeys(each.strip()[:MAX_CHARS] for each in self._given.get(name, ()))
        return tuple(value for value in values if value)

    def meant(self, name: str, read: Callable[[str], T | None], default: T) -> T:
        """The value of a parameter; `read` gives None for what means nothing."""
        text = self.text(name)
        if not text:
            return default
        value = read(text)
        if value is None:
            self.left_out.append((name, text[:60]))
            return default
        return value


def asked(given: Mapping[str, Sequence[str]]) -> Asked:
    """Read an address.

    Args:
        given: Its parameters; a repeated one has several values.
    """
    address = _Address(given)
    everywhere: tuple[str, ...] = ()
    any_length: tuple[float | None, float | None] = (None, None)
    least_s, most_s = address.meant("len", _lengths, any_length)
    since: datetime | None = address.meant("since", _date, None)
    until: datetime | None = address.meant("until", _date, None)
    if since and until and since >= until:
        address.left_out.append(("until", address.text("until")))
        until = None
    values: dict[str, Any] = {
        "q": address.text("q"),
        "without": address.text("not"),
        "then": address.texts("then")[:7] if address.text("q") else (),
        "within_s": address.meant("within", _seconds, None),
        "like": address.text("like"),
        "folders": address.texts("folder"),
        "since": since,
        "until": until,
        "least_s": least_s,
        "most_s": most_s,
        "found_in": address.meant("in", _found_in, everywhere),
        "by": address.text("by"),
        "tags": address.texts("tag"),
        "where": address.texts("where"),
        "sort": address.meant("sort", lambda text: text if text in SORTS else None, SORTS[0]),
        "is_all": address.meant("all", lambda text: {"1": True, "0": False}.get(text), False),
        "n": address.meant("n", _number_shown, AT_FIRST),
    }
    return Asked(**values, left_out=tuple(address.left_out))


def _date(text: str) -> datetime | None:
    try:
        return first_instant(text)
    except ReelwiseError:
        return None


def _seconds(text: str) -> float | None:
    value = number_of(text)
    return value if value is not None and 0.0 <= value < math.inf else None


def _lengths(text: str) -> tuple[float | None, float | None] | None:
    """`0-60`, `60-`, `-60`: seconds."""
    least, dash, most = text.partition("-")
    ends = [_seconds(part) if part else math.nan for part in (least, most)]
    if not dash or None in ends or not (least or most):
        return None
    least_s, most_s = (None if end is None or math.isnan(end) else end for end in ends)
    return None if least_s and most_s and least_s > most_s else (least_s or None, most_s)


def _found_in(text: str) -> tuple[str, ...] | None:
    names = tuple(dict.fromkeys(text.split(",")))
    return names if all(name in FOUND_IN for name in names) else None


def _number_shown(text: str) -> int | None:
    value = number_of(text)
    if value is None or value != value // 1 or not 1 <= value <= MOST_SHOWN:
        return None
    return int(value)
