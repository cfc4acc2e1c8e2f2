"""Sets, proposals, annotations and doubts as the API gives them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from data.printable import printable
from ui.api.links import media_url, preview_url, thumb_url

if TYPE_CHECKING:
    from ui.library.documents import Document

SetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""The name of a set."""


class NumbersShown(BaseModel):
    """The numbers that stretches have."""

    least: float
    mean: float
    most: float


class SetShown(BaseModel):
    """A set of labels, and how far it has come."""

    name: str
    task: str = Field(
        description="classes: one label a stretch; several: any number at once; number: a number."
    )
    labels: list[str] = Field(description="What is offered, in this order.")
    labelled: int = Field(description="Stretches that have a label.")
    skipped: int
    videos: int = Field(description="Videos with a label.")
    counts: dict[str, int] = Field(description="Stretches by label; none of numbers.")
    numbers: NumbersShown | None = Field(description="Of a set of numbers that has some.")
    created_at: datetime
    newest_at: datetime | None = Field(description="When something was said last.")


class Place(BaseModel):
    """A stretch of a video."""

    video_id: int
    title: str
    start_s: float
    end_s: float
    effect: str = Field(description="Of moderation: withheld, blurred or none.")
    thumb_url: str = Field(
        description="Of what is withheld only with `&show=blurred`, or as it is with `&show=1`."
    )
    preview_url: str = Field(description="Without sound; as the picture.")
    media_url: str = Field(description="The file itself, with byte ranges.")


class Guess(BaseModel):
    """A label that a stretch may have."""

    label: str
    chance: float


class ProposalShown(Place):
    """A stretch to label next."""

    why: str = Field(description="unsure: the head cannot tell; different: from what is labelled.")
    unsure: float = Field(description="How unsure, 0 to 1; 1 where no head was asked.")
    guesses: list[Guess] = Field(description="The likeliest first; none without a head.")
    number: float | None = Field(description="In a set of numbers, what the head would say.")
    spread: float | None = Field(
        description="By how much the models of its committee differ, a standard deviation."
    )
    keywords: list[str] | None = Field(
        description="Of its video; null where the encoder of the library cannot be opened."
    )


class AnnotationShown(Place):
    """What somebody said of a stretch."""

    id: int
    kind: str = Field(description="label, skip or undo.")
    labels: list[str] = Field(description="- is none of them; a number is one text.")
    who: str
    at: datetime
    source: str = Field(description="terminal, page, api or import.")
    undoes: int | None = Field(description="Number of the row that is taken back.")


class DoubtShown(AnnotationShown):
    """A label that may be wrong."""

    given: str = Field(description="What was said; - where a label is missing.")
    likely: str = Field(description="What the head would say; - for that it is not so.")
    chance: float | None = Field(description="Probability of what was given; null of numbers.")
    likely_chance: float | None
    times_usual: float | None = Field(
        description="Of numbers, how many times the usual error what is likely is away."
    )


def placed(document: Document) -> dict[str, Any]:
    """The fields of a document with a place, with links and without paths."""
    number = int(document["video_id"])
    start_s, end_s = document["start_s"], document["end_s"]
    return {name: value for name, value in document.items() if name != "path"} | {
        "video_id": number,
        "title": printable(document["title"]),
        "thumb_url": thumb_url(number, (start_s + end_s) / 2),
        "preview_url": preview_url(number, start_s, end_s),
        "media_url": media_url(number),
    }
