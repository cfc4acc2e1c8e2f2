"""The Library page: what is indexed, what is not, and why."""

import streamlit as st

from data.catalogue import Video
from ui.library.documents import Document, other_clips, status_document
from ui.pages import cards, served
from ui.terminal.text import clock, length, size

MAX_ROWS = 2000


def show_library() -> None:
    """Draw the page."""
    library = served.library()
    st.html(cards.heading("Library", str(library.home.root)))
    status = status_document(library.catalogue, with_failures=True)
    if status["encoder"] is None:
        st.html(cards.nothing_indexed())
        return
    n_videos, duration_s = library.catalogue.number_and_length_s()
    if status["warning"]:
        st.html(cards.warning(status["warning"]))
    _numbers(status, duration_s)
    st.caption(f"Clips are cut {status['clips_cut']}.")
    if status["other_clips"]:
        st.html(cards.note(other_clips(status["other_clips"], status["clip_rule"])))
    if status["encoder_notice"]:
        st.html(cards.note(status["encoder_notice"]))
    _failures(status.get("failures", []))
    st.subheader("Videos", anchor=False)
    if n_videos > MAX_ROWS:
        st.caption(f"The newest {MAX_ROWS:,} of {n_videos:,}.")
    _videos(library.catalogue.newest(MAX_ROWS))


def _numbers(status: Document, duration_s: float) -> None:
    shown = [
        ("Videos", f"{status['videos']:,}"),
        ("Clips", f"{status['clips']:,}"),
        ("Length", length(duration_s)),
        ("On disk", size(status["bytes"])),
        ("Encoder", str(status["encoder"])),
        ("Generation", str(status["generation"] or "none")),
    ]
    st.html(cards.figures(shown))


def _failures(failures: list[Document]) -> None:
    if not failures:
        st.success("Every file was read completely.", icon=":material/check_circle:")
        return
    st.subheader(f"Failed or partial ({len(failures):,})", anchor=False)
    st.dataframe(
        [
            {
                "File": each["path"],
                "State": each["state"],
                "Reason": each["reason"],
                "Attempts": each["attempts"],
            }
            for each in failures[:MAX_ROWS]
        ],
        hide_index=True,
    )


def _videos(videos: list[Video]) -> None:
    st.dataframe(
        [
            {
                "Title": video.title,
                "Length": clock(video.duration_s),
                "Size": f"{video.width_px} x {video.height_px}",
                "Codec": video.codec,
                "Added": video.added_at,
                "File": str(video.path),
            }
            for video in videos
        ],
        hide_index=True,
        column_config={"Added": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")},
    )
