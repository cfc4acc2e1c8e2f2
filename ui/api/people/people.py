"""Who uses the library: `/people`."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from data.history import EVENT_COLUMNS
from data.people import Person
from ui.api.people.events import StoredEvent, Whose, stored
from ui.api.served import Asking, AskingClient, ServedHere
from ui.api.shape.answers import NO_STORE
from ui.api.shape.fields import Words
from ui.api.shape.lists import Items
from ui.api.shape.refusals import Refused, wrong
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners, whose
from ui.library.keeping.forgetting import forget_everywhere

router = APIRouter(route_class=StrictRoute, tags=["people"])
Pin = Annotated[str, StringConstraints(min_length=4, max_length=64)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]


class Shown(BaseModel):
    """A person as they are shown."""

    name: str
    colour: str = Field(description="#rrggbb")
    created_at: datetime | None
    records: bool = Field(description="What they watch on pages and through the API is recorded.")
    has_pin: bool
    events: int


class NewPerson(BaseModel):
    """A person to come."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    colour: Colour | None = None
    pin: Pin | None = None


class Change(BaseModel):
    """What is to be different of a person."""

    model_config = ConfigDict(extra="forbid")

    name: Words | None = Field(None, description="Another name; for owners.")
    colour: Colour | None = None
    records: bool | None = None
    pin: Pin | Literal[""] | None = Field(None, description="Empty to ask for none.")


class Tried(BaseModel):
    """A PIN that somebody typed."""

    model_config = ConfigDict(extra="forbid")

    user: Words
    pin: Annotated[str, StringConstraints(max_length=64)]


class Two(BaseModel):
    """Two names of one person."""

    model_config = ConfigDict(extra="forbid")

    name: Words
    into: Words


class ForgottenPerson(BaseModel):
    """What went with a person."""

    user: str
    events: int
    impressions: int
    models: int = Field(description="Models that had learned from them; another is trained.")
    mentions: int = Field(description="Names of files and tags that hold the name; they stay.")
    heads: list[str] = Field(description="Heads that learned from their rows: to be fitted again.")
    labels: int = Field(description="Annotations that were deleted.")


@router.get("/people", summary="Who uses the library")
def people(served: ServedHere, visitor: Asking) -> Items[Shown]:
    """List everybody; a viewer sees themselves."""
    everybody = served.library.people.all()
    seen = [each for each in everybody if visitor.is_owner or each.name == visitor.name]
    return Items(items=[_shown(each) for each in seen])


@router.post("/people", summary="Add a person", dependencies=[OnlyOwners])
def add(given: NewPerson, served: ServedHere) -> Shown:
    """Add a person, or give one who has a history a colour and a PIN."""
    return _shown(served.library.people.add(given.name, colour=given.colour, pin=given.pin))


@router.patch("/people", summary="Change a person")
def change(given: Change, served: ServedHere, visitor: Asking, user: Whose = None) -> Shown:
    """Change colour, PIN, name, or whether what they watch is recorded."""
    name, known = whose(visitor, user), served.library.people
    if given.name is not None and not visitor.is_owner:
        raise Refused(403, "owners_only", "only an owner gives other names", fix="ask an owner")
    if name not in {each.name for each in known.all()}:
        known.add(name)
    if given.colour is not None or given.records is not None:
        known.change(name, colour=given.colour, records=given.records)
    if given.pin is not None:
        known.set_pin(name, given.pin or None)
    if given.name is not None:
        return _shown(known.rename(name, given.name))
    return _shown(known.get(name))


@router.post("/people/pin", summary="Check the PIN of a person")
def check_pin(
    tried: Tried, served: ServedHere, visitor: Asking, client: AskingClient
) -> dict[str, bool]:
    """Whether it is the right one; after five wrong ones each try has to wait."""
    name = whose(visitor, tried.user)
    return {"right": served.library.people.is_pin(name, tried.pin, client=client)}


@router.post("/people/merge", summary="Make one person of two", dependencies=[OnlyOwners])
def merge(two: Two, served: ServedHere) -> Shown:
    """History and searches of the first go to the second."""
    return _shown(served.library.people.merge(two.name, two.into))


@router.delete("/people", summary="Forget a person")
def forget(
    served: ServedHere,
    visitor: Asking,
    confirm: Annotated[Words, Query(description="The name once more.")],
    user: Whose = None,
) -> ForgottenPerson:
    """Delete a person, their history and what was learned from it; nothing brings it back."""
    name = whose(visitor, user)
    if confirm != name:
        raise wrong("confirm is not the name of the person", fix="confirm=NAME, to be sure")
    everywhere = forget_everywhere(served.library, name)
    gone = everywhere.history
    if gone is None:
        return ForgottenPerson(
            user=name,
            events=0,
            impressions=0,
            models=0,
            mentions=0,
            heads=everywhere.heads,
            labels=0,
        )
    return ForgottenPerson(
        user=gone.user,
        heads=everywhere.heads,
        events=gone.events,
        impressions=gone.impressions,
        models=gone.models,
        mentions=gone.mentions,
        labels=gone.labels,
    )


@router.get("/history/export", summary="A whole history as a file", response_class=Response)
def export(
    served: ServedHere,
    visitor: Asking,
    user: Whose = None,
    format: Annotated[Literal["csv", "json"], Query()] = "csv",
) -> Response:
    """Everything that is known of what a person watched; `history import` reads the CSV."""
    name = whose(visitor, user)
    events = served.library.history.events(name)
    if format == "json":
        rows = ",\n".join(StoredEvent.model_dump_json(stored(event)) for event in events)
        content, kind = f"[{rows}]\n", "application/json"
    else:
        text = io.StringIO()
        table = csv.DictWriter(text, EVENT_COLUMNS)
        table.writeheader()
        table.writerows(event.as_row() for event in events)
        content, kind = text.getvalue(), "text/csv; charset=utf-8"
    disposition = f'attachment; filename="history.{format}"'
    return Response(
        content.encode("utf-8", "surrogateescape"),
        media_type=kind,
        headers={**NO_STORE, "content-disposition": disposition},
    )


def _shown(person: Person) -> Shown:
    return Shown(
        name=person.name,
        colour=person.colour,
        created_at=person.created_at,
        records=person.records,
        has_pin=person.has_pin,
        events=person.events,
    )
