"""The For you page: what a person may want to watch next, why, and buttons for what they think.

A click changes its own card and nothing else: it says what was noted and offers to undo it. The
list changes when the person asks for it, or comes back to the page.
"""

from typing import NamedTuple

import streamlit as st

from data.catalogue import Video
from data.errors import ReelwiseError
from data.history import Event, EventKind
from recommender.answer.items import Item, Recommendations
from recommender.answer.playing import PLAYING
from ui.library.documents import reason_in_words
from ui.library.library import Library
from ui.pages import cards, served, visitor

ITEMS = 12
_PLAYING = "playing"
_SHOWN = "for_you"
_TROUBLE = "for_you_trouble"


class Button(NamedTuple):
    """A button below a card: what it is called, and what it says once it is pressed."""

    label: str
    icon: str
    kind: EventKind
    done: str


BUTTONS = (
    Button("Like", ":material/thumb_up:", "like", "Liked"),
    Button("Not for me", ":material/thumb_down:", "dislike", "Not for you"),
    Button("Seen it", ":material/check:", "view", "Seen"),
)
_DONE = {button.kind: button.done for button in BUTTONS}


class Shown(NamedTuple):
    """The list on the page and what was clicked on it; kept while the page is open."""

    user: str
    """Whose it is."""
    playing: int | None
    """The video that it goes on from."""
    result: Recommendations
    """The list."""
    clicked: dict[int, Event]
    """By video: what was noted, until it is undone."""


def show_for_you() -> None:
    """Draw the page."""
    library = served.library()
    st.html(cards.heading("For you", "What to watch next, and why."))
    if library.catalogue.encoder is None:
        st.html(cards.nothing_indexed())
        return
    user = visitor.ask(library.history.users())
    if not user:
        advice = "Choose or type a name above. To import a watch history:"
        st.html(cards.empty("Who is watching?", advice, "reelwise history import FILE"))
        return
    try:
        shown = _shown(library, user, _choose_playing(library))
    except ReelwiseError as error:
        st.html(cards.problem(error))
        return
    if not shown.result.items:
        st.html(cards.empty("All seen", f"There is no video left that {user} has not seen."))
        return
    _show_list(library, shown)


def _shown(library: Library, user: str, playing: int | None) -> Shown:
    """The list that is on the page already, or a new one."""
    shown: Shown | None = st.session_state.get(_SHOWN)
    if shown is None or (shown.user, shown.playing) != (user, playing):
        result = library.recommend(user, k=ITEMS, playing=playing)
        shown = st.session_state[_SHOWN] = Shown(user, playing, result, {})
    return shown


def renew() -> None:
    """Have a new list made when the page is drawn next."""
    st.session_state.pop(_SHOWN, None)


def _show_list(library: Library, shown: Shown) -> None:
    trouble: ReelwiseError | None = st.session_state.pop(_TROUBLE, None)
    if trouble is not None:
        st.html(cards.problem(trouble))
    note = f"For {shown.user}."
    if shown.clicked:
        note += " What you noted counts in the next list."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(cards.note(note))
        st.button("New list", key="renew", icon=":material/refresh:", on_click=renew)
    videos = library.catalogue.videos_by_id(item.video_id for item in shown.result.items)
    here = [item for item in shown.result.items if item.video_id in videos]
    for column, item in cards.in_columns(here):
        with column:
            _show_item(shown, item, videos[item.video_id])


def _choose_playing(library: Library) -> int | None:
    """The video that the person wanted more of, until they close it."""
    number: int | None = st.session_state.get(_PLAYING)
    known = library.catalogue.videos_by_id([] if number is None else [number])
    if number is None or number not in known:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(cards.note(f"More like {known[number].title}"))
        st.button(
            "Back to everything",
            key="enough",
            icon=":material/close:",
            on_click=_play,
            args=(None,),
        )
    return number


def _play(video_id: int | None) -> None:
    st.session_state[_PLAYING] = video_id


def _show_item(shown: Shown, item: Item, video: Video) -> None:
    st.html(cards.video_card(item, video, why=_why(item)))
    key = f"{shown.user}-{item.video_id}"
    event = shown.clicked.get(item.video_id)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if event is not None:
            st.html(cards.note(_DONE[event.kind]))
            st.button(
                "Undo",
                key=f"undo-{key}",
                icon=":material/undo:",
                type="tertiary",
                on_click=_undo,
                args=(shown, item.video_id),
            )
            return
        st.button(
            "More of this",
            key=f"more-{key}",
            icon=":material/playlist_play:",
            type="tertiary",
            on_click=_play,
            args=(video.id,),
        )
        for button in BUTTONS:
            st.button(
                button.label,
                key=f"{button.kind}-{key}",
                icon=button.icon,
                type="tertiary",
                on_click=_note,
                args=(shown, video, button.kind),
            )


def _why(item: Item) -> str:
    """The reason; on this page nothing plays, a video was chosen."""
    if item.source == PLAYING and item.because is not None:
        return f"goes with {item.because.title}"
    return reason_in_words(item)


def _note(shown: Shown, video: Video, kind: EventKind) -> None:
    """Add the event; the next list counts it."""
    watched_s = video.duration_s if kind == "view" else None
    try:
        event = served.library().add_event(shown.user, video.id, kind=kind, watched_s=watched_s)
    except ReelwiseError as error:
        st.session_state[_TROUBLE] = error
    else:
        shown.clicked[video.id] = event


def _undo(shown: Shown, video_id: int) -> None:
    """Take back what was noted; nothing of it counts any more."""
    try:
        served.library().remove_event(shown.clicked[video_id])
    except ReelwiseError as error:
        st.session_state[_TROUBLE] = error
    else:
        shown.clicked.pop(video_id)
