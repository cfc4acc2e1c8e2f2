"""From an address to the videos that have it, grouped, cut and sorted for the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.catalogue import Video, VideoLimits
from data.errors import ReelwiseError
from indexer.search.examples.pictures import is_picture
from indexer.search.query import Filters, Query
from indexer.search.result import WORTH_SHOWING, Hit, SearchResult
from indexer.search.spans import parse_span
from ui.library.folder_names import FolderNames
from ui.library.library import Library
from ui.pages.search.address import Asked

if TYPE_CHECKING:
    from data.video.children.pool import StillWanted

HITS_PER_VIDEO = 6
"""Moments that are asked for, per video that is shown."""
MOST_HITS = 1000
NEAREST = 3
"""Videos that are shown where nothing matches well."""
_NUMBER = re.compile(r"\d{1,18}")


@dataclass(frozen=True)
class Found:
    """What a search found, a video at a time."""

    result: SearchResult
    """The answer."""
    groups: list[tuple[Video, list[Hit]]]
    """Videos with their moments, in the order in which they are shown."""
    n_weak: int
    """Videos that match less well and are not shown."""

    @property
    def n_moments(self) -> int:
        """Moments of all of them."""
        return sum(len(hits) for _, hits in self.groups)


def find(library: Library, asked: Asked, still_wanted: StillWanted | None = None) -> Found:
    """Search.

    Args:
        library: The library.
        asked: What the address asks for.
        still_wanted: Raises where the visitor is gone; an example is read while it does not.

    Raises:
        ReelwiseError: Nothing is indexed, the example is none, or no video lies in a folder or has
            a tag that is asked for.
    """
    k = min(MOST_HITS, HITS_PER_VIDEO * asked.n + 1)
    result = _search(library, asked, k, still_wanted)
    videos = library.catalogue.videos_by_id({hit.video_id for hit in result.hits})
    groups: dict[int, list[Hit]] = {}
    for hit in result.hits:
        if hit.video_id in videos:
            groups.setdefault(hit.video_id, []).append(hit)
    shown = [(videos[number], hits) for number, hits in groups.items()]
    kept = shown if asked.is_all else [*_worth_showing(shown, confident=result.confident)]
    n_weak = len(shown) - len(kept)
    return Found(result, _sorted(kept, asked.sort), n_weak)


def _worth_showing(
    groups: list[tuple[Video, list[Hit]]], *, confident: bool
) -> Iterator[tuple[Video, list[Hit]]]:
    """What is good enough; where nothing is, the few that are nearest."""
    if not confident:
        yield from groups[:NEAREST]
        return
    for video, hits in groups:
        good = [hit for hit in hits if hit.relevance >= WORTH_SHOWING]
        if good:
            yield video, good


_ORDERS: dict[str, Callable[[Video], tuple[float, str]]] = {
    "new": lambda video: (-video.recorded_at.timestamp(), video.title),
    "old": lambda video: (video.recorded_at.timestamp(), video.title),
    "short": lambda video: (video.duration_s, video.title),
    "long": lambda video: (-video.duration_s, video.title),
    "title": lambda video: (0.0, video.title.casefold()),
}


def _sorted(groups: list[tuple[Video, list[Hit]]], sort: str) -> list[tuple[Video, list[Hit]]]:
    if sort not in _ORDERS:
        return groups
    order = _ORDERS[sort]
    return sorted(groups, key=lambda group: order(group[0]))


def _search(
    library: Library, asked: Asked, k: int, still_wanted: StillWanted | None
) -> SearchResult:
    filters = filters_of(library, asked)
    known = is_known(asked.like)
    if known and not asked.q and not asked.without:
        return library.similar(asked.like, k=k, filters=filters)
    query = query_of(library, asked)
    return library.find(query, k=k, filters=filters, still_wanted=still_wanted)


def is_known(like: str) -> bool:
    """Whether an example is a video of the library, or a part of one."""
    return bool(_NUMBER.fullmatch(like.partition("@")[0]))


def is_given(like: str) -> bool:
    """Whether an example is a file that a visitor gave."""
    return bool(like) and not is_known(like)


def query_of(library: Library, asked: Asked) -> Query:
    """The query of an address.

    Raises:
        ReelwiseError: There is no such example.
    """
    name, at, part = asked.like.partition("@")
    like: str | None = None
    image: Path | None = None
    if is_known(asked.like):
        parse_span(f"{name}.mp4{at}{part}")
        like = f"{library.catalogue.video(name).path}{at}{part}"
    elif name:
        path = library.examples.find(name).path
        image = path if is_picture(path) else None
        like = None if image else f"{path}{at}{part}"
    return Query(
        text=asked.q or None,
        like=like,
        image=image,
        without=asked.without or None,
        channels=asked.channels,
        then=asked.then,
        within_s=asked.within_s if asked.then else None,
    )


def filters_of(library: Library, asked: Asked) -> Filters:
    """The filters of an address.

    Raises:
        ReelwiseError: No video lies in one of the folders.
    """
    return Filters(
        under=_folder(library, asked.folders[0]) if len(asked.folders) == 1 else None,
        min_duration_s=asked.least_s,
        max_duration_s=asked.most_s,
        after=asked.since,
        before=asked.until,
        tags=asked.tags,
        where=asked.where,
        videos=_videos(library, asked),
    )


def _folder(library: Library, name: str) -> Path:
    """The folder that an address names, by its name in the library or by its path."""
    if name.startswith("/"):
        return Path(name).absolute()
    return FolderNames(library.catalogue.files.roots()).path_of(name)


def _videos(library: Library, asked: Asked) -> frozenset[int] | None:
    """The videos in any of several folders that a person watched; None for all."""
    within: set[int] | None = None
    if len(asked.folders) > 1:
        each = (VideoLimits(under=_folder(library, name)) for name in asked.folders)
        within = {number for limits in each for number in library.catalogue.within(limits).tolist()}
    if asked.by:
        events = library.history.events(asked.by)
        watched = {event.video_id for event in events if event.kind == "view" and event.video_id}
        within = watched if within is None else within & watched
    return None if within is None else frozenset(within)


def what_hides_most(library: Library, asked: Asked) -> tuple[Asked, str, int] | None:
    """The filter without which most is found, where all of them together leave nothing.

    Returns:
        The search without it, its parameter, and how many videos that finds; None where no single
        filter is the reason.
    """
    best: tuple[Asked, str, int] | None = None
    for name, without in _each_left_out(asked):
        try:
            found = find(library, without)
        except ReelwiseError:
            continue
        if len(found.groups) > (best[2] if best else 0):
            best = (without, name, len(found.groups))
    return best


def _each_left_out(asked: Asked) -> Iterator[tuple[str, Asked]]:
    has_length = asked.least_s is not None or asked.most_s is not None
    without: list[tuple[str, object, dict[str, Any]]] = [
        ("folder", asked.folders, {"folders": ()}),
        ("since", asked.since, {"since": None}),
        ("until", asked.until, {"until": None}),
        ("len", has_length, {"least_s": None, "most_s": None}),
        ("in", asked.found_in, {"found_in": ()}),
        ("by", asked.by, {"by": ""}),
        ("tag", asked.tags, {"tags": ()}),
        ("where", asked.where, {"where": ()}),
    ]
    for name, given, empty in without:
        if given:
            yield name, replace(asked, **empty)
