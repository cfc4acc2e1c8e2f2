"""Who is watching: asked, never guessed, and kept on this device.

A person is who was chosen on this device, or who logged in: no name is ever taken because it is
the first of a list. An address may name somebody (`?who=`): that only chooses what is shown, and
never to whom something is written.
"""

from __future__ import annotations

import json
import secrets

import streamlit as st

from data.errors import ReelwiseError
from data.history import person
from ui.pages.words.language import COOKIE as LANGUAGE_COOKIE
from ui.pages.words.language import Words, chosen, words_of

COOKIE = "reelwise_person"
"""The person chosen on this device: a name as UTF-8 in percent encoding, or `GUEST`."""
GUEST = "-"
"""Nobody: nothing is recorded."""
VISITOR_HEADER = "x-reelwise-visitor"
"""What the server says of who is here: JSON with `name`, `role` and `client`."""
_CHOSEN = "person"
_KEPT = "person:choice"


def watching() -> str:
    """The person to whom clicks and watched time belong; empty for a guest and for nobody yet."""
    name = _chosen()
    return "" if name == GUEST else name


def is_guest() -> bool:
    """Whether somebody chose to watch without being recorded."""
    return _chosen() == GUEST


def has_chosen() -> bool:
    """Whether this device knows who is watching, a guest too."""
    return bool(_chosen())


def choose(name: str) -> None:
    """Take a person for this session; empty for nobody yet.

    The cookie, which outlives it, is set by the page's head, once for each choice: in two windows
    of one device the later choice stays.
    """
    st.session_state[_CHOSEN] = name
    st.session_state[_KEPT] = {"name": name, "choice": secrets.token_hex(8)}


def to_keep() -> dict[str, str] | None:
    """The last choice of this session, for the head of the page; None without one."""
    kept: dict[str, str] | None = st.session_state.get(_KEPT)
    if kept is None and signed_in():
        return {"name": signed_in(), "choice": f"signed in as {signed_in()}"}
    return kept


def shown() -> str:
    """The person whose page is shown: whom the address names, else who is watching.

    Who may only see their own is shown nothing else.
    """
    named = clean_name(st.query_params.get("who", "")) if is_owner() else ""
    return named or watching()


def is_owner() -> bool:
    """Whether who is here may change the library: everybody where nobody has to sign in."""
    told = _visitor()
    return not told or told.get("role") == "owner"


def signed_in() -> str:
    """The name under which somebody signed in; empty where nobody has to."""
    return str(_visitor().get("name") or "")


def client() -> str:
    """Who is here, for counting, as the server's routes count."""
    return str(_visitor().get("client") or "")


def _visitor() -> dict[str, object]:
    told = st.context.headers.get(VISITOR_HEADER)
    return {} if told is None else dict(json.loads(told))


def words() -> Words:
    """The words in the visitor's language."""
    return words_of(chosen(st.context.cookies.get(LANGUAGE_COOKIE), st.context.locale))


def clean_name(text: str) -> str:
    """The name under which a person is stored; empty where nobody can be called so."""
    try:
        return person(text)
    except ReelwiseError:
        return ""


def _chosen() -> str:
    from urllib.parse import unquote

    if signed_in() and (not is_owner() or _CHOSEN not in st.session_state):
        return signed_in()
    if _CHOSEN not in st.session_state:
        kept = unquote(st.context.cookies.get(COOKIE, ""))
        st.session_state[_CHOSEN] = GUEST if kept == GUEST else clean_name(kept)
    return str(st.session_state[_CHOSEN])
