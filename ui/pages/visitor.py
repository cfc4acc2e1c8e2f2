"""Who is watching: asked, never guessed, and kept in the address as `?user=NAME`.

A person is who the address names, or who was chosen on this page since: no name is ever taken
because it is the first of a list. What is clicked is written to a history, and must be the
watcher's own.
"""

import streamlit as st

from data.errors import ReelwiseError
from data.history import person

ADDRESS = "user"
"""The parameter of the address."""
_CHOSEN = "watching"
_FIELD = "person"


def remember() -> None:
    """Take the person from the address, or put the one chosen before into it; on every page."""
    named = clean_name(st.query_params.get(ADDRESS, ""))
    if named:
        st.session_state[_CHOSEN] = named
    elif watching():
        st.query_params[ADDRESS] = watching()


def watching() -> str:
    """The person; empty while nobody has said."""
    return str(st.session_state.get(_CHOSEN, ""))


def ask(users: list[str]) -> str:
    """A field for the person, empty until somebody chooses or types one; the person, or empty."""
    name = watching()
    known = users if not name or name in users else [name, *users]
    st.session_state[_FIELD] = name or None
    st.selectbox(
        "Who is watching?",
        known,
        index=None,
        accept_new_options=True,
        placeholder="a name, of a new person too",
        key=_FIELD,
        on_change=_choose,
    )
    return name


def _choose() -> None:
    name = clean_name(st.session_state.get(_FIELD) or "")
    st.session_state[_CHOSEN] = name
    if name:
        st.query_params[ADDRESS] = name
    else:
        st.query_params.pop(ADDRESS, None)


def clean_name(text: str) -> str:
    """The name under which a person is stored; empty where nobody can be called so."""
    try:
        return person(text)
    except ReelwiseError:
        return ""
