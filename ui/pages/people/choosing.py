"""Who is watching: asked with tiles, kept for this session, and on the device by the head."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.errors import ReelwiseError
from data.people import Person
from data.printable import printable
from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.nothing import show_nothing
from ui.pages.people.pins import require_pin

KEY = "who"
TOLD = "who:told"
"""What went wrong, said below the tiles when they are drawn next."""
DONE = "who:done"
"""What was done, said there as well."""


def ask_who(library: Library) -> None:
    """Draw the tiles; what is chosen is taken when the page runs next."""
    words = watcher.words()
    data = {
        "person": watcher.watching(),
        "guest": watcher.is_guest(),
        **_people(library),
        "words": words.part("who"),
        "language": words.code,
    }
    mount("who", data, key=KEY, reports={"chosen": _chosen})


def _people(library: Library) -> dict[str, Any]:
    told = {"told": st.session_state.pop(TOLD, ""), "done": st.session_state.pop(DONE, "")}
    try:
        return told | {"people": people_data(library)}
    except ReelwiseError as error:
        return told | {"people": [], "told": f"{error.problem}; {error.fix}"}


def is_kept_from(library: Library, who: str) -> bool:
    """Whether a page is one of somebody else, who has a PIN: only they look at it."""
    if who == watcher.watching():
        return False
    return any(person.has_pin for person in library.people.all() if person.name == who)


def is_nobody(library: Library, who: str) -> bool:
    """Whether the address names a person who is not there; a page that says so is drawn then."""
    known = {person.name for person in library.people.all()}
    if who == watcher.watching() or who in known:
        return False
    say = watcher.words().say
    show_nothing(say("who.nobody", who=printable(who)), "", href="/people", go=say("who.nobody_go"))
    return True


def people_data(library: Library) -> list[dict[str, Any]]:
    """Everybody, by name."""
    known = library.people.all()
    if not watcher.is_owner():
        known = [each for each in known if each.name == watcher.signed_in()]
    people = sorted(known, key=lambda each: (each.name.casefold(), each.name))
    return [person_data(each) for each in people]


def person_data(person: Person) -> dict[str, Any]:
    """One person as the pages show them."""
    return {
        "name": person.name,
        "shown": printable(person.name),
        "colour": person.colour,
        "has_pin": person.has_pin,
        "records": person.records,
        "events": person.events,
    }


def _chosen() -> None:
    chosen = st.session_state[KEY].chosen or {}
    try:
        take(served.library(), str(chosen.get("name", "")), str(chosen.get("pin", "")))
    except ReelwiseError as error:
        st.session_state[TOLD] = f"{error.problem}; {error.fix}"


def take(library: Library, name: str, pin: str = "") -> None:
    """Take a person as the one who is watching; one who is new is made.

    Raises:
        ReelwiseError: Nobody can be called so, or the PIN is wrong.
    """
    if name != watcher.GUEST:
        name = _checked(library, name, pin)
    watcher.choose(name)


def _checked(library: Library, name: str, pin: str) -> str:
    cleaned, words = watcher.clean_name(name), watcher.words()
    if not watcher.is_owner() and cleaned != watcher.signed_in():
        raise ReelwiseError(words.say("who.not_you"), fix=words.say("who.sign_out"))
    if not cleaned or cleaned == watcher.GUEST:
        raise ReelwiseError(words.say("who.no_name"), fix=words.say("who.other"))
    if cleaned not in {person.name for person in library.people.all()}:
        library.people.add(cleaned)
    else:
        require_pin(library, cleaned, pin)
    return cleaned
