"""The videos of the library in an order: `/videos`, and the folders and months they lie in.

Any place of a list is a slice of ids, whatever its length: `offset` for a grid that jumps, `cursor`
for whoever reads it all. A cursor goes on after a video, not after a number of videos, so that what
comes in meanwhile neither repeats one nor leaves one out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.catalogue import Month, Sort, Wanted
from ui.api.browsing.cards import PICTURE_AT, Card, card
from ui.api.cursors import cursor_for, place_of
from ui.api.fields import Count, Flag, Whole, Words
from ui.api.folders import folder_path, names_of
from ui.api.links import shown_path, thumb_url
from ui.api.refusals import wrong
from ui.api.served import Asking, Served, ServedHere, Visitor
from ui.api.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["browsing"])


class OfList(BaseModel):
    """Which videos a list has."""

    model_config = ConfigDict(extra="forbid")

    sort: Sort = "date"
    folder: Words | None = Field(None, description="Name of a folder, as `/folders` gives it.")
    below: Flag = Field(True, description="Also the folders in it.")
    tag: Words | None = None
    text: Words | None = Field(None, description="Words in the title or the name of the file.")

    def wanted(self, served: Served, visitor: Visitor) -> Wanted:
        """The same for the library."""
        folder = None if self.folder is None else folder_path(served, visitor, self.folder)
        return Wanted(self.sort, folder, self.below, self.tag or "", self.text or "")


class Window(OfList):
    """Which part of a list is wanted."""

    offset: Whole = Field(0, ge=0, le=10**9, description="Place of the first one.")
    cursor: Words | None = Field(None, description="`next` of the part before.")
    k: Count = 50


class Videos(BaseModel):
    """A part of a list."""

    total: int = Field(description="Videos of the whole list.")
    offset: int
    videos: list[Card]
    next: str | None = Field(description="`cursor` of the next part; null after the last.")


class MonthOf(BaseModel):
    """A month of a list."""

    year: int
    month: int
    videos: int


class FolderOf(BaseModel):
    """A folder with videos in it or below."""

    name: str = Field(description="To be given as `folder`.")
    title: str = Field(description="The last part of it.")
    videos: int = Field(description="Videos in it and below.")
    thumb_urls: list[str]
    path: str | None
    here: bool = Field(description="False: not here now; its disk may be unplugged.")


@router.get("/videos", summary="The videos in an order")
def videos(asked: Annotated[Window, Query()], served: ServedHere, visitor: Asking) -> Videos:
    """List videos; `total` and `offset` make a grid of any length that is read where it is seen."""
    shelf = served.library.shelf
    ids = shelf.listed(asked.wanted(served, visitor))
    question = asked.model_dump(include=set(OfList.model_fields))
    first = asked.offset
    if asked.cursor is not None:
        if asked.offset:
            raise wrong("offset and cursor both say where to begin", fix="give one of them")
        first = _after(ids.tolist(), place_of(question, asked.cursor))
    part = ids[first : first + asked.k].tolist()
    found = served.library.catalogue.videos_by_id(part)
    names = names_of(served)
    last = first + len(part)
    more = cursor_for(question, [part[-1], last]) if part and last < len(ids) else None
    return Videos(
        total=len(ids),
        offset=first,
        videos=[card(found[each], names, visitor) for each in part if each in found],
        next=more,
    )


def _after(ids: list[int], place: list[int | str]) -> int:
    """Where a list goes on after a video, or after its number where the video is gone."""
    video_id, number = int(place[0]), int(place[-1])
    if 0 < number <= len(ids) and ids[number - 1] == video_id:
        return number
    return ids.index(video_id) + 1 if video_id in ids else number


@router.get("/videos/months", summary="The months of a list by date")
def months(asked: Annotated[OfList, Query()], served: ServedHere, visitor: Asking) -> list[MonthOf]:
    """Count the videos of each month, in the order of the list."""
    if asked.sort not in ("date", "old"):
        raise wrong("months are those of a list by date", fix="sort=date, or sort=old")
    listed: list[Month] = served.library.shelf.months(asked.wanted(served, visitor))
    return [MonthOf(year=each.year, month=each.month, videos=each.videos) for each in listed]


@router.get("/folders", summary="The folders in a folder, with counts and pictures")
def folders(
    served: ServedHere,
    visitor: Asking,
    parent: Annotated[Words | None, Query(description="Name of a folder; none: all.")] = None,
) -> list[FolderOf]:
    """List the folders directly in one; without `parent` those that were indexed."""
    shelf, names = served.library.shelf, names_of(served)
    if parent is None:
        roots = names.roots
        return [_folder(served, name, roots[name], visitor) for name in roots]
    path = folder_path(served, visitor, parent)
    found = shelf.folders(path)
    return [
        _folder(served, names.name_of(each.path) or each.path.name, each.path, visitor)
        for each in found
    ]


def _folder(served: Served, name: str, path: Path, visitor: Visitor) -> FolderOf:
    known = served.library.shelf.folder(path)
    lengths = {
        i: video.duration_s
        for i, video in served.library.catalogue.videos_by_id(known.pictures).items()
    }
    return FolderOf(
        name=name,
        title=name.rpartition("/")[2],
        videos=known.videos,
        thumb_urls=[thumb_url(i, PICTURE_AT * lengths[i]) for i in known.pictures if i in lengths],
        path=shown_path(path, visitor),
        here=path.exists(),
    )
