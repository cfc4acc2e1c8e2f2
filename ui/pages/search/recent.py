"""Searches of before: whose they are, and what each is called."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlencode

import streamlit as st

from data.errors import ReelwiseError
from data.people import Parameters
from data.printable import printable
from ui.library.library import Library
from ui.pages import watcher
from ui.pages.search.address import asked
from ui.pages.search.conditions import german_tags
from ui.pages.search.shown import chips, example_data
from ui.pages.words.language import Words
from ui.terminal.text import span

SHOWN = 8
LOOKED_AT = 5 * SHOWN
"""Searches that are looked at: some look the same, or have an example that is gone."""
_LAST = "search:remembered"
_OF_NOBODY = "search:of_nobody"


def remember(library: Library, given: Parameters) -> None:
    """Note a search for the person who is watching; of a guest nothing is noted.

    What somebody searched who has not said who they are is known in this visit alone: kept in the
    library, it would be shown to everybody else who has not.
    """
    if st.session_state.get(_LAST) == given or watcher.is_guest():
        return
    st.session_state[_LAST] = given
    person = watcher.watching()
    if person:
        with suppress(ReelwiseError):  # a home that cannot be written can still be searched
            library.searches.note(person, given)
        return
    before = st.session_state.get(_OF_NOBODY, [])
    others = [each for each in before if each != given]
    st.session_state[_OF_NOBODY] = [given, *others][:LOOKED_AT]


def recent(library: Library) -> list[Parameters]:
    """What who is here searched, the latest first."""
    if person := watcher.watching():
        return [each.parameters for each in library.searches.recent(person, LOOKED_AT)]
    return [] if watcher.is_guest() else list(st.session_state.get(_OF_NOBODY, []))


def links(library: Library, searches: Sequence[Parameters], words: Words) -> list[dict[str, str]]:
    """Searches as links with their names; of those that are called the same the first."""
    found: dict[str, dict[str, str]] = {}
    for each in searches:
        if len(found) < SHOWN and (text := text_of(library, each, words)):
            found.setdefault(text, link(text, each))
    return list(found.values())


def link(text: str, parameters: Parameters) -> dict[str, str]:
    """A search as a link: what it is called, and its address."""
    return {"text": printable(text), "href": "/?" + urlencode(dict(parameters), doseq=True)}


def text_of(library: Library, parameters: Parameters, words: Words) -> str:
    """What a search is called: its words, its example and its filters; empty where that is gone."""
    given = asked({name: [v] if isinstance(v, str) else v for name, v in parameters.items()})
    parts = [given.q]
    if given.like:
        example = example_data(library, given.like)
        if example is None:
            return ""
        text = words.say("search.like", title=example["title"])
        # A video without a part is meant from its beginning to its end, which says nothing.
        is_part = "@" in given.like and example["kind"] == "video"
        when = span(example["start_s"], example["end_s"]) if is_part else ""
        parts.append(f"{text} {when}".strip())
    narrows = chips(given, words, german_tags(library, given.where, words))
    return " · ".join(filter(None, [*parts, *(chip["text"] for chip in narrows)]))
