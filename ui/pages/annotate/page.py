"""The Annotate page: one stretch after another to be labelled, for owners; it asks the API."""

from __future__ import annotations

import re
from typing import Any

from data.printable import printable
from ui.library.library import Library
from ui.pages.desk import show_desk

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


def show_annotate() -> None:
    """Draw the page."""
    show_desk("annotate", page_data)


def page_data(library: Library, given: dict[str, str]) -> dict[str, Any]:
    """What the component is told of this page; sets and proposals come by the API."""
    typed = given.get("set", "").strip()
    name = typed.lower() if typed and _is_set(library, typed.lower()) else ""
    return {
        "set": name,
        "no_set": "" if name else printable(typed[:60]),
        "indexed": library.is_made and library.catalogue.encoder is not None,
    }


def _is_set(library: Library, name: str) -> bool:
    sets = library.annotating.annotations.sets() if library.is_made else []
    return bool(_NAME.fullmatch(name)) and any(each.name == name for each in sets)
