"""The Review page: what waits for a decision, for owners; the component asks the API."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.words.language import Words

GROUPS = ("review", "undo")
"""Words of the component."""
VIEWS = ("queue", "log")
"""What the page shows; the first is the usual one."""


def show_review() -> None:
    """Draw the page; viewers are told that it is not theirs."""
    if not watcher.is_owner():
        say = watcher.words().say
        st.html(
            f'<div class="rw-empty"><h1 class="rw-title">{say("review.title")}</h1>'
            f"<p>{say('review.owners')}</p></div>"
        )
        return
    given = st.query_params.to_dict()
    reviewer = watcher.signed_in() or watcher.watching()
    mount("review", page_data(served.library(), given, watcher.words(), reviewer))


def page_data(
    library: Library, given: dict[str, str], words: Words, reviewer: str
) -> dict[str, Any]:
    """What the component is told; cases come by the API."""
    view, case = given.get("view", ""), given.get("case", "")
    return {
        "view": view if view in VIEWS else VIEWS[0],
        "case": int(case) if case.isascii() and case.isdigit() and len(case) < 15 else None,
        "reviewer": reviewer,
        "signed_in": bool(watcher.signed_in()),
        "made": library.is_made,
        "words": words.part(*GROUPS),
        "language": words.code,
    }
