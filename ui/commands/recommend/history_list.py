"""`reelwise history list` and `history remove`: the events of one person, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from data.printable import printable
from ui.commands.recommend.history import VERBS, UserArgument
from ui.library.documents import Document
from ui.library.library import Library
from ui.terminal.answer import Answer
from ui.terminal.options import HomeOption, JsonOption
from ui.terminal.text import columns

if TYPE_CHECKING:
    from data.catalogue import Video
    from data.history import Event

KINDS = {"watched": "view", "liked": "like", "disliked": "dislike", "hidden": "hide"}


def list_events(
    user: UserArgument,
    kind: Annotated[
        Literal["watched", "liked", "disliked", "hidden"] | None,
        typer.Option("--kind", help="Only such events.  [default: all]"),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Most events.")] = 50,
    before: Annotated[
        str | None,
        typer.Option(metavar="CURSOR", help="Go on where the page before ended: its `next`."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """List the events of a user, the newest first, with the number of each."""
    from data.history import EVENT_KINDS

    kinds = [one for one in EVENT_KINDS if kind is None or one == KINDS[kind]]
    with Library(home) as library:
        unknown = library.history.unknown(user)
        page = library.events.page(user, kinds=kinds, before=before, limit=limit)
        ids = {event.video_id for event in page.events if event.video_id is not None}
        videos = library.catalogue.videos_by_id(ids)
    rows = [event_document(event, videos.get(event.video_id or 0)) for event in page.events]
    cells = [
        [str(row["id"]), str(row["at"])[:16], VERBS[event.kind], printable(str(row["title"]))]
        for row, event in zip(rows, page.events, strict=True)
    ]
    notice = unknown or ("" if page.next is None else f"more: --before {page.next}")
    text = "\n".join(columns(cells, indent="")) or "no event"
    return Answer({"user": user, "events": rows, "next": page.next}, text, notice=notice)


def remove_event(
    user: UserArgument,
    event: Annotated[
        int, typer.Argument(metavar="EVENT", help="Its number, as `history list` shows it.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> Answer:
    """Take one event out of a user's history; the next recommendation no longer counts it."""
    from data.catalogue.guard.copies import copy_if_due

    with Library(home) as library:
        removed = library.events.remove(user, event)
        video = library.catalogue.videos_by_id([removed.video_id or 0]).get(removed.video_id or 0)
        copy_if_due(library.home)
    document = event_document(removed, video)
    text = printable(f"removed: {removed.user} {VERBS[removed.kind]} {document['title']}")
    return Answer({"removed": document}, text)


def event_document(event: Event, video: Video | None) -> Document:
    """One event as a document; `video` where the library has it."""
    return event.as_row() | {
        "id": event.id,
        "source": event.source,
        "video_id": None if video is None else str(video.id),
        "title": event.video_ref if video is None else video.title,
    }
