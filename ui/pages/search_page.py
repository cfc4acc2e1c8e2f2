"""The Search page: text, an example clip or picture, or both."""

import hashlib
from dataclasses import dataclass
from typing import Any

import streamlit as st

from data.errors import ReelwiseError
from indexer.search.examples.example import check_examples
from indexer.search.examples.pictures import is_picture
from indexer.search.query import Filters, Query
from indexer.search.result import Hit, SearchResult
from ui.library.documents import NOTHING_MATCHES, search_notices
from ui.library.library import Library
from ui.pages import cards, examples, served
from ui.terminal.text import count


@dataclass(frozen=True)
class Form:
    """The fields of the page."""

    text: str
    """The query; empty for none."""
    not_: str
    """Text to rank lower; empty for none."""
    upload: Any
    """Streamlit's uploaded file, or None."""
    limit: int
    """Maximum number of results."""
    min_relevance: float
    """Lowest relevance to show, 0 to 1."""
    then: str = ""
    """What comes after it; empty for nothing."""
    within_s: int = 0
    """Most seconds until then; 0 for any number."""
    tags: tuple[str, ...] = ()
    """What a person tagged the videos with, all of it."""

    @property
    def is_empty(self) -> bool:
        """True when there is no query."""
        return not self.text and self.upload is None

    @property
    def filters(self) -> list[str]:
        """What narrows the results, in words."""
        told = [f"not: {self.not_}"] if self.not_ else []
        if self.then:
            told.append(f"then: {self.then}")
        if self.then and self.within_s:
            told.append(f"within {self.within_s} s")
        told += [f"tag: {tag}" for tag in self.tags]
        if self.min_relevance > 0:
            told.append(f"relevance {self.min_relevance:.2f} or more")
        return told

    def key(self) -> tuple[object, ...]:
        """Equal for forms that have the same result."""
        upload = self.upload.file_id if self.upload is not None else None
        steps = (self.then, self.within_s, self.tags)
        return (self.text, self.not_, upload, self.limit, self.min_relevance, *steps)


def show_search() -> None:
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
    form = _read_form([tag.name for tag in library.catalogue.tags.all()])
    if form.filters:
        st.html(cards.chips(form.filters))
    like = st.session_state.get("similar_to")
    if not form.is_empty and st.session_state.get("form") != form.key():
        # A new query takes the place of "more like this".
        like = st.session_state["similar_to"] = None
    st.session_state["form"] = form.key()
    try:
        result = library.similar(like, k=form.limit) if like else _result(library, form)
    except ReelwiseError as error:
        st.html(cards.problem(error))
        return
    if result is None:
        _invite(library)
    else:
        _show_hits(library, result, similar=bool(like))


def _read_form(tags: list[str]) -> Form:
    """The fields; `tags` are those of the library."""
    asked = st.query_params.get("q", "")
    if asked and st.session_state.get("asked") != asked:
        st.session_state["text"] = st.session_state["asked"] = asked
    query, example, options = st.columns([6, 5, 2])
    text = query.text_input(
        "What happens in it?", placeholder="a red car drives to the left", key="text"
    )
    # An empty line puts the button on the height of the fields beside it.
    options.html('<div class="rw-label-space"></div>')
    with options.popover("Options", icon=":material/tune:", width="stretch"):
        limit = st.slider("Results", 3, 60, 12, step=3, key="limit")
        min_relevance = st.slider("Lowest relevance", 0.0, 1.0, 0.0, 0.05, key="min_relevance")
        not_ = st.text_input("But not", placeholder="a balloon", key="not")
        then = st.text_input("And then", placeholder="it falls", key="then")
        within_s = st.number_input("Within seconds (0: any time)", 0, 3600, 0, key="within")
        tagged = st.multiselect("Tags", tags, key="tags", disabled=not tags)
    upload = example.file_uploader(
        "or what does it look like? A clip or a picture",
        key="example",
    )
    return Form(
        text.strip(),
        not_.strip(),
        upload,
        limit,
        min_relevance,
        then.strip(),
        int(within_s),
        tuple(tagged),
    )


def _result(library: Library, form: Form) -> SearchResult | None:
    """The search result; remembered, since Streamlit reruns the page at every click."""
    if form.is_empty:
        return None
    view = library.searcher.view
    key = (*form.key(), view.current, view.changes)
    if st.session_state.get("result_of") != key:
        with st.spinner("Searching ..."):
            st.session_state["result"] = _search(library, form)
        st.session_state["result_of"] = key
    result: SearchResult = st.session_state["result"]
    return result


def _search(library: Library, form: Form) -> SearchResult:
    with examples.as_file(library.home.cache, form.upload) as example:
        is_image = example is not None and is_picture(example)
        query = Query(
            text=form.text or None,
            like=None if is_image else example,
            image=example if is_image else None,
            without=form.not_ or None,
            then=(form.then,) if form.then else (),
            within_s=float(form.within_s) if form.then and form.within_s else None,
        )
        filters = Filters(tags=form.tags, min_relevance=form.min_relevance)
        if example is None:
            return library.find(query, k=form.limit, filters=filters)
        place = st.empty()
        with examples.reading(place.html) as still_wanted:
            _refuse_wrong(query)
            result = library.find(query, k=form.limit, filters=filters, still_wanted=still_wanted)
        place.empty()
        return result


def _refuse_wrong(query: Query) -> None:
    """Say what is wrong with an upload in the words of this page, not of the command line."""
    try:
        check_examples(query)
    except ReelwiseError as error:
        fix = "give a video (MP4, MKV, MOV, WebM, AVI and more) or a picture (JPEG, PNG, WebP)"
        raise ReelwiseError(error.problem, fix=fix) from error


def _show_hits(library: Library, result: SearchResult, *, similar: bool) -> None:
    hits = result.hits
    for notice in search_notices(result):
        st.html(cards.note(notice))
    if not hits:
        advice = "Try other words, or a lower value of lowest relevance."
        st.html(cards.empty(NOTHING_MATCHES.capitalize(), advice))
        return
    if not result.confident:
        st.html(cards.note(f"{NOTHING_MATCHES.capitalize()}; these are the nearest."))
    took = f"{count(len(hits), 'moment')} in {result.took_ms:.0f} ms"
    if similar:
        st.button(
            f"{took} similar to the chosen one. Back",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=_choose_similar,
            args=(None,),
        )
    else:
        st.html(cards.note(took))
    videos = library.catalogue.videos_by_id(hit.video_id for hit in hits)
    for column, hit in cards.in_columns(hits):
        video = videos.get(hit.video_id)
        with column:
            _show_hit(hit, playable=video is None or cards.is_playable(video))


def _show_hit(hit: Hit, *, playable: bool) -> None:
    st.html(cards.moment_card(hit, playable=playable))
    reference = f"{hit.video_id}@{hit.start_s:.2f}-{hit.end_s:.2f}"
    key = hashlib.sha256(f"{hit.rank}{reference}".encode()).hexdigest()[:12]
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
