"""What people call videos: `/tags`."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from data.errors import ReelwiseError
from ui.api.served import Served, ServedHere
from ui.api.shape.fields import MAX_RESULTS, VideoId, Words
from ui.api.shape.lists import Items
from ui.api.shape.refusals import not_there
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners
from ui.library.labelling.tagging import tag_document

router = APIRouter(route_class=StrictRoute, tags=["browsing"])


class Tag(BaseModel):
    """A tag of the library."""

    tag: str
    videos: int


class AutomaticTag(BaseModel):
    """A word that was seen in videos of the library."""

    tag: str
    videos: int
    clips: int = Field(description="Clips of these videos that show it.")
    kind: str = Field(description="animal, place, action, ...; or empty.")
    german: str | None = Field(description="Its name in German, where that is known.")


class Tagging(BaseModel):
    """Videos, and tags for them."""

    model_config = ConfigDict(extra="forbid")

    video_ids: list[VideoId] = Field(min_length=1, max_length=MAX_RESULTS)
    tags: list[Words] = Field(min_length=1, max_length=50)


class Tagged(BaseModel):
    """A video and all its tags."""

    video_id: int
    tags: list[str]
    changed: bool = Field(description="It had others before.")


@router.get("/tags", summary="All tags, with how many videos have each")
def tags(served: ServedHere) -> Items[Tag]:
    """List the tags of the library."""
    known = served.library.catalogue.tags.all()
    return Items(items=[Tag(tag=each.name, videos=each.videos) for each in known])


@router.get("/tags/automatic", summary="What was seen in videos, with how many show each")
def automatic(served: ServedHere) -> Items[AutomaticTag]:
    """List the tags that were given without a person, the most frequent first.

    `where=tags=dog` finds what has one. There are none before `reelwise tag`.
    """
    found = served.library.automatic_tags()
    return Items(items=[AutomaticTag(**tag_document(each, word)) for each, word in found])


@router.post("/tags", summary="Tag many videos", dependencies=[OnlyOwners])
def add_to_many(given: Tagging, served: ServedHere) -> Items[Tagged]:
    """Give videos tags; they stay with the content, whatever its files are called."""
    ids, tags = _known(served, given.video_ids), served.library.catalogue.tags
    return _tagged(served, ids, {each for each in ids if tags.add(each, given.tags)})


@router.delete("/tags", summary="Take tags from many videos", dependencies=[OnlyOwners])
def remove_from_many(given: Tagging, served: ServedHere) -> Items[Tagged]:
    """Take tags from videos, from those that have them."""
    ids = _known(served, given.video_ids)
    gone = {each for each in ids for tag in given.tags if _remove(served, each, tag)}
    return _tagged(served, ids, gone)


@router.get("/videos/{video_id}/tags", summary="The tags of a video")
def of_video(video_id: VideoId, served: ServedHere) -> Items[str]:
    """List the tags of one video."""
    ids = _known(served, [video_id])
    return Items(items=served.library.catalogue.tags.of(ids).get(video_id, []))


@router.put("/videos/{video_id}/tags/{tag:path}", summary="Tag a video", dependencies=[OnlyOwners])
def add(video_id: VideoId, tag: Words, served: ServedHere) -> Tagged:
    """Give a video a tag; the same once more changes nothing."""
    ids = _known(served, [video_id])
    new = served.library.catalogue.tags.add(video_id, [tag])
    return _tagged(served, ids, {video_id} if new else set()).items[0]


@router.delete(
    "/videos/{video_id}/tags/{tag:path}", summary="Take a tag away", dependencies=[OnlyOwners]
)
def remove(video_id: VideoId, tag: Words, served: ServedHere) -> Tagged:
    """Take a tag from a video, if it has it."""
    ids = _known(served, [video_id])
    gone = _remove(served, video_id, tag)
    return _tagged(served, ids, {video_id} if gone else set()).items[0]


def _remove(served: Served, video_id: int, tag: str) -> bool:
    # Only the catalogue knows which spellings are one tag.
    try:
        served.library.catalogue.tags.remove(video_id, [tag])
    except ReelwiseError:
        return False
    return True


def _known(served: Served, video_ids: list[int]) -> list[int]:
    known = served.library.catalogue.videos_by_id(video_ids)
    missing = [each for each in video_ids if each not in known]
    if missing:
        raise not_there(f"there is no video {missing[0]}")
    return list(dict.fromkeys(video_ids))


def _tagged(served: Served, ids: list[int], changed: set[int]) -> Items[Tagged]:
    found = served.library.catalogue.tags.of(ids)
    return Items(
        items=[
            Tagged(video_id=each, tags=found.get(each, []), changed=each in changed) for each in ids
        ]
    )
