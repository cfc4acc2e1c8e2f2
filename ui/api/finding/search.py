"""Looking for moments: `/search` and `/similar`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query

from data.errors import ReelwiseError
from ui.api.cursors import cursor_for, place_of
from ui.api.fields import Count, Words
from ui.api.finding.asked import Search, video_part
from ui.api.finding.moments import Found, found
from ui.api.refusals import not_there, wrong
from ui.api.served import Asking, ServedHere, Visitor
from ui.api.strict import StrictRoute
from ui.library.examples import READING
from ui.library.library import Library

if TYPE_CHECKING:
    from indexer.search.result import SearchResult

MOST_HITS = 1000
"""Most hits of one question, on all its pages."""

router = APIRouter(route_class=StrictRoute, tags=["finding"])


@router.get("/search", summary="Find moments")
def search(asked: Annotated[Search, Query()], served: ServedHere, visitor: Asking) -> Found:
    """Find moments by words, by an example, or by both, in videos that pass the filters."""
    first, wanted = page_of(asked)
    return answer(served.library, asked, visitor, first=first, wanted=wanted)


@router.get("/similar", summary="Find moments like a moment of the library")
def similar(
    video: Annotated[Words, Query(description="`ID` or `ID@START-END` in seconds.")],
    served: ServedHere,
    visitor: Asking,
    k: Annotated[Count, Query()] = 10,
) -> Found:
    """Find moments of other videos like one of this library; nothing is decoded."""
    _, whole = video_part(video)
    result = served.library.similar(whole, k=k)
    return found({"similar": video}, result, visitor, first=0, more=None)


def page_of(asked: Search) -> tuple[int, int]:
    """From which hit to which a page goes.

    Raises:
        Refused: Its cursor is none of this question.
    """
    first = 0
    if asked.cursor is not None:
        place = place_of(asked.question, asked.cursor)
        first = place[0] if isinstance(place[0], int) else -1
    if not 0 <= first < MOST_HITS:
        raise wrong("cursor is none of this question", fix="send the `next` of the page before")
    return first, min(first + asked.k, MOST_HITS)


def answer(library: Library, asked: Search, visitor: Visitor, *, first: int, wanted: int) -> Found:
    """One page of what is found."""
    result, query = _result(library, asked, wanted + 1)
    is_last = len(result.hits) <= wanted or wanted >= MOST_HITS
    more = None if is_last else cursor_for(asked.question, [wanted])
    page = found(query, result, visitor, first=first, more=more)
    page.hits = page.hits[: wanted - first]
    return page


def _result(library: Library, asked: Search, k: int) -> tuple[SearchResult, dict[str, Any]]:
    filters = asked.filters(min_relevance=asked.min_relevance, all_copies=asked.all_copies)
    if asked.like is None:
        query = asked.query()
        return library.find(query, k=k, filters=filters), query.as_dict()
    if asked.like.startswith("x-"):
        return _like_given(library, asked, asked.like, k)
    video_id, whole = video_part(asked.like)
    if not (asked.q or asked.not_ or asked.then):
        return library.similar(whole, k=k, filters=filters), {"like": asked.like}
    path = library.catalogue.video(video_id).path
    like = whole.replace(str(video_id), str(path), 1)
    query = asked.query(like=like)
    result = library.find(query, k=k, filters=filters)
    return result, query.as_dict() | {"like": asked.like}


def _like_given(
    library: Library, asked: Search, like: str, k: int
) -> tuple[SearchResult, dict[str, Any]]:
    """What is like an example that was sent; it is read for half a minute at most."""
    from indexer.search.examples.pictures import is_picture

    name, at, part = like.partition("@")
    try:
        path = library.examples.find(name).path
    except ReelwiseError as error:
        fix = "POST /api/v1/examples once more"
        raise not_there(error.problem, code="unknown_example", fix=fix) from error
    is_still = is_picture(path)
    whole = None if is_still else f"{path}{at}{part}"
    query = asked.query(like=whole, image=path if is_still else None)
    filters = asked.filters(min_relevance=asked.min_relevance, all_copies=asked.all_copies)
    with READING:
        result = library.find(query, k=k, filters=filters, still_wanted=lambda: None)
    return result, {**query.as_dict(), "like": like}
