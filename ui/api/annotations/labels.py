"""What to label next, labels, and taking them back: `/annotations/{set_name}/...`."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from data.annotations.annotations import Said
from ui.api.annotations.shown import (
    AnnotationShown,
    ProposalShown,
    SetName,
    SetShown,
    placed,
)
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import Count, Flag, Seconds, VideoId, Whole, Words
from ui.api.shape.lists import Items
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners, named

router = APIRouter(
    route_class=StrictRoute, tags=["annotation"], prefix="/annotations", dependencies=[OnlyOwners]
)
By = Annotated[Words | None, Field(description="Who; whoever has signed in, where left out.")]
MOST_ROWS = 1000
"""Rows of the log that are given at most."""


class Given(BaseModel):
    """A body that knows its fields."""

    model_config = ConfigDict(extra="forbid")


class NewLabel(Given):
    """What somebody says of a stretch."""

    video_id: VideoId
    start_s: Seconds
    end_s: Seconds
    labels: list[Words] = Field(
        [],
        max_length=200,
        description="None to skip it; - is none of them, of several labels; a number as a text.",
    )
    by: By = None
    source: Literal["api", "page"] = "api"


class Undone(Given):
    """Taking back."""

    by: By = None


class Kept(BaseModel):
    """What was kept."""

    annotation: AnnotationShown
    set: SetShown


class TakenBack(BaseModel):
    """What holds no more."""

    items: list[AnnotationShown]
    set: SetShown


class Proposals(BaseModel):
    """What to label next."""

    items: list[ProposalShown]
    asked: str = Field(
        description="labels: a head on the labels; head: the stored head of its name; or empty."
    )
    of_labels: int = Field(description="Labels that the head has learned from.")
    notice: str = Field(description="Why the stored head of its name was not asked.")
    set: SetShown


@router.get("/{set_name}/next", summary="What to label next")
def next_ones(
    set_name: SetName,
    served: ServedHere,
    k: Annotated[Count, Query()] = 10,
    now: Annotated[
        Flag,
        Query(description="0: do not wait until the newest labels are learned from."),
    ] = True,
) -> Proposals:
    """Stretches that teach most: what differs, then what a head is unsure of."""
    work = served.library.annotating
    found = work.annotator(set_name).propose(k, waits=now)
    return Proposals(
        items=[ProposalShown(**placed(each)) for each in work.proposed_documents(found)],
        asked=found.asked,
        of_labels=found.of_labels,
        notice=found.notice,
        set=SetShown(**work.set_document(set_name)),
    )


@router.post("/{set_name}/labels", summary="Label a stretch, or skip it")
def say(set_name: SetName, given: NewLabel, served: ServedHere, visitor: Asking) -> Kept:
    """It is kept when the answer comes; another label for the same stretch holds from then on."""
    work, who = served.library.annotating, named(visitor, given.by)
    said = Said(given.video_id, given.start_s, given.end_s, tuple(given.labels))
    kept = work.annotations.say(set_name, said, by=who, source=given.source)
    work.keep()
    (document,) = work.annotation_documents([kept])
    shown = AnnotationShown(**placed(document))
    return Kept(annotation=shown, set=SetShown(**work.set_document(set_name)))


@router.post("/{set_name}/undo", summary="Take back what somebody said last")
def undo(set_name: SetName, given: Undone, served: ServedHere, visitor: Asking) -> TakenBack:
    """Once more takes back what was before; all rows of an import are taken back together."""
    work = served.library.annotating
    rows = work.annotations.undo(set_name, by=named(visitor, given.by))[-MOST_ROWS:]
    items = [AnnotationShown(**placed(each)) for each in work.annotation_documents(rows)]
    return TakenBack(items=items, set=SetShown(**work.set_document(set_name)))


@router.get("/{set_name}/log", summary="What was said of stretches")
def log(
    set_name: SetName,
    served: ServedHere,
    current: Annotated[Flag, Query(description="Only what holds now.")] = False,
    after: Annotated[
        Whole, Query(ge=0, le=2**53 - 1, description="Only rows with a higher number.")
    ] = 0,
    k: Annotated[Count, Query()] = 100,
) -> Items[AnnotationShown]:
    """In order."""
    work = served.library.annotating
    every = work.annotations.current(set_name) if current else work.annotations.rows(set_name)
    rows = [each for each in every if each.id > after][:k]
    return Items(
        items=[AnnotationShown(**placed(each)) for each in work.annotation_documents(rows)]
    )
