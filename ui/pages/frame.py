"""The head of every page: where one is, the field that searches from anywhere, who is watching."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import streamlit as st

from indexer.search.query import MAX_CHARS
from ui.pages import watcher
from ui.pages.components.mount import mount
from ui.pages.words.language import LANGUAGES

LARGEST_MB = 200
"""Largest example that a page sends."""
ACCEPTS = "video/*,image/*,.mkv,.avi,.ts,.wmv,.flv,.heic,.tiff"
"""What the browser's own chooser offers; what is something else is told by the server."""


def show_frame(page: str, pages: Sequence[str]) -> None:
    """Draw the head.

    Args:
        page: The page that is open: "search", "video", "foryou", "library", "history", "people".
        pages: All that there are for this visitor.
    """
    mount("frame", _data(page, pages), reports={"records": _records_changed})


def _data(page: str, pages: Sequence[str]) -> dict[str, Any]:
    words = watcher.words()
    return {
        "page": page,
        "pages": list(pages),
        "q": st.query_params.get("q", ""),
        "like": st.query_params.get("like", ""),
        "person": watcher.watching(),
        "guest": watcher.is_guest(),
        "records": st.session_state.get("records", True),
        "job": None,
        "logout": None,
        "version": version("reelwise"),
        "longest": MAX_CHARS,
        "largest_mb": LARGEST_MB,
        "accepts": ACCEPTS,
        "language": words.code,
        "languages": [{"code": code, "name": name} for code, name in LANGUAGES.items()],
        "words": words.part("frame", "person", "suggestion", "example", "keys"),
    }


def _records_changed() -> None:
    st.session_state["records"] = bool(st.session_state["frame"].records)
