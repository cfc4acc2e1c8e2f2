"""How well a set is learned, which labels may be wrong, and the set as a file."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from ui.api.annotations.shown import DoubtShown, SetName, placed
from ui.api.served import ServedHere
from ui.api.shape.answers import NO_STORE
from ui.api.shape.fields import Count
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners
from ui.library.labelling.annotating import curve_document

router = APIRouter(
    route_class=StrictRoute, tags=["annotation"], prefix="/annotations", dependencies=[OnlyOwners]
)
Format = Literal["csv", "json", "labelstudio"]
ENDINGS: dict[str, str] = {"csv": ".csv", "json": ".json", "labelstudio": ".labelstudio.json"}
"""What files of each format end with."""


class PointShown(BaseModel):
    """A point of a learning curve."""

    labels: int = Field(description="Labels, the first ones that were given.")
    f1_macro: float | None = Field(
        description="F1, mean over labels, on videos that taught nothing; null of numbers."
    )
    mae: float | None = Field(description="Of numbers, the mean absolute error on such videos.")
    mae_of_mean: float | None = Field(description="That of the mean of what taught.")


class Curve(BaseModel):
    """A learning curve."""

    items: list[PointShown]
    why: str = Field(description="Why there is none yet; empty where there is one.")


class Doubts(BaseModel):
    """Labels that may be wrong."""

    items: list[DoubtShown] = Field(description="The likeliest to be wrong first.")
    checked: int = Field(description="Labels that were looked at.")
    why: str = Field(description="Why none could be; empty where they were.")


@router.get("/{set_name}/curve", summary="F1, or error of numbers, by the number of labels")
def curve(set_name: SetName, served: ServedHere) -> Curve:
    """Each fold of whole videos is judged by what was labelled first of the others."""
    from indexer.annotation.annotator import TooFewLabels

    try:
        points = served.library.annotating.annotator(set_name).curve()
    except TooFewLabels as error:
        return Curve(items=[], why=error.problem)
    return Curve(items=[PointShown(**each) for each in curve_document(points)], why="")


@router.get("/{set_name}/check", summary="Labels that are likely wrong")
def check(set_name: SetName, served: ServedHere, k: Annotated[Count, Query()] = 20) -> Doubts:
    """By confident learning, with heads that were not fitted on the video."""
    from indexer.annotation.annotator import TooFewLabels

    work = served.library.annotating
    annotator = work.annotator(set_name)
    try:
        found = annotator.doubts()[:k]
        checked = len(annotator.judged_head().lesson)
    except TooFewLabels as error:
        return Doubts(items=[], checked=0, why=error.problem)
    items = [DoubtShown(**placed(each)) for each in work.doubt_documents(found)]
    return Doubts(items=items, checked=checked, why="")


@router.get("/{set_name}/export", summary="A set as a file", response_class=Response)
def export(
    set_name: SetName, served: ServedHere, format: Annotated[Format, Query()] = "csv"
) -> Response:
    """CSV as `annotate --import` reads it, JSON as COCO, or tasks of Label Studio."""
    ending = ENDINGS[format]
    found = served.library.annotating.give(set_name, ending)
    kind = "text/csv; charset=utf-8" if format == "csv" else "application/json"
    disposition = f'attachment; filename="{set_name}{ending}"'
    headers = {**NO_STORE, "content-disposition": disposition}
    return Response(found.text.encode(), media_type=kind, headers=headers)
