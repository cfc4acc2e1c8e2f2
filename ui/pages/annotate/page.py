"""The Annotate page: one stretch after another to be labelled, for owners; it asks the API."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.words.language import Words

GROUPS = ("annotate", "undo")
"""Words of the component."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


def show_annotate() -> None:
    """Draw the page; viewers are told that it is not theirs."""
    if not watcher.is_owner():
        say = watcher.words().say
        st.html(
            f'<div class="rw-empty"><h1 class="rw-title">{say("annotate.title")}</h1>'
            f"<p>{say('annotate.owners')}</p></div>"
        )
        return
    given = st.query_params.to_dict()
    annotator = watcher.signed_in() or watcher.watching()
    mount("annotate", page_data(served.library(), given, watcher.words(), annotator))


def page_data(
    library: Library, given: dict[str, str], words: Words, annotator: str
) -> dict[str, Any]:
    """What the component is told; sets and proposals come by the API."""
    name = given.get("set", "").strip().lower()
    return {
        "set": name if _NAME.fullmatch(name) else "",
        "annotator": annotator,
        "signed_in": bool(watcher.signed_in()),
        "indexed": library.is_made and library.catalogue.encoder is not None,
        "words": words.part(*GROUPS),
        "language": words.code,
    }
