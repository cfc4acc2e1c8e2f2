"""What the address of the Library page asks for. Bad values are left out, and said so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from data.catalogue import SORTS
from data.numbers import whole_number_of

VIEWS = ("dates", "folders", "problems", "duplicates", "health")
"""What the page shows; the first is the usual one."""
OF_OWNERS = frozenset(VIEWS) - {"dates", "folders"}
"""Views that name files of the server, or change the library."""
LONGEST = 4096
LONGEST_TEXT = 200
"""Characters of what the list is narrowed by."""
FIRST_YEAR, LAST_YEAR = 1, 9999


@dataclass(frozen=True)
class Asked:
    """A view as its address says it."""

    view: str = VIEWS[0]
    """Of `VIEWS`."""
    folder: str = ""
    """Only videos in this one, by its name, as "Films/2024"; empty for all."""
    year: str = ""
    """The list begins here; empty for its beginning."""
    sort: str = SORTS[0]
    """Of `SORTS`."""
    tag: str = ""
    """Only videos with this tag; empty for all."""
    text: str = ""
    """Only videos with this in their title, file or folder; empty for all."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Parameters with values that mean nothing, which do not count."""


def asked(given: Mapping[str, str]) -> Asked:
    """Read the parameters of an address."""
    values, left_out = dict[str, str](), list[tuple[str, str]]()
    for name, is_right in _CHECKS.items():
        text = given.get(name, "").strip()[:LONGEST]
        if text and is_right(text):
            values[name] = text
        elif text:
            left_out.append((name, text[:60]))
    return Asked(**values, left_out=tuple(left_out))


def for_visitor(wanted: Asked, *, is_owner: bool) -> Asked:
    """What somebody may see of it: viewers see all videos by date and by folder."""
    if is_owner or wanted.view not in OF_OWNERS:
        return wanted
    return replace(wanted, view=VIEWS[0])


def _is_year(text: str) -> bool:
    number = whole_number_of(text)
    return number is not None and FIRST_YEAR <= number <= LAST_YEAR


_CHECKS: dict[str, Callable[[str], bool]] = {
    "view": lambda text: text in VIEWS,
    "folder": lambda text: "\0" not in text,
    "year": _is_year,
    "sort": lambda text: text in SORTS,
    "tag": lambda text: len(text) <= 100,
    "text": lambda text: len(text) <= LONGEST_TEXT,
}
