"""The head of every page: where one is, the field that searches from anywhere, who is watching."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import streamlit as st

from data.jobs import JobState
from indexer.search.query import MAX_CHARS
from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.people.recording import records, set_records
from ui.pages.words.language import LANGUAGES

AT_WORK: tuple[JobState, ...] = ("queued", "running", "stopping")
"""States of jobs of which every page tells."""
LARGEST_MB = 200
"""Largest example that a page sends."""
ACCEPTS = "video/*,image/*,.mkv,.avi,.ts,.wmv,.flv,.heic,.tiff"
"""What the browser's own chooser offers; what is something else is told by the server."""


def show_frame(page: str, pages: Sequence[str]) -> None:
    """Draw the head.

    Args:
        page: The page that is open: "search", "video", "foryou", "library", "history", "people",
            "review", "annotate".
        pages: All that there are for this visitor.
    """
    mount("frame", _data(page, pages), reports={"records": _records_changed})


def _data(page: str, pages: Sequence[str]) -> dict[str, Any]:
    words, library, is_owner = watcher.words(), served.library(), watcher.is_owner()
    offered = {
        "review": is_owner and is_moderated(library),
        "annotate": is_owner and is_annotated(library),
    }
    return {
        "page": page,
        "pages": [each for each in pages if offered.get(each, True)],
        "q": st.query_params.get("q", ""),
        "like": st.query_params.get("like", ""),
        "person": watcher.watching(),
        "guest": watcher.is_guest(),
        "records": records(watcher.watching()),
        "keep": watcher.to_keep(),
        "owner": is_owner,
        "at_work": is_owner and library.is_made and bool(library.jobs.in_states(AT_WORK)),
        "logout": None,
        "version": version("reelwise"),
        "longest": MAX_CHARS,
        "largest_mb": LARGEST_MB,
        "accepts": ACCEPTS,
        "language": words.code,
        "languages": [{"code": code, "name": name} for code, name in LANGUAGES.items()],
        "words": words.part("frame", "person", "suggestion", "example", "keys", "job", "amount"),
    }


def is_moderated(library: Library) -> bool:
    """Whether a policy was ever set: else nothing waits, and the page need not be offered."""
    return library.is_made and library.reviews.policies.highest() > 0


def is_annotated(library: Library) -> bool:
    """Whether there is a set of labels: else the page need not be offered."""
    return library.is_made and bool(library.annotating.annotations.sets())


def _records_changed() -> None:
    wanted = st.session_state["frame"].records
    if wanted is not None:
        set_records(watcher.watching(), bool(wanted["on"]))
