"""The People page: who is watching, everybody with name, colour and PIN, and what reelwise is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.errors import ReelwiseError
from ui.library.asking.running import reelwise_version
from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.people.changes import change_person
from ui.pages.people.choosing import ask_who, people_data

_KEY = "people"
_TOLD = "people:told"


def show_people() -> None:
    """Draw the page."""
    library, words = served.library(), watcher.words()
    st.session_state["title"] = words.say("people.people")
    ask_who(library)
    data = {
        "people": _people(library),
        "person": watcher.watching(),
        "told": st.session_state.pop(_TOLD, ""),
        "access": served.access(),
        "version": reelwise_version(),
        "words": words.part("people"),
        "language": words.code,
    }
    mount(_KEY, data, reports={"change": _change})


def _people(library: Library) -> list[dict[str, Any]]:
    try:
        return people_data(library)
    except ReelwiseError:
        return []  # the question above says what is wrong


def _change() -> None:
    wanted = st.session_state[_KEY].change or {}
    try:
        _require_allowed(str(wanted.get("name")), str(wanted.get("what")))
        renamed = change_person(served.library(), {key: str(wanted[key]) for key in wanted})
    except ReelwiseError as error:
        st.session_state[_TOLD] = f"{error.problem}; {error.fix}"
        return
    if renamed and str(wanted.get("name")) == watcher.watching():
        watcher.choose(renamed)


def _require_allowed(name: str, what: str) -> None:
    """Refuse who may not change that: a viewer has a colour, a PIN and a switch of their own."""
    is_own = name == watcher.signed_in() and what in ("colour", "pin", "records")
    if not watcher.is_owner() and not is_own:
        words = watcher.words()
        raise ReelwiseError(words.say("who.not_you"), fix=words.say("who.sign_out"))
