"""A person's own history: `/history`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.catalogue import Video
from data.errors import ReelwiseError
from data.history import Event, EventKind
from ui.api.links import media_url, thumb_url
from ui.api.people.events import StoredEvent, stored
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import Count, VideoId, Words
from ui.api.shape.lists import Part
from ui.api.shape.refusals import wrong
from ui.api.strict import StrictRoute
from ui.api.whose import whose

router = APIRouter(route_class=StrictRoute, tags=["people"])


class Row(StoredEvent):
    """An event, with the video that it is about."""

    title: str | None = Field(description="Null where the library does not know the video now.")
    duration_s: float | None
    thumb_url: str | None
    media_url: str | None


class HistoryPage(Part[Row]):
    """Some of a person's history, the latest first."""

    user: str


class Wanted(BaseModel):
    """Which part of a history is wanted."""

    model_config = ConfigDict(extra="forbid")

    user: Words | None = Field(None, description="The person; oneself where it is left out.")
    kind: list[EventKind] = Field([], description="Only these; repeatable.")
    video: VideoId | None = Field(None, description="Only events on this video.")
    cursor: Words | None = Field(None, description="`next` of the page before.")
    k: Count = 50


@router.get("/history", summary="What a person watched, liked and hid")
def history(wanted: Annotated[Wanted, Query()], served: ServedHere, visitor: Asking) -> HistoryPage:
    """List events, the latest first."""
    name, library = whose(visitor, wanted.user), served.library
    try:
        page = library.events.page(
            name, kinds=wanted.kind, video=wanted.video, before=wanted.cursor, limit=wanted.k
        )
    except ReelwiseError as error:
        fix = "send the `next` of the page before"
        raise wrong(error.problem, fix=fix, code="wrong_cursor") from error
    known = library.catalogue.videos_by_id(
        {event.video_id for event in page.events if event.video_id is not None}
    )
    rows = [_row(event, known.get(event.video_id or 0)) for event in page.events]
    return HistoryPage(user=name, items=rows, next=page.next)


def _row(event: Event, video: Video | None) -> Row:
    return Row(
        **stored(event).model_dump(),
        title=None if video is None else video.title,
        duration_s=None if video is None else video.duration_s,
        thumb_url=None if video is None else thumb_url(video.id),
        media_url=None if video is None else media_url(video.id),
    )
