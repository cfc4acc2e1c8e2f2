"""The For you page: what a user may want to watch next, why, and buttons for what they think."""

import streamlit as st

from data.errors import ReelwiseError
from data.history import EventKind
from recommender.answer.items import Item
from ui.library.documents import reason_in_words
from ui.library.library import Library
from ui.pages import cards, served

ITEMS = 12


def show_for_you() -> None:
    """Draw the page."""
    library = served.library()
    st.html(cards.heading("For you", "What to watch next, and why."))
    if library.catalogue.encoder is None:
        st.html(cards.nothing_indexed())
        return
    user = _choose_user(library)
    if not user:
        st.html(
            cards.empty(
                "Who is watching?",
                "Type a name above, of a new user too. To import a watch history:",
                "reelwise history import FILE",
            )
        )
        return
    playing = _choose_playing(library)
    try:
        result = library.recommend(user, k=ITEMS, playing=playing)
    except ReelwiseError as error:
        st.error(f"{error.problem}\n\n{error.fix}", icon=":material/error:")
        return
    if not result.items:
        st.html(cards.empty("All seen", f"There is no video left that {user} has not seen."))
    for column, item in cards.in_columns(result.items):
        with column:
            _show_item(library, user, item)


def _choose_user(library: Library) -> str:
    users = library.history.users()
    chosen = st.selectbox(
        "Person",
        users,
        index=0 if users else None,
        accept_new_options=True,
        placeholder="a name",
        key="person",
    )
    return (chosen or "").strip()


def _choose_playing(library: Library) -> int | None:
    """The video that the user chose for more of it, until they close it."""
    number: int | None = st.session_state.get("playing")
    known = library.catalogue.videos_by_id([] if number is None else [number])
    if number is None or number not in known:
        return None
    label = f"Beside {known[number].title}"
    st.button(label, key="enough", icon=":material/close:", on_click=_play, args=(None,))
    return number


def _play(video_id: int | None) -> None:
    st.session_state["playing"] = video_id


def _show_item(library: Library, user: str, item: Item) -> None:
    video = library.catalogue.video(item.video_id)
    st.html(cards.video_card(item, video, why=reason_in_words(item)))
    buttons = (
        ("Like", ":material/thumb_up:", "like"),
        ("Not for me", ":material/thumb_down:", "dislike"),
        ("Seen it", ":material/check:", "view"),
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            "More of this",
            key=f"more-{user}-{item.video_id}",
            icon=":material/playlist_play:",
            type="tertiary",
            on_click=_play,
            args=(video.id,),
        )
        for label, icon, kind in buttons:
            st.button(
                label,
                key=f"{kind}-{user}-{item.video_id}",
                icon=icon,
                type="tertiary",
                on_click=_record,
                args=(user, video.id, kind, video.duration_s),
            )


def _record(user: str, video_id: int, kind: EventKind, duration_s: float) -> None:
    """Add the event; the next answer counts it."""
    watched_s = duration_s if kind == "view" else None
    served.library().add_event(user, video_id, kind=kind, watched_s=watched_s)
    st.toast("Noted", icon=":material/check:")
