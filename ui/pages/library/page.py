"""The Library page: what its address asks for; the component asks the API for the videos."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from ui.library.keeping.problems import problems
from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.library.address import LONGEST_TEXT, Asked, asked, for_visitor
from ui.pages.words.language import Words

GROUPS = (
    *("library", "adding", "job", "problem", "copies", "health", "amount"),
    *("card", "menu", "undo", "mend"),
)
"""Words of the component."""


def show_library() -> None:
    """Draw the page."""
    is_owner, words = watcher.is_owner(), watcher.words()
    st.session_state["title"] = words.say("frame.library")
    wanted = for_visitor(asked(st.query_params.to_dict()), is_owner=is_owner)
    mount("library", page_data(served.library(), wanted, words, is_owner=is_owner))


def page_data(library: Library, wanted: Asked, words: Words, *, is_owner: bool) -> dict[str, Any]:
    """What the component is told; the videos themselves come by the API."""
    return {
        **asdict(wanted),
        "left_out": [
            words.say("library.left_out_value", name=name, value=value)
            for name, value in wanted.left_out
        ],
        "owner": is_owner,
        "empty": not len(library.shelf) and not library.catalogue.files.roots(),
        "problems": len(problems(library.catalogue)) if is_owner else 0,
        "jobs": is_owner and library.is_made and bool(library.jobs.all()),
        "longest_text": LONGEST_TEXT,
        "words": words.part(*GROUPS),
        "language": words.code,
    }
