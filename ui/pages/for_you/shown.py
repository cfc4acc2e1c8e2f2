"""The shelves as the page draws them: cards, headings, and what the person said of each video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.catalogue import Video
from data.history import Event, VideoState
from recommender.answer.items import Item
from recommender.events.confidence import FULL_FRACTION
from recommender.shelves.shelf import Shelf, ShelfPage
from ui.library.library import Library
from ui.pages.components.video_card import card_of
from ui.pages.for_you.headings import full_reason, heading, reason, subheading
from ui.pages.words.language import Words

Data = dict[str, Any]
LATEST = 1_000
"""Latest events of a person by which buttons are pressed."""


def shelves_data(
    library: Library,
    page: ShelfPage,
    words: Words,
    *,
    other: str = "",
    is_alone: bool = False,
    shows_path: bool = True,
) -> Data:
    """The shelves of a page.

    Args:
        library: The library.
        page: What was made.
        words: The visitor's language.
        other: The person whose page it is, where that is not the visitor.
        is_alone: The page is one shelf.
        shows_path: Whether the visitor may see where files lie.
    """
    ids = [item.video_id for shelf in page.shelves for item in shelf.items]
    videos = library.catalogue.videos_by_id(ids)
    states = library.events.states(page.user, ids) if page.user else {}
    said = _said(library, page.user, videos) if page.user else {}
    shelves = []
    for shelf in page.shelves:
        title = heading(shelf, words, other=other, is_new=page.is_new)
        cards = [
            _card(shelf, item, videos[item.video_id], states.get(item.video_id), words)
            | {"said": said.get(item.video_id, [])}
            | ({} if shows_path else {"path": None})
            for item in shelf.items
            if item.video_id in videos
        ]
        if cards:
            sub = subheading(shelf, words, other=other)
            is_long = shelf.kind == "mix" and page.is_new
            shelves.append(
                {"key": shelf.key, "title": title, "sub": sub, "is_long": is_long, "videos": cards}
            )
    return {
        "shelves": shelves,
        "is_new": page.is_new,
        "is_all_seen": page.is_all_seen,
        "is_alone": is_alone,
    }


def _card(shelf: Shelf, item: Item, video: Video, state: VideoState | None, words: Words) -> Data:
    share = 0.0
    if state is not None and video.duration_s > 0:
        share = min(state.watched_s / video.duration_s, 1.0)
    card = card_of(video)
    return card | {
        "seen_share": round(max(share, shelf.seen_shares.get(item.video_id, 0.0)), 4),
        "reason": reason(shelf, item, words),
        "why": full_reason(item, words),
        "score": round(item.score, 3),
        "source": item.source,
    }


def _said(library: Library, user: str, videos: Mapping[int, Video]) -> dict[int, list[Data]]:
    """By video, what is pressed below it: the last verdict, and the last view of the whole."""
    said: dict[int, list[Data]] = {}
    for event in library.events.page(user, limit=LATEST).events:
        video, kind = videos.get(event.video_id or 0), event.kind
        if video is None or (kind == "view" and not _is_whole(event, video)):
            continue
        known = said.setdefault(video.id, [])
        if all((kind == "view") != (one["kind"] == "view") for one in known):
            known.insert(0, {"kind": kind, "id": event.id})
    return said


def _is_whole(event: Event, video: Video) -> bool:
    return event.watched_s is None or event.watched_s >= FULL_FRACTION * video.duration_s
