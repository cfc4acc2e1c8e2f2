"""What the timeline and the lines of the Video page show."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from data.catalogue import Video
from data.errors import ReelwiseError
from data.lines import Channel, Line
from data.printable import printable
from indexer.search.result import WORTH_SHOWING, Hit
from indexer.search.words.found import WHOLE
from indexer.store.lines import lines_of_video
from ui.library.library import Library
from ui.pages.components.video_card import moments_of
from ui.pages.search import finding
from ui.pages.search.address import Asked as SearchAsked
from ui.pages.video.address import Asked

if TYPE_CHECKING:
    from indexer.search.inside import InsideVideo
    from indexer.search.query import Query
    from indexer.search.words.found import FoundWords

MOST_LINES = 3000
"""Lines that the page shows of one video; of more it says so."""
KINDS = {
    Channel.SPEECH: "said",
    Channel.SUBTITLE: "said",
    Channel.SCREEN: "written",
}
"""How the page sorts lines; those of names belong to the video as a whole."""


def query_of(library: Library, asked: Asked) -> Query | None:
    """The question whose matches are shown; None for none.

    Raises:
        ReelwiseError: There is no such example.
    """
    if not (asked.q or asked.like):
        return None
    return finding.query_of(library, SearchAsked(q=asked.q, like=asked.like))


def look_inside(library: Library, video: Video, asked: Asked) -> tuple[InsideVideo | None, str]:
    """What the question finds in the video, and what went wrong; None for no question."""
    try:
        query = query_of(library, asked)
        return None if query is None else library.searcher.inside(video.id, query), ""
    except ReelwiseError as error:
        return None, printable(error.problem)


def timeline_of(library: Library, video: Video, inside: InsideVideo | None) -> dict[str, Any]:
    """Shots, and where there is a question its line and moments."""
    document: dict[str, Any] = {"cuts": _cuts(library, video), "step_s": 1.0, "heights": []}
    document["moments"] = []
    if inside is None:
        return document
    document["step_s"] = inside.step_s
    document["heights"] = [round(float(each), 3) for each in inside.heights]
    hits = [hit for hit in inside.hits if hit.relevance >= WORTH_SHOWING and _has_place(hit)]
    moments = moments_of(hits, video.duration_s)
    document["moments"] = sorted(
        ({**_stretch(each), "match": steps_of(each["relevance"])} for each in moments),
        key=lambda each: each["start_s"],
    )
    return document


def steps_of(relevance: float) -> int:
    """How well a moment matches, from 1 to 5."""
    return max(1, min(5, round(5 * relevance)))


def _stretch(moment: dict[str, Any]) -> dict[str, Any]:
    return {name: moment[name] for name in ("start_s", "end_s")}


def _has_place(hit: Hit) -> bool:
    """Whether something in the video was found, not its name alone."""
    named = {*WHOLE, Channel.TAG}  # where a tag was seen, the picture was found too
    return any(match.channel not in named for match in hit.matched) or not hit.matched


def _cuts(library: Library, video: Video) -> list[float]:
    try:
        stored = library.searcher.stored(video.id)
    except ReelwiseError:
        logging.getLogger(__name__).info("no shots of video %d", video.id, exc_info=True)
        return []
    return [] if stored is None else [round(float(cut), 2) for cut in stored.cuts_s]


def lines_of(library: Library, video: Video, inside: InsideVideo | None) -> dict[str, Any]:
    """What is said and written, in order of time, with the words of the question marked."""
    not_shown = library.reviews.withholding.now()
    lines = [
        line
        for line in lines_of_video(library.catalogue, video.id)
        if line.channel in KINDS and not_shown.why(video.id, line.start_s, line.end_s) is None
    ]
    found = {_key(each.line): each for each in (inside.lines if inside else ())}
    return {
        "all": len(lines),
        "shown": [_line(line, found.get(_key(line))) for line in lines[:MOST_LINES]],
        "read": _kinds_read(library),
    }


def _kinds_read(library: Library) -> list[str]:
    """What of the kinds this library reads at all."""
    served: Sequence[Channel] = list(library.catalogue.readings.served)
    return sorted({KINDS[channel] for channel in served if channel in KINDS})


def _key(line: Line) -> tuple[Channel, float, str]:
    return line.channel, round(line.start_s, 3), line.text


def _line(line: Line, found: FoundWords | None) -> dict[str, Any]:
    text = printable(line.text)
    # Marks count characters of the text as it is stored.
    marks = found.marks if found is not None and text == line.text else ()
    return {
        "kind": KINDS[line.channel],
        "start_s": round(line.start_s, 2),
        "end_s": round(line.end_s, 2),
        "text": text,
        "marks": [list(mark) for mark in marks],
        "found": found is not None and found.relevance >= WORTH_SHOWING,
    }
