"""The Review page: what waits for a decision, for owners; the component asks the API."""

from __future__ import annotations

from typing import Any

from data.printable import printable
from ui.library.library import Library
from ui.pages.desk import show_desk

VIEWS = ("queue", "log")
"""What the page shows; the first is the usual one."""


def show_review() -> None:
    """Draw the page."""
    show_desk("review", page_data)


def page_data(library: Library, given: dict[str, str]) -> dict[str, Any]:
    """What the component is told of this page; cases come by the API."""
    view, case = given.get("view", ""), given.get("case", "").strip()
    is_number = case.isascii() and case.isdigit() and len(case) < 15
    return {
        "view": view if view in VIEWS else VIEWS[0],
        "case": int(case) if is_number else None,
        "no_case": "" if is_number else printable(case[:60]),
        "indexed": library.is_made and library.catalogue.encoder is not None,
    }
