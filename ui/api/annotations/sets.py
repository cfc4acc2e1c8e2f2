"""Sets of labels: `/annotations`."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from data.labels.kinds import Task
from ui.api.annotations.shown import SetName, SetShown
from ui.api.served import ServedHere
from ui.api.shape.fields import Words
from ui.api.shape.lists import Items
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners

router = APIRouter(
    route_class=StrictRoute, tags=["annotation"], prefix="/annotations", dependencies=[OnlyOwners]
)


class NewSet(BaseModel):
    """A set that is to be there."""

    model_config = ConfigDict(extra="forbid")

    name: SetName
    task: Literal["classes", "several", "number"] | None = Field(
        None, description="One label a stretch, several, or a number; as it is, at first classes."
    )
    labels: list[Words] = Field(
        [], max_length=200, description="Labels that it is to offer; a set of numbers offers none."
    )


class Removed(BaseModel):
    """A set that is gone."""

    removed: str
    labelled: int = Field(description="Stretches that had a label.")


@router.get("", summary="Sets of labels")
def sets(served: ServedHere) -> Items[SetShown]:
    """All of them with how far they have come."""
    return Items(items=[SetShown(**each) for each in served.library.annotating.set_documents()])


@router.post("", summary="Make a set of labels, or add labels to one")
def make(given: NewSet, served: ServedHere) -> SetShown:
    """Labels that it has stay."""
    work = served.library.annotating
    task = None if given.task is None else Task(given.task)
    return SetShown(**work.set_document(work.annotations.make(given.name, task, given.labels).name))


@router.get("/{set_name}", summary="A set of labels")
def one(set_name: SetName, served: ServedHere) -> SetShown:
    """What it offers, and how far it has come."""
    return SetShown(**served.library.annotating.set_document(set_name))


@router.delete("/{set_name}", summary="Remove a set with all its labels")
def remove(set_name: SetName, served: ServedHere) -> Removed:
    """It cannot be taken back."""
    return Removed(removed=set_name, labelled=served.library.annotating.remove(set_name))
