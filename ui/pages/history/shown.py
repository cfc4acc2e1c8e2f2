"""A part of a person's history as the page draws it."""

from __future__ import annotations

from typing import Any

from data.catalogue import Video
from data.history import Event, EventKind
from data.printable import printable
from data.review.withheld import NotShown
from ui.library.library import Library
from ui.pages.components.video_card import card_of

KINDS: dict[str, tuple[EventKind, ...]] = {
    "watched": ("view",),
    "liked": ("like", "dislike"),
    "hidden": ("hide",),
}
"""By the word in the address, what it takes; without one, everything."""
ROWS = 50


def history_data(library: Library, user: str, *, kind: str, before: str | None) -> dict[str, Any]:
    """Some rows, the latest first, and where the next ones begin.

    Args:
        library: The library.
        user: Whose history.
        kind: One of `KINDS`; empty for all.
        before: `next` of the part before; None for the latest.

    Raises:
        ReelwiseError: `before` was given out for no page.
    """
    page = library.events.page(user, kinds=KINDS.get(kind, ()), before=before, limit=ROWS)
    ids = {event.video_id for event in page.events if event.video_id is not None}
    videos = library.catalogue.videos_by_id(ids)
    not_shown = library.reviews.withholding.now()
    rows = [_row(event, videos.get(event.video_id or 0), not_shown) for event in page.events]
    return {"rows": rows, "next": page.next}


def _row(event: Event, video: Video | None, not_shown: NotShown) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "watched_s": event.watched_s,
        "is_mark": is_mark(event),
        "source": event.source,
        "title": printable(video.title if video is not None else event.video_ref),
        "video": None if video is None else card_of(video, shows_path=False, not_shown=not_shown),
    }


def is_mark(event: Event) -> bool:
    """Whether somebody pressed "Seen it": what the player reports has a number in its series."""
    is_of_page = event.kind == "view" and event.source == "page"
    return is_of_page and event.client_number is None and event.watched_s is not None
