"""The videos of the library in an order: `/videos`, and the folders and months they lie in.

Any place of a list is a slice of ids, whatever its length: `offset` for a grid that jumps, `cursor`
for whoever reads it all. A cursor goes on after a video, not after a number of videos, so that what
comes in meanwhile neither repeats one nor leaves one out.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.catalogue import Folder, Month, Shelf, Sort, Wanted
from ui.api.browsing.cards import Card, card
from ui.api.folders import folder_path, names_of
from ui.api.links import shown_path, thumb_url
from ui.api.served import Asking, Served, ServedHere, Visitor
from ui.api.shape.cursors import cursor_for, place_of
from ui.api.shape.fields import Count, Flag, Whole, Words
from ui.api.shape.lists import Items, Part
from ui.api.shape.refusals import wrong
from ui.api.strict import StrictRoute
from ui.library.pictured import picture_s

MOST_FOLDERS = 2000
"""Folders of a whole tree; more are asked for by `parent`."""
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


class Videos(Part[Card]):
    """A part of a list of videos."""

    total: int = Field(description="Videos of the whole list.")
    offset: int


class MonthOf(BaseModel):
    """A month of a list."""

    year: int
    month: int
    videos: int


class FolderOf(BaseModel):
    """A folder with videos in it or below."""

    name: str = Field(description="To be given as `folder`.")
    title: str = Field(description="The last part of it.")
    depth: int = Field(description="0 for one that was indexed; with `parent` always 0.")
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
    not_shown = served.library.reviews.withholding.now()
    last = first + len(part)
    more = cursor_for(question, [part[-1], last]) if part and last < len(ids) else None
    return Videos(
        total=len(ids),
        offset=first,
        items=[card(found[each], names, visitor, not_shown) for each in part if each in found],
        next=more,
    )


def _after(ids: list[int], place: list[int | str]) -> int:
    """Where a list goes on after a video, or after its number where the video is gone."""
    video_id, number = int(place[0]), int(place[-1])
    if 0 < number <= len(ids) and ids[number - 1] == video_id:
        return number
    return ids.index(video_id) + 1 if video_id in ids else number


@router.get("/videos/months", summary="The months of a list by date")
def months(
    asked: Annotated[OfList, Query()], served: ServedHere, visitor: Asking
) -> Items[MonthOf]:
    """Count the videos of each month, in the order of the list."""
    if asked.sort not in ("date", "old"):
        raise wrong("months are those of a list by date", fix="sort=date, or sort=old")
    listed: list[Month] = served.library.shelf.months(asked.wanted(served, visitor))
    return Items(
        items=[MonthOf(year=each.year, month=each.month, videos=each.videos) for each in listed]
    )


@router.get("/folders", summary="The folders with videos, with counts and pictures")
def folders(
    served: ServedHere,
    visitor: Asking,
    parent: Annotated[Words | None, Query(description="Only those directly in this one.")] = None,
) -> Items[FolderOf]:
    """List the folders as a tree, each before those in it; with `parent` those directly in one."""
    shelf, names = served.library.shelf, names_of(served)
    if parent is not None:
        found = [(each, 0) for each in shelf.folders(folder_path(served, visitor, parent))]
    else:
        found = _tree(shelf, [shelf.folder(path) for path in names.roots.values()])
    pictures = {each for folder, _ in found for each in folder.pictures}
    known = served.library.catalogue.videos_by_id(pictures)
    return Items(
        items=[
            FolderOf(
                name=names.name_of(folder.path) or folder.path.name,
                title=folder.path.name,
                depth=depth,
                videos=folder.videos,
                thumb_urls=[
                    thumb_url(each, picture_s(known[each]))
                    for each in folder.pictures
                    if each in known
                ],
                path=shown_path(folder.path, visitor),
                here=folder.path.exists(),
            )
            for folder, depth in found
        ]
    )


def _tree(shelf: Shelf, roots: list[Folder]) -> list[tuple[Folder, int]]:
    """Folders with their depth, each before those in it; `MOST_FOLDERS` at most."""
    listed: list[tuple[Folder, int]] = []
    waiting = [(each, 0) for each in reversed(roots)]
    while waiting and len(listed) < MOST_FOLDERS:
        folder, depth = waiting.pop()
        listed.append((folder, depth))
        waiting += [(each, depth + 1) for each in reversed(shelf.folders(folder.path))]
    return listed
