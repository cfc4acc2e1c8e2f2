"""What conditions of a search can be on: `/conditions`."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ui.api.served import ServedHere
from ui.api.shape.lists import Items
from ui.api.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, tags=["browsing"])


class LabelOf(BaseModel):
    """A value that is one of a list."""

    label: str
    german: str | None = Field(default=None, description="Its name in German, where that is known.")


class ConditionOn(BaseModel):
    """Something that a condition can be on."""

    name: str = Field(description="A field of every video, or a head.")
    kind: Literal["text", "number", "date", "label"] = Field(description="Of its values.")
    of: Literal["video", "clip"] = Field(description="What has it: heads tell of clips.")
    operators: list[str] = Field(description="The most usual first.")
    labels: list[LabelOf] = Field(
        description="Of a label; `NAME.LABEL>=0.8` asks for the probability of one."
    )


@router.get("/conditions", summary="What conditions can be on, and how they compare")
def conditions(served: ServedHere) -> Items[ConditionOn]:
    """List what `where` can name: heads with their labels, and what is known of every video.

    Of automatic tags those are listed that were seen.
    """
    from data.catalogue.live.askable import OPERATORS, askable
    from data.labels.vocabulary import TAGS

    catalogue = served.library.catalogue
    seen = [
        LabelOf(label=each.tag, german=word.german[0] if word.german else None)
        for each, word in served.library.automatic_tags()
    ]
    return Items(
        items=[
            ConditionOn(
                name=each.name,
                kind=each.kind,
                of="clip" if each.of_clips else "video",
                operators=list(OPERATORS[each.kind]),
                labels=seen
                if each.name == TAGS
                else [LabelOf(label=label) for label in each.labels],
            )
            for each in askable(catalogue, catalogue.encoder or "")
            if each.name != TAGS or seen
        ]
    )
