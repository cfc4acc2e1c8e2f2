"""What to watch next: `/recommend`.

GET changes nothing: what writes is POST, which pages of other sites cannot send.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ui.api.finding.moments import Page, recommended
from ui.api.served import Asking, Served, ServedHere, Visitor
from ui.api.shape.fields import MAX_RESULTS, Count, Flag, Share, VideoId, Words
from ui.api.shape.refusals import wrong
from ui.api.strict import StrictRoute
from ui.api.whose import whose
from ui.library.documents import model_warning

router = APIRouter(route_class=StrictRoute, tags=["finding"])


class Wanted(BaseModel):
    """Which recommendations are wanted."""

    model_config = ConfigDict(extra="forbid")

    user: Words | None = Field(None, description="The person; oneself where left out.")
    k: Count = 10
    playing: VideoId | None = Field(None, description="Stay near this video.")
    exclude: list[VideoId] = Field(
        [], max_length=MAX_RESULTS, description="Videos to leave out; repeatable."
    )
    explore: Share = Field(0.0, description="Share of places that chance fills; POST only.")
    log: Flag = Field(False, description="Log the page as shown; POST only.")


@router.get("/recommend", summary="Recommend videos to a person")
def recommend(wanted: Annotated[Wanted, Query()], served: ServedHere, visitor: Asking) -> Page:
    """Recommend videos; nothing is written."""
    if wanted.explore or wanted.log:
        raise wrong(
            "a GET changes nothing: explore and log write what was shown",
            fix="send it as POST",
            code="needs_post",
        )
    return _page(wanted, served, visitor)


@router.post("/recommend", summary="Recommend videos, and log what was shown")
def recommend_and_log(
    wanted: Annotated[Wanted, Query()], served: ServedHere, visitor: Asking
) -> Page:
    """Recommend videos; the page is logged with `log=1`, and where chance had a share in it."""
    return _page(wanted, served, visitor)


def _page(wanted: Wanted, served: Served, visitor: Visitor) -> Page:
    library = served.library
    result = library.recommend(
        whose(visitor, wanted.user),
        k=wanted.k,
        exclude=wanted.exclude,
        playing=wanted.playing,
        explore=wanted.explore,
        log=wanted.log,
    )
    model = library.recommender.model
    return Page(
        user=result.user,
        model=model.name,
        warning=model_warning(model.trouble),
        took_ms=round(result.took_ms, 2),
        not_logged=result.not_logged,
        items=[recommended(item, result, visitor) for item in result.items],
    )
