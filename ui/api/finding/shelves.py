"""What to watch next under headings that say why: `/shelves`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ui.api.finding.moments import Because, Recommended, recommended
from ui.api.served import Asking, ServedHere, Visitor
from ui.api.shape.fields import MAX_RESULTS, VideoId, Words
from ui.api.strict import StrictRoute
from ui.api.whose import whose

if TYPE_CHECKING:
    from recommender.shelves.shelf import Shelf

router = APIRouter(route_class=StrictRoute, tags=["finding"])
_TITLES: Mapping[str, str] = {
    "begun": "Go on watching",
    "because_liked": 'Because you liked "{title}"',
    "because_finished": 'Because you watched "{title}" to the end',
    "because_rewatched": 'Because you watched "{title}" more than once',
    "because_watched": 'Because you watched "{title}"',
    "week": "Goes with what you watched this week",
    "new": "New this week",
    "unlike": "Something else",
    "favourites": "All-time favourites",
    "mix": "More for you",
    "folder": 'From the folder "{folder}"',
    "beside": 'Near "{title}"',
    "again": "Watch again",
}
"""Headings in English, by kind and verb."""


class Shelved(Recommended):
    """A video on a shelf."""

    seen_share: float | None = Field(description="Part that was watched, on `begun` only.")


class ShelfAnswer(BaseModel):
    """Some videos under one heading."""

    key: str = Field(description="Give it as `shelf` for this shelf alone, which is longer then.")
    kind: str
    title: str = Field(description="The heading, in English.")
    because: Because | None = Field(description="The video of the heading.")
    verb: str | None = Field(description="`liked`, `finished`, `rewatched` or `watched`.")
    folder: str | None
    items: list[Shelved]


class Shelves(BaseModel):
    """The shelves of a page; no video is on two of them."""

    user: str
    is_new: bool = Field(description="Nothing is known of the person.")
    is_all_seen: bool = Field(description="No video is left that the person has not seen.")
    took_ms: float
    shelves: list[ShelfAnswer]


class Asked(BaseModel):
    """Which shelves are wanted."""

    model_config = ConfigDict(extra="forbid")

    user: Words | None = Field(None, description="The person; oneself where left out.")
    shelf: Words | None = Field(None, description="`key` of the only shelf that is wanted.")
    beside: VideoId | None = Field(None, description="One shelf of what is near this video.")
    exclude: list[VideoId] = Field(
        [], max_length=MAX_RESULTS, description="Videos to leave out; repeatable."
    )


@router.get("/shelves", summary="What to watch next, under headings that say why")
def shelves(asked: Annotated[Asked, Query()], served: ServedHere, visitor: Asking) -> Shelves:
    """Three to six shelves, as far as that many headings are true; nothing is written."""
    from recommender.shelves.making import Wanted

    wanted = Wanted(exclude=asked.exclude, only=asked.shelf or "", beside=asked.beside)
    page = served.library.shelves(whose(visitor, asked.user), wanted)
    return Shelves(
        user=page.user,
        is_new=page.is_new,
        is_all_seen=page.is_all_seen,
        took_ms=round(page.took_ms, 2),
        shelves=[_answer(shelf, visitor, page.user) for shelf in page.shelves],
    )


def _answer(shelf: Shelf, visitor: Visitor, user: str) -> ShelfAnswer:
    from recommender.answer.items import Recommendations

    because = shelf.because
    told = f"because_{shelf.verb or 'watched'}" if shelf.kind == "because" else shelf.kind
    title = _TITLES[told].format(
        title="" if because is None else because.title, folder=shelf.folder
    )
    whole = Recommendations(user, shelf.items, 0.0)
    return ShelfAnswer(
        key=shelf.key,
        kind=shelf.kind,
        title=title,
        because=(
            None if because is None else Because(video_id=because.video_id, title=because.title)
        ),
        verb=shelf.verb,
        folder=shelf.folder or None,
        items=[
            Shelved(
                **recommended(item, whole, visitor).model_dump(),
                seen_share=shelf.seen_shares.get(item.video_id),
            )
            for item in shelf.items
        ],
    )
