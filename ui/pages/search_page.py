"""The Search page: words, or an example clip or picture, or both."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from data.durable import make_dir
from data.errors import ReelwiseError
from ui.documents import NOTHING_MATCHES, search_document
from ui.pages import cards
from ui.pages.look import CARDS_PER_ROW
from ui.server import served
from ui.server.previews import is_playable
from ui.terminal.answer import Document
from ui.terminal.text import count

if TYPE_CHECKING:
    from ui.library import Library

VIDEO_SUFFIXES = ("mp4", "mkv", "mov", "webm", "avi", "m4v", "gif")
IMAGE_SUFFIXES = ("jpg", "jpeg", "png", "webp", "bmp")


@dataclass(frozen=True)
class Wanted:
    """What the visitor asked for."""

    text: str
    """Words; empty for none."""
    without: str
    """Words for what is not wanted; empty for none."""
    upload: Any
    """Streamlit's uploaded file, or None."""
    limit: int
    """How many results."""
    min_relevance: float
    """Least relevance, 0 to 1."""

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to look for."""
        return not self.text and self.upload is None

    def key(self) -> tuple[object, ...]:
        """Equal for questions that have the same answer."""
        upload = self.upload.file_id if self.upload is not None else None
        return (self.text, self.without, upload, self.limit, self.min_relevance)


def show() -> None:
    """Draw the page."""
    library = served.library()
    st.html(cards.heading("Find a moment", "Say what happens in it, or show an example."))
    if library.catalogue.encoder is None:
        st.html(
            cards.empty(
                "Nothing is indexed yet",
                "Index a folder of videos, or make the demo library, then reload this page.",
                "reelwise index FOLDER",
                "reelwise demo",
            )
        )
        return
    wanted = _ask()
    like = st.session_state.get("similar_to")
    if not wanted.is_empty and st.session_state.get("asked") != wanted.key():
        # New words or a new example take the place of "more like this".
        like = st.session_state["similar_to"] = None
    st.session_state["asked"] = wanted.key()
    try:
        document = _similar(library, like, wanted) if like else _answer(library, wanted)
    except ReelwiseError as error:
        st.error(f"{error.problem}\n\n{error.fix}", icon=":material/error:")
        return
    if document is None:
        _invite(library)
    else:
        _show_hits(library, document)


def _ask() -> Wanted:
    words, example, options = st.columns([6, 5, 2])
    text = words.text_input(
        "What happens in it?", placeholder="a red car drives to the left", key="text"
    )
    # An empty line puts the button on the height of the fields beside it.
    options.html('<div class="rw-label-space"></div>')
    with options.popover("Options", icon=":material/tune:", width="stretch"):
        limit = st.slider("Results", 3, 60, 12, step=3, key="limit")
        min_relevance = st.slider("Least relevance", 0.0, 1.0, 0.0, 0.05, key="min_relevance")
        without = st.text_input("But not", placeholder="a balloon", key="without")
    upload = example.file_uploader(
        "or what does it look like? A clip or a picture",
        type=[*VIDEO_SUFFIXES, *IMAGE_SUFFIXES],
        key="example",
    )
    return Wanted(text.strip(), without.strip(), upload, limit, min_relevance)


def _answer(library: Library, wanted: Wanted) -> Document | None:
    """The search result; remembered, since Streamlit reruns the page at every click."""
    if wanted.is_empty:
        return None
    searcher = library.searcher
    key = (*wanted.key(), searcher.view.current, searcher.view.changes)
    if st.session_state.get("answered") != key:
        with st.spinner("Searching ..."):
            st.session_state["answer"] = _search(library, wanted)
        st.session_state["answered"] = key
    document: Document = st.session_state["answer"]
    return document


def _search(library: Library, wanted: Wanted) -> Document:
    from indexer.search.query import Filters, Query

    with _example_file(library, wanted.upload) as example:
        is_image = example is not None and example.suffix[1:].lower() in IMAGE_SUFFIXES
        query = Query(
            text=wanted.text or None,
            like=example if example is not None and not is_image else None,
            image=example if is_image else None,
            without=wanted.without or None,
        )
        filters = Filters(min_relevance=wanted.min_relevance)
        result = library.searcher.search(query, k=wanted.limit, filters=filters)
    return search_document({"text": wanted.text or None}, result)


@contextmanager
def _example_file(library: Library, upload: Any) -> Iterator[Path | None]:
    """The upload as a file in the home's cache, for as long as it is decoded."""
    if upload is None:
        yield None
        return
    folder = library.home.cache / "uploads"
    make_dir(folder)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        # Under its own name, which errors then tell; never more than a name.
        file = Path(own) / (Path(upload.name).name[-80:] or "example")
        file.write_bytes(upload.getbuffer())
        yield file


def _similar(library: Library, like: str, wanted: Wanted) -> Document:
    return search_document({"similar": like}, library.similar(like, k=wanted.limit))


def _show_hits(library: Library, document: Document) -> None:
    hits = document["hits"]
    if not hits:
        st.html(
            cards.empty(
                NOTHING_MATCHES.capitalize(), "Try other words, or a lower least relevance."
            )
        )
        return
    if not document["confident"]:
        st.info(f"{NOTHING_MATCHES.capitalize()}; these are the nearest.", icon=":material/info:")
    took = f"{count(len(hits), 'moment')} in {document['took_ms']:.0f} ms"
    if "similar" in document["query"]:
        st.button(
            f"{took} like the chosen one. Back",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=_choose_similar,
            args=(None,),
        )
    else:
        st.html(f'<div class="rw-note">{took}</div>')
    videos = library.catalogue.videos_by_id(int(hit["video_id"]) for hit in hits)
    for first in range(0, len(hits), CARDS_PER_ROW):
        row = hits[first : first + CARDS_PER_ROW]
        for column, hit in zip(st.columns(CARDS_PER_ROW), row, strict=False):
            video = videos.get(int(hit["video_id"]))
            with column:
                _show_hit(hit, as_it_is=video is None or is_playable(video))


def _show_hit(hit: Document, *, as_it_is: bool) -> None:
    st.html(cards.moment_card(hit, as_it_is=as_it_is))
    reference = f"{hit['video_id']}@{hit['start_s']:.2f}-{hit['end_s']:.2f}"
    key = hashlib.sha256(f"{hit['rank']}{reference}".encode()).hexdigest()[:12]
    st.button(
        "More like this",
        key=f"more-{key}",
        icon=":material/join_inner:",
        type="tertiary",
        on_click=_choose_similar,
        args=(reference,),
    )


def _choose_similar(reference: str | None) -> None:
    st.session_state["similar_to"] = reference


def _invite(library: Library) -> None:
    counts = library.catalogue.counts()
    st.html(
        cards.empty(
            f"{counts['videos']:,} videos, {counts['clips']:,} moments to find",
            "Type what you remember of one, or drop a clip or a picture above.",
        )
    )
