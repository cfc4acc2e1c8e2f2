"""Where the files of many videos lie: `/library/paths`."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ui.api.served import ServedHere
from ui.api.shape.fields import VideoId
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners

router = APIRouter(
    route_class=StrictRoute,
    tags=["library"],
    prefix="/library",
    dependencies=[OnlyOwners],
)
MOST_AT_ONCE = 1000


class Named(BaseModel):
    """Some videos."""

    model_config = ConfigDict(extra="forbid")

    videos: list[VideoId] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Paths(BaseModel):
    """Where files lie."""

    paths: list[str]


@router.post("/paths", summary="Where the files of videos lie")
def paths(served: ServedHere, named: Named) -> Paths:
    """The first file of each, in the order of the videos."""
    videos = served.library.catalogue.videos_by_id(named.videos)
    return Paths(paths=[str(videos[each].path) for each in named.videos if each in videos])
