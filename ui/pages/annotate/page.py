"""The Annotate page: one stretch after another to be labelled, for owners; it asks the API."""

from __future__ import annotations

import re
from typing import Any

from ui.library.library import Library
from ui.pages.desk import show_desk

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


def show_annotate() -> None:
    """Draw the page."""
    show_desk("annotate", page_data)


def page_data(library: Library, given: dict[str, str]) -> dict[str, Any]:
    """What the component is told of this page; sets and proposals come by the API."""
    name = given.get("set", "").strip().lower()
    return {
        "set": name if _NAME.fullmatch(name) else "",
        "indexed": library.is_made and library.catalogue.encoder is not None,
    }
