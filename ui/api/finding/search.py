"""Looking for moments: `/search` and `/similar`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query

from ui.api.finding.asked import Search, video_part
from ui.api.finding.likes import as_long_as_wanted, likes
from ui.api.finding.moments import Found, found
from ui.api.folders import folder_path
from ui.api.served import Asking, Served, ServedHere, Visitor, without_places
from ui.api.shape.cursors import cursor_for, place_of
from ui.api.shape.fields import Count, Words
from ui.api.shape.refusals import wrong
from ui.api.strict import StrictRoute
from ui.library.asking.examples import READING

if TYPE_CHECKING:
    from indexer.search.result import SearchResult

MOST_HITS = 1000
"""Most hits of one question, on all its pages."""

router = APIRouter(route_class=StrictRoute, tags=["finding"])


@router.get("/search", summary="Find moments")
def search(asked: Annotated[Search, Query()], served: ServedHere, visitor: Asking) -> Found:
    """Find moments by words, by an example, or by both, in videos that pass the filters."""
    first, wanted = page_of(asked)
    return answer(served, asked, visitor, first=first, wanted=wanted)


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


def answer(served: Served, asked: Search, visitor: Visitor, *, first: int, wanted: int) -> Found:
    """One page of what is found."""
    result, query = _result(served, asked, visitor, wanted + 1)
    is_last = len(result.hits) <= wanted or wanted >= MOST_HITS
    more = None if is_last else cursor_for(asked.question, [wanted])
    page = found(query, result, visitor, first=first, more=more)
    page.hits = page.hits[: wanted - first]
    if not visitor.is_owner:
        page.warnings = [without_places(each, served) for each in page.warnings]
    return page


def _result(
    served: Served, asked: Search, visitor: Visitor, k: int
) -> tuple[SearchResult, dict[str, Any]]:
    library = served.library
    filters = asked.filters(min_relevance=asked.min_relevance, all_copies=asked.all_copies)
    if asked.folder:
        filters = replace(filters, videos=_in_folders(served, visitor, asked.folder))
    if asked.like is None:
        query = asked.query()
        return library.find(query, k=k, filters=filters), query.as_dict()
    like = likes(library, asked.like)
    if like.video is not None and not (asked.q or asked.not_ or asked.then):
        return library.similar(like.video, k=k, filters=filters), {"like": asked.like}
    query = asked.query(like=like.clip, image=like.picture)
    told = {name: value for name, value in query.as_dict().items() if name != "image"}
    if like.video is not None:
        result = library.find(query, k=k, filters=filters)
    else:
        with READING:
            result = library.find(query, k=k, filters=filters, still_wanted=as_long_as_wanted)
    return result, told | {"like": asked.like}


def _in_folders(served: Served, visitor: Visitor, folders: list[str]) -> frozenset[int]:
    """The videos that lie in any of some folders."""
    from data.catalogue import Wanted

    shelf = served.library.shelf
    found: set[int] = set()
    for each in folders:
        found.update(shelf.listed(Wanted(folder=folder_path(served, visitor, each))).tolist())
    return frozenset(found)
