"""The Search page: what the address asks for, and the videos that have it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import streamlit as st

from data.errors import ReelwiseError
from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.search.address import Asked, asked
from ui.pages.search.conditions import condition_told, german_tags
from ui.pages.search.finding import Found, find, is_given
from ui.pages.search.passing import passing_data
from ui.pages.search.recent import recent, remember
from ui.pages.search.shown import answer_data, chips, example_data, problem_data
from ui.pages.search.start import start_data
from ui.pages.visits import still_wanted

_FOUND = "search:found"
_NOT_KEPT = ("n", "all", "who")
GROUPS = ("search", "card", "menu", "channel", "filter", "undo", "why", "keys", "mend")


def show_search() -> None:
    """Draw the page."""
    library = served.library()
    words = watcher.words()
    wanted = asked({name: st.query_params.get_all(name) for name in st.query_params})
    st.session_state["title"] = wanted.q or wanted.like
    german = german_tags(library, wanted.where, words)
    data: dict[str, Any] = {
        "person": watcher.watching(),
        "chips": chips(wanted, words, german),
        "conditions": [
            {"where": each, "text": condition_told(each, words, german)} for each in wanted.where
        ],
        "sort": wanted.sort,
        "left_out": [list(each) for each in wanted.left_out],
        "question": {"q": wanted.q, "like": wanted.like, "from": "search"},
        "words": words.part(*GROUPS),
        "language": words.code,
    }
    if library.catalogue.encoder is None:
        data["view"] = "nothing_indexed"
    elif wanted.is_empty and wanted.narrows:
        data |= _passing(library, wanted)
    elif wanted.is_empty:
        data |= {
            "view": "start",
            **start_data(
                library,
                watcher.watching(),
                words,
                searched=recent(library),
                shows_path=watcher.is_owner(),
            ),
        }
    else:
        data |= _answer(library, wanted)
    mount("search", data, reports={"mended": _mended})


def _mended() -> None:
    """What was damaged is mended: the page runs, and finds out."""


def _passing(library: Library, wanted: Asked) -> dict[str, Any]:
    is_owner = watcher.is_owner()
    try:
        return {"view": "videos", **passing_data(library, wanted, shows_path=is_owner)}
    except ReelwiseError as error:
        return {"view": "problem", "example": None, **problem_data(error, is_owner=is_owner)}


def _answer(library: Library, wanted: Asked) -> dict[str, Any]:
    example = example_data(library, wanted.like)
    names = [name for name in st.query_params if name not in _NOT_KEPT]
    remember(library, {name: st.query_params.get_all(name) for name in names})
    try:
        found = _found(library, wanted)
    except ReelwiseError as error:
        return {
            "view": "problem",
            "example": example,
            **problem_data(error, is_owner=watcher.is_owner()),
        }
    return {
        "view": "results",
        "example": example,
        **answer_data(library, wanted, found, shows_path=watcher.is_owner()),
    }


def _found(library: Library, wanted: Asked) -> Found:
    """What was found; remembered for as long as the library is the same, for reruns and Back."""
    view = library.searcher.view
    key = (wanted, view.current, view.changes)
    kept: dict[object, Found] = st.session_state.setdefault(_FOUND, {})
    if key not in kept:
        place = st.empty()
        given = is_given(wanted.like)
        with still_wanted(lambda: place.html("<i></i>")) if given else nullcontext() as look:
            found = find(library, wanted, look)
        while len(kept) >= 8:
            kept.pop(next(iter(kept)))
        kept[key] = found
    return kept[key]
