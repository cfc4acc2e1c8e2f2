"""The History page: by day what a person watched, liked and hid, to be corrected and taken away."""

from __future__ import annotations

import streamlit as st

from data.errors import ReelwiseError
from data.printable import printable
from ui.library.keeping.forgetting import forget_everywhere
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.history.shown import KINDS, history_data
from ui.pages.people.choosing import DONE, ask_who, is_kept_from, is_nobody
from ui.pages.people.recording import records, set_records

_KEY = "history"
_GROUPS = ("history", "kind", "source", "undo", "card")


def show_history() -> None:
    """Draw the page."""
    library, words = served.library(), watcher.words()
    st.session_state["title"] = words.say("frame.history")
    who = watcher.shown()
    if not who or is_kept_from(library, who):
        ask_who(library)
        return
    if is_nobody(library, who):
        return
    kind = st.query_params.get("kind", "")
    data = {
        "who": who,
        "shown": printable(who),
        "is_own": who == watcher.watching(),
        "kind": kind if kind in KINDS else "",
        "kinds": list(KINDS),
        "records": records(who),
        "words": words.part(*_GROUPS),
        "language": words.code,
    }
    try:
        before = st.query_params.get("before") or None
        data |= history_data(library, who, kind=kind, before=before) | {"is_first": before is None}
    except ReelwiseError as error:
        data |= {"problem": f"{error.problem}; {error.fix}"}
    data["forgotten"] = st.session_state.pop("history:forgotten", "")
    mount(_KEY, data, reports={"forget": _forget, "records": _record})


def _record() -> None:
    wanted = st.session_state[_KEY].records
    if wanted is not None:
        set_records(watcher.watching(), bool(wanted["on"]))


def _forget() -> None:
    """Forget the person who is watching, where the name that was typed is theirs."""
    typed = watcher.clean_name(str(st.session_state[_KEY].forget or ""))
    name = watcher.watching()
    if not name or typed != name:
        return
    words = watcher.words()
    try:
        gone = forget_everywhere(served.library(), name).history
    except ReelwiseError as error:
        st.session_state["history:forgotten"] = f"{error.problem}; {error.fix}"
        return
    told = words.say("history.forgotten", n=gone.events if gone else 0, who=printable(name))
    watcher.choose("")
    st.session_state[DONE] = told
