"""The Video page: one video, its timeline, what is said in it, and what comes next."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.catalogue import Video
from data.printable import printable
from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.components.mount import mount
from ui.pages.nothing import show_nothing
from ui.pages.people.choosing import ask_who
from ui.pages.people.recording import records
from ui.pages.video.address import Asked, asked
from ui.pages.video.data import Viewer, beside_data, player_data

_OPENED = "opened videos"
_ASKS = "asks who"
_BESIDE = "beside the video"
_WANTS_BESIDE = "wants what is beside the video"
MOST_OPENED = 500
"""Videos of one sitting that are remembered."""


def show_video() -> None:
    """Draw the page."""
    library = served.library()
    wanted = asked(st.query_params.to_dict())
    video = _video(library, wanted)
    if video is None:
        say = watcher.words().say
        show_nothing(say("player.none"), say("player.none_why"), href="/", go=say("player.none_go"))
        return
    wanted = wanted.within(video.duration_s)
    st.session_state["title"] = printable(video.title)
    opened: list[int] = st.session_state.setdefault(_OPENED, [])
    viewer = Viewer(
        person=watcher.watching(),
        is_guest=watcher.is_guest(),
        records=records(watcher.watching()),
        opened=frozenset(opened),
    )
    beside = _beside(library, video, wanted, viewer)
    data = player_data(library, video, wanted, viewer, watcher.words(), beside)
    if video.id not in opened:
        opened.append(video.id)
        del opened[:-MOST_OPENED]
    if st.session_state.get(_ASKS) and not watcher.watching():
        ask_who(library)
    mount("player", data, reports={"ask": _asked, "beside": _beside_wanted})


def _asked() -> None:
    """A click needs to know who is watching."""
    st.session_state[_ASKS] = True


def _beside_wanted() -> None:
    """The first frame is there: now what comes next can be found out."""
    st.session_state[_WANTS_BESIDE] = True


def _beside(library: Library, video: Video, wanted: Asked, viewer: Viewer) -> dict[str, Any] | None:
    """What goes with the video, once the player asks; the same while the address is the same."""
    words = watcher.words()
    key = (video.id, tuple(wanted.question.items()), viewer.person, words.code)
    is_wanted = st.session_state.pop(_WANTS_BESIDE, False)
    kept: tuple[object, dict[str, Any]] | None = st.session_state.get(_BESIDE)
    if kept is not None and kept[0] == key:
        return kept[1]
    if not is_wanted:
        return None
    beside = beside_data(library, video, wanted, viewer, words)
    st.session_state[_BESIDE] = (key, beside)
    return beside


def _video(library: Library, wanted: Asked) -> Video | None:
    if wanted.video_id is None:
        return None
    return library.catalogue.videos_by_id([wanted.video_id]).get(wanted.video_id)
