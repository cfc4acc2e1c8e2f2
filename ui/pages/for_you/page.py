"""The For you page: who is watching, and the shelves made for that person."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from data.errors import ReelwiseError
from recommender.shelves.making import Wanted
from recommender.shelves.shelf import ShelfPage
from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.for_you.shown import shelves_data
from ui.pages.people.choosing import ask_who, is_kept_from, is_nobody, take

KEPT_S = 1800.0
"""A list stays as it is for so long, unless the person asks for another: nothing that one looks at
moves, and Back leads to what one left."""
KEY = "shelves"
_KEPT = "foryou:kept"
_MOST_KEPT = 8
_GROUPS = ("shelf", "judge", "card", "menu", "channel", "undo", "foryou")


def show_for_you() -> None:
    """Draw the page."""
    library, words = served.library(), watcher.words()
    st.session_state["title"] = words.say("frame.foryou")
    who = watcher.shown()
    if (not who and not watcher.is_guest()) or is_kept_from(library, who):
        ask_who(library)
        return
    if who and is_nobody(library, who):
        return
    data = {
        "person": watcher.watching(),
        "who": who,
        "guest": watcher.is_guest(),
        "words": words.part(*_GROUPS),
        "language": words.code,
        **_view(library, who),
    }
    mount("shelves", data, reports={"refresh": _refresh, "watch_as": _watch_as}, key=KEY)


def _view(library: Library, who: str) -> dict[str, Any]:
    if library.catalogue.encoder is None:
        return {"view": "nothing_indexed"}
    words = watcher.words()
    only, beside = st.query_params.get("shelf", ""), _number(st.query_params.get("beside", ""))
    try:
        page = _kept(library, who, Wanted(only=only, beside=beside))
    except ReelwiseError as error:
        return {"view": "problem", "problem": error.problem, "fix": error.fix}
    other = who if who != watcher.watching() else ""
    is_alone = bool(only) or beside is not None
    shown = shelves_data(
        library, page, words, other=other, is_alone=is_alone, shows_path=watcher.is_owner()
    )
    return {"view": "shelves", "beside": beside, "other": other, **shown}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _kept(library: Library, who: str, wanted: Wanted) -> ShelfPage:
    """The list of this visit, or a new one."""
    kept: dict[object, tuple[float, ShelfPage]] = st.session_state.setdefault(_KEPT, {})
    key = (who, wanted.only, wanted.beside)
    made_s, page = kept.get(key, (-KEPT_S, None))
    if page is not None and time.monotonic() - made_s < KEPT_S:
        return page
    page = library.shelves(who, wanted)
    kept.pop(key, None)
    kept[key] = (time.monotonic(), page)
    while len(kept) > _MOST_KEPT:
        kept.pop(next(iter(kept)))
    return page


def _watch_as() -> None:
    wanted = st.session_state[KEY].watch_as or {}
    take(served.library(), str(wanted.get("name", "")))


def _refresh() -> None:
    st.session_state.pop(_KEPT, None)
