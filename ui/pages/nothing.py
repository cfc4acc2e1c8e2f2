"""A page in place of one whose address names what is not there."""

from __future__ import annotations

from html import escape

import streamlit as st


def show_nothing(title: str, why: str, *, href: str, go: str) -> None:
    """Draw it.

    Args:
        title: What is not there; any text.
        why: What may be the reason; empty for none.
        href: Where the way on leads.
        go: What that is called.
    """
    reason = f"<p>{escape(why)}</p>" if why else ""
    st.html(
        f'<div class="rw-empty"><h1 class="rw-title">{escape(title)}</h1>{reason}'
        f'<p><a href="{escape(href)}">{escape(go)}</a></p></div>'
    )
