"""The For you page: what a person may want to watch next, why, and what they thought of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from data.errors import ReelwiseError
from ui.documents import reason_in_words, recommend_document
from ui.pages import cards
from ui.pages.look import CARDS_PER_ROW
from ui.server import served
from ui.server.previews import is_playable
from ui.terminal.answer import Document

if TYPE_CHECKING:
    from data.history.event_file import EventKind
    from ui.library import Library

ITEMS = 12


def show() -> None:
    """Draw the page."""
    library = served.library()
    st.html(cards.heading("For you", "What to watch next, and why."))
    if library.catalogue.encoder is None:
        st.html(
            cards.empty("Nothing is indexed yet", "Index a folder first.", "reelwise index FOLDER")
        )
        return
    person = _choose_person(library)
    if not person:
        st.html(
            cards.empty(
                "Who is watching?",
                "Type a name above; someone new works too. A watch history can be brought in:",
                "reelwise history import FILE",
            )
        )
        return
    playing = _choose_playing(library)
    try:
        result = library.recommender.recommend(person, ITEMS, playing=playing)
    except ReelwiseError as error:
        st.error(f"{error.problem}\n\n{error.fix}", icon=":material/error:")
        return
    document = recommend_document(person, result)
    if not document["items"]:
        st.html(cards.empty("All seen", f"There is nothing left that {person} has not seen."))
    _show_items(library, person, document["items"])


def _choose_person(library: Library) -> str:
    people = library.history.users()
    chosen = st.selectbox(
        "Person",
        people,
        index=0 if people else None,
        accept_new_options=True,
        placeholder="a name",
        key="person",
    )
    return (chosen or "").strip()


def _choose_playing(library: Library) -> int | None:
    """The video that a person asked for more of, until they say that it is enough."""
    number: int | None = st.session_state.get("playing")
    known = library.catalogue.videos_by_id([] if number is None else [number])
    if number is None or number not in known:
        return None
    label = f"Beside {known[number].title}"
    st.button(label, key="enough", icon=":material/close:", on_click=_play, args=(None,))
    return number


def _play(video_id: int | None) -> None:
    st.session_state["playing"] = video_id


def _show_items(library: Library, person: str, items: list[Document]) -> None:
    for first in range(0, len(items), CARDS_PER_ROW):
        row = items[first : first + CARDS_PER_ROW]
        for column, item in zip(st.columns(CARDS_PER_ROW), row, strict=False):
            with column:
                _show_item(library, person, item)


def _show_item(library: Library, person: str, item: Document) -> None:
    video = library.catalogue.video(int(item["video_id"]))
    why = reason_in_words(item)
    card = cards.video_card(item, duration_s=video.duration_s, why=why, as_it_is=is_playable(video))
    st.html(card)
    buttons = (
        ("Like", ":material/thumb_up:", "like"),
        ("Not for me", ":material/thumb_down:", "dislike"),
        ("Seen it", ":material/check:", "view"),
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            "More of this",
            key=f"more-{person}-{item['video_id']}",
            icon=":material/playlist_play:",
            type="tertiary",
            on_click=_play,
            args=(video.id,),
        )
        for label, icon, kind in buttons:
            st.button(
                label,
                key=f"{kind}-{person}-{item['video_id']}",
                icon=icon,
                type="tertiary",
                on_click=_record,
                args=(person, str(video.path), kind, video.duration_s),
            )


def _record(person: str, path: str, kind: EventKind, duration_s: float) -> None:
    """Write down what a person did; the next answer knows it at once."""
    watched_s = duration_s if kind == "view" else None
    served.library().history.add(person, path, kind=kind, watched_s=watched_s)
    st.toast("Noted", icon=":material/check:")
