"""What the People page changes: names, colours, PINs, and whether something is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from data.errors import ReelwiseError
from data.people import People
from ui.library.library import Library
from ui.pages import watcher
from ui.pages.people.pins import require_pin


def change_person(library: Library, wanted: Mapping[str, str]) -> str:
    """Change one thing about a person; of one with a PIN, only who knows it may.

    Args:
        library: The library.
        wanted: `what` (one of `CHANGES`), `name`, `value`, and `pin` where the person has one.

    Returns:
        The name that the person has from now on.

    Raises:
        ReelwiseError: Nobody is called so, the PIN is wrong, or the value is none.
        KeyError: There is no such change.
    """
    people, name = library.people, wanted["name"]
    if name not in {person.name for person in people.all()}:
        raise ReelwiseError(f"nobody is called {name!r}", fix="reload the page")
    require_pin(library, name, wanted.get("pin", ""))
    return CHANGES[wanted["what"]](people, name, wanted.get("value", ""))


def _colour(people: People, name: str, value: str) -> str:
    return people.change(name, colour=value).name


def _records(people: People, name: str, value: str) -> str:
    return people.change(name, records=value == "1").name


def _pin(people: People, name: str, value: str) -> str:
    return people.set_pin(name, value or None).name


def _rename(people: People, name: str, value: str) -> str:
    return people.rename(name, value).name


def _merge(people: People, name: str, value: str) -> str:
    """Whoever has a PIN gets no other's history without it."""
    if people.get(value).has_pin:
        words = watcher.words()
        problem = words.say("who.has_pin", name=value)
        raise ReelwiseError(problem, fix=words.say("who.merge_from", name=value))
    return people.merge(name, value).name


CHANGES: Mapping[str, Callable[[People, str, str], str]] = {
    "colour": _colour,
    "merge": _merge,
    "pin": _pin,
    "records": _records,
    "rename": _rename,
}
"""By name, what can be changed; each gives the person's name afterwards."""
