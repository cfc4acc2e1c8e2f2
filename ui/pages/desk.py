"""Pages of things to do one after another in somebody's name, for owners: Review and Annotate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.words.language import Words

Desk = Literal["review", "annotate"]
"""Which page: its component and the group of its words."""


def show_desk(desk: Desk, page_data: Callable[[Library, dict[str, str]], dict[str, Any]]) -> None:
    """Draw the page; viewers are told that it is not theirs.

    Args:
        desk: Which one.
        page_data: What its component is told by the parameters of its address.
    """
    words = watcher.words()
    st.session_state["title"] = words.say(f"{desk}.title")
    if not watcher.is_owner():
        st.html(
            f'<div class="rw-empty"><h1 class="rw-title">{words.say(f"{desk}.title")}</h1>'
            f"<p>{words.say(f'{desk}.owners')}</p></div>"
        )
        return
    given = st.query_params.to_dict()
    mount(desk, page_data(served.library(), given) | desk_data(desk, words))


def desk_data(desk: Desk, words: Words) -> dict[str, Any]:
    """What each of their components is told: who is here, and its words."""
    return {
        "who": watcher.signed_in() or watcher.watching(),
        "signed_in": bool(watcher.signed_in()),
        "words": words.part(desk, "undo"),
        "language": words.code,
    }
