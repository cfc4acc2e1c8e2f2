"""What comes after a video: the next results of a search, else what goes with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from data.catalogue import Video
from data.errors import ReelwiseError
from data.printable import printable
from indexer.search.result import WORTH_SHOWING, Hit
from ui.library.documents import is_gone
from ui.library.library import Library
from ui.pages.components.video_card import card_of
from ui.pages.video.address import Asked
from ui.pages.video.inside import query_of

Groups = dict[int, list[Hit]]
"""Videos by id, each with its moments."""

SHOWN = 8
"""Videos that are offered."""
MOST_HITS = 200
"""Moments of a search among which the next videos are."""


@dataclass(frozen=True)
class NextUp:
    """The videos that come next."""

    why: str
    """Key of the sentence that says why these: `search`, `beside`, `like`."""
    cards: list[dict[str, Any]]
    """The first is played next."""


def next_up(
    library: Library,
    video: Video,
    asked: Asked,
    *,
    person: str,
    opened: Collection[int] = (),
    shows_path: bool = True,
) -> NextUp:
    """What comes next.

    The rule: a video that was opened in this sitting does not come again, nor one that the person
    has watched, unless it is a result of the search that they came from.

    Args:
        library: The library.
        video: What is watched now.
        asked: How it was opened.
        person: Who watches; empty for nobody in particular.
        opened: Videos that were opened in this sitting.
        shows_path: Whether the visitor may see where files lie.
    """
    seen = {*opened, video.id}
    why = "like"
    groups: Groups = {}
    if asked.came_from == "search" and (asked.q or asked.like):
        why, groups = "search", _results(library, video, asked, seen)
    if not groups and person:
        why, groups = "beside", _beside(library, video, person, seen)
    elif not groups:
        why, groups = "like", _alike(library, video, seen)
    return NextUp(why, _cards(library, groups, shows_path=shows_path))


def alike(library: Library, video: Video, *, shows_path: bool = True) -> list[dict[str, Any]]:
    """Videos that look like this one, whoever watches."""
    return _cards(library, _alike(library, video, {video.id}), shows_path=shows_path)


def _results(library: Library, video: Video, asked: Asked, seen: Collection[int]) -> Groups:
    """The results behind this video; those before it come last."""
    try:
        query = query_of(library, asked)
        hits = [] if query is None else library.find(query, k=MOST_HITS).hits
    except ReelwiseError:
        return {}
    groups = _grouped(hit for hit in hits if hit.relevance >= WORTH_SHOWING)
    order = list(groups)
    at = order.index(video.id) + 1 if video.id in order else 0
    turned = [number for number in (*order[at:], *order[:at]) if number not in seen]
    return {number: groups[number] for number in turned}


def _grouped(hits: Iterable[Hit]) -> Groups:
    groups: Groups = {}
    for hit in hits:
        groups.setdefault(hit.video_id, []).append(hit)
    return groups


def _beside(library: Library, video: Video, person: str, seen: Collection[int]) -> Groups:
    """What the recommender gives to this person beside the video."""
    try:
        answer = library.recommend(person, k=SHOWN, exclude=sorted(seen), playing=video.id)
    except ReelwiseError:
        return {}
    return {item.video_id: [] for item in answer.items}


def _alike(library: Library, video: Video, seen: Collection[int]) -> Groups:
    left: list[int] = []
    for n in (3 * SHOWN, MOST_HITS):
        try:
            found = library.alike(video.id, n)
        except ReelwiseError:
            return {}
        left = [number for number in found if number not in seen]
        if len(left) >= SHOWN or len(found) < n:
            break
    return {number: [] for number in left}


def _cards(library: Library, groups: Groups, *, shows_path: bool) -> list[dict[str, Any]]:
    """Cards of the first videos whose files are there."""
    first = list(groups)[: 3 * SHOWN]
    videos = library.catalogue.videos_by_id(first)
    there = [videos[n] for n in first if n in videos and not is_gone(videos[n].path)]
    return [
        card_of(each, hits=groups[each.id], shows_path=shows_path)
        | {"title": printable(each.title)}
        for each in there[:SHOWN]
    ]
