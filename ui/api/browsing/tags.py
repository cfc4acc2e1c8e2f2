"""What people call videos: `/tags`."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ui.api.fields import MAX_RESULTS, VideoId, Words
from ui.api.refusals import not_there
from ui.api.served import Served, ServedHere
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners

router = APIRouter(route_class=StrictRoute, tags=["browsing"])


class Tag(BaseModel):
    """A tag of the library."""

    name: str
    videos: int


class Tagging(BaseModel):
    """Videos, and tags for them."""

    model_config = ConfigDict(extra="forbid")

    video_ids: list[VideoId] = Field(min_length=1, max_length=MAX_RESULTS)
    tags: list[Words] = Field(min_length=1, max_length=50)


class Tagged(BaseModel):
    """The tags of videos, after a change."""

    videos: dict[int, list[str]] = Field(description="Tags by number of the video.")
    changed: list[int] = Field(description="Videos that had other tags before.")


@router.get("/tags", summary="All tags, with how many videos have each")
def tags(served: ServedHere) -> list[Tag]:
    """List the tags of the library."""
    return [Tag(name=each.name, videos=each.videos) for each in served.library.catalogue.tags.all()]


@router.post("/tags", summary="Tag videos", dependencies=[OnlyOwners])
def add(given: Tagging, served: ServedHere) -> Tagged:
    """Give videos tags; they stay with the content, whatever its files are called."""
    ids, tags = _known(served, given.video_ids), served.library.catalogue.tags
    return _tagged(served, ids, [each for each in ids if tags.add(each, given.tags)])


@router.delete("/tags", summary="Take tags from videos", dependencies=[OnlyOwners])
def remove(given: Tagging, served: ServedHere) -> Tagged:
    """Take tags from videos, from those that have them."""
    ids = _known(served, given.video_ids)
    had = served.library.catalogue.tags.of(ids)
    changed = []
    for video_id in ids:
        present = {each.casefold() for each in had.get(video_id, [])}
        gone = [each for each in given.tags if each.casefold() in present]
        if gone:
            served.library.catalogue.tags.remove(video_id, gone)
            changed.append(video_id)
    return _tagged(served, ids, changed)


def _known(served: Served, video_ids: list[int]) -> list[int]:
    known = served.library.catalogue.videos_by_id(video_ids)
    missing = [each for each in video_ids if each not in known]
    if missing:
        raise not_there(f"there is no video {missing[0]}")
    return list(dict.fromkeys(video_ids))


def _tagged(served: Served, ids: list[int], changed: list[int]) -> Tagged:
    found = served.library.catalogue.tags.of(ids)
    return Tagged(videos={each: found.get(each, []) for each in ids}, changed=changed)
