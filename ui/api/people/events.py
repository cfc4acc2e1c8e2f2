"""What people do: `/events`, one by one or many at once, each taken back by its number."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from data.errors import NoSuchVideo, ReelwiseError
from data.history import Event, EventKind, Origin, RecordedEvents
from ui.api.served import Asking, Served, ServedHere, Visitor
from ui.api.shape.fields import MAX_ID, MAX_RESULTS, Moment, Seconds, Typed, VideoId, Words
from ui.api.shape.lists import Items
from ui.api.shape.refusals import Refused, in_http_words, not_there, wrong
from ui.api.strict import StrictRoute
from ui.api.whose import ChosenHere, writer

router = APIRouter(route_class=StrictRoute, tags=["people"])


class Happened(BaseModel):
    """Something that a person did with a video."""

    model_config = ConfigDict(extra="forbid")

    user: Words | None = Field(None, description="The person; may be left out by who signed in.")
    video_id: VideoId
    kind: EventKind = "view"
    watched_s: Seconds | None = Field(
        None, description="Seconds that were played; of a series of reports, from its beginning."
    )
    at: Moment | None = Field(None, description="ISO 8601; now where it is left out.")
    client_id: Typed | None = Field(
        None,
        description="Your id of the event: the same twice is one event.",
        min_length=1,
        max_length=100,
    )
    number: int | None = Field(
        None, ge=0, le=MAX_ID, description="Rises with each report of one client_id."
    )
    source: Literal["api", "page"] = "api"


class StoredEvent(BaseModel):
    """An event as it is stored."""

    id: int
    user: str
    video_id: int | None
    kind: EventKind
    watched_s: float | None
    at: datetime
    source: str | None
    client_id: str | None


class Result(BaseModel):
    """What became of one of the events that were sent."""

    outcome: Literal["added", "grown", "known", "removed", "not recorded", "refused"] = Field(
        description="`grown`: more seconds of a view; `known`: nothing new; `removed`: it was "
        "taken back before; `not recorded`: the person does not want that."
    )
    event: StoredEvent | None
    error: str | None = None
    fix: str | None = None
    code: str | None = None


class Results(BaseModel):
    """What became of the events, in the order in which they were sent."""

    results: list[Result]


class Correction(BaseModel):
    """What is to be different."""

    model_config = ConfigDict(extra="forbid")

    kind: EventKind | None = None
    watched_s: Seconds | None = None


class OfVideo(BaseModel):
    """Events on one video."""

    model_config = ConfigDict(extra="forbid")

    user: Words | None = Field(None, description="The person; oneself where it is left out.")
    video_id: VideoId
    kind: list[EventKind] = Field(min_length=1, description="Of these kinds; repeatable.")


_BODY = TypeAdapter(Happened | Annotated[list[Happened], Field(max_length=MAX_RESULTS)])
_ONE = Happened.model_json_schema()
_MANY = {"type": "array", "items": _ONE, "maxItems": MAX_RESULTS}
_CONTENT = {"application/json": {"schema": {"anyOf": [_ONE, _MANY]}}}
_SCHEMA = {"requestBody": {"required": True, "content": _CONTENT}}


@router.post("/events", summary="Report what people did", openapi_extra=_SCHEMA)
async def report(
    request: Request, served: ServedHere, visitor: Asking, chosen: ChosenHere
) -> Results:
    """Record one event or a list of up to 200.

    Whatever content type is told: `navigator.sendBeacon` sends text. Of a list what is wrong is
    refused row by row; a single event that is wrong is an error.
    """
    given = _read(await request.body())
    return await run_in_threadpool(report_rows, served, visitor, chosen, given)


def _read(body: bytes) -> Happened | list[Happened]:
    try:
        return _BODY.validate_python(json.loads(body))
    except ValidationError as error:
        first = error.errors()[0]
        # Of two kinds of body pydantic tells both: the last part of the place says which value.
        name = str(first["loc"][-1]) if first["loc"] else "the body"
        code = "unknown_parameter" if first["type"] == "extra_forbidden" else "wrong_parameter"
        told = f"{name}: {first['msg'].lower()}"
        raise wrong(told, fix="see Happened in the docs", code=code) from error
    except (ValueError, RecursionError) as error:
        raise wrong(
            "the body is not JSON", fix='send {"user": "anna", "video_id": 1}', code="wrong_body"
        ) from error


def report_rows(
    served: Served, visitor: Visitor, chosen: str | None, given: Happened | list[Happened]
) -> Results:
    """Record what was sent.

    Raises:
        Refused: One of it is somebody else's; then nothing is written.
        ReelwiseError: A single event cannot be recorded.
    """
    rows = given if isinstance(given, list) else [given]
    users = [writer(visitor, row.user, chosen) for row in rows]
    if not isinstance(given, list):
        return Results(results=[_add(served.library.events, users[0], given)])
    results = []
    for user, row in zip(users, rows, strict=True):
        try:
            results.append(_add(served.library.events, user, row))
        except ReelwiseError as error:
            code = "unknown_video" if isinstance(error, NoSuchVideo) else "cannot_answer"
            fix = in_http_words(error.fix)
            refused = Result(outcome="refused", event=None, error=error.problem, fix=fix, code=code)
            results.append(refused)
    return Results(results=results)


def _add(events: RecordedEvents, user: str, row: Happened) -> Result:
    # Two reports without a name and a time of their own are two events.
    at = row.at or datetime.now(UTC)
    origin = Origin(row.source, row.client_id, row.number)
    reported = events.add(
        user, row.video_id, kind=row.kind, watched_s=row.watched_s, at=at, origin=origin
    )
    event = reported.event
    return Result(outcome=reported.outcome, event=None if event is None else stored(event))


def stored(event: Event) -> StoredEvent:
    """An event as the API gives it."""
    assert event.id is not None
    return StoredEvent(
        id=event.id,
        user=event.user,
        video_id=event.video_id,
        kind=event.kind,
        watched_s=event.watched_s,
        at=event.at,
        source=event.source,
        client_id=event.client_id,
    )


Whose = Annotated[Words | None, Query(description="The person; oneself where it is left out.")]


@router.delete("/events", summary="Take back all events of a kind on a video")
def clear(
    served: ServedHere,
    visitor: Asking,
    chosen: ChosenHere,
    which: Annotated[OfVideo, Query()],
) -> Items[StoredEvent]:
    """Un-like, or show again: take back every such event of a person on one video."""
    name = writer(visitor, which.user, chosen)
    gone = served.library.events.clear(name, which.video_id, which.kind)
    return Items(items=[stored(event) for event in gone])


@router.delete("/events/{event_id}", summary="Take an event back")
def remove(
    event_id: VideoId,
    served: ServedHere,
    visitor: Asking,
    chosen: ChosenHere,
    user: Whose = None,
) -> StoredEvent:
    """Take an event out of a person's history; the next recommendation no longer counts it."""
    name = writer(visitor, user, chosen)
    return stored(_own(served.library.events.remove, name, event_id))


@router.post("/events/{event_id}/restore", summary="Bring back an event that was taken back")
def restore(
    event_id: VideoId,
    served: ServedHere,
    visitor: Asking,
    chosen: ChosenHere,
    user: Whose = None,
) -> StoredEvent:
    """Bring it back under its number, for a day."""
    name = writer(visitor, user, chosen)
    return stored(_own(served.library.events.bring_back, name, event_id))


@router.patch("/events/{event_id}", summary="Correct an event")
def correct(
    event_id: VideoId,
    correction: Correction,
    served: ServedHere,
    visitor: Asking,
    chosen: ChosenHere,
    user: Whose = None,
) -> StoredEvent:
    """Change its kind, its seconds, or both."""
    name = writer(visitor, user, chosen)
    _own(served.library.events.get, name, event_id)
    changed = served.library.events.change(
        name, event_id, kind=correction.kind, watched_s=correction.watched_s
    )
    return stored(changed)


def _own(act: Any, user: str, event_id: int) -> Event:
    try:
        event = act(user, event_id)
    except Refused:
        raise
    except ReelwiseError as error:
        raise not_there(
            error.problem, code="unknown_event", fix="GET /api/v1/history gives the numbers"
        ) from error
    assert isinstance(event, Event)
    return event
