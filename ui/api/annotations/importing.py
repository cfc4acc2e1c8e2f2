"""Labels from a file into a set: `/annotations/{set_name}/import`.

The file comes as a form with one `file`, or as the body itself with `name` in the address. It is a
few megabytes at most, and lies in memory while its rows are read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from data.annotations.importing import Imported
from data.labels.kinds import Task
from data.printable import printable
from ui.api.annotations.shown import SetName, SetShown
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import MAX_RESULTS, Words
from ui.api.shape.refusals import Refused, wrong
from ui.api.shape.said import SaidOf, said_parts
from ui.api.shape.sent import FILE_BODY
from ui.api.strict import StrictRoute
from ui.api.whose import OnlyOwners, named
from ui.library.keeping.reasons import left_out
from ui.library.labelling.annotating import Annotating, SentLabels

router = APIRouter(
    route_class=StrictRoute, tags=["annotation"], prefix="/annotations", dependencies=[OnlyOwners]
)
MOST_BYTES = 8 << 20
"""Largest file of labels, some 40,000 of them as JSON."""
FORM_BYTES = 1 << 16
"""What a form adds to its file, at most."""
LONGEST_NAME = 80
"""Characters of a file's name that are told, its end."""


class Asked(BaseModel):
    """What is known of a file that is sent."""

    model_config = ConfigDict(extra="forbid")

    name: Words | None = Field(None, description="Name of a file that is the body.")
    by: Words | None = Field(None, description="Who; whoever has signed in, where left out.")
    task: Literal["classes", "several", "number"] | None = Field(
        None, description="What a new set is of; as the file asks for, where left out."
    )
    label_column: Words | None = Field(
        None, description="The column of the labels, where there are several."
    )


class LeftOut(BaseModel):
    """A row that was left out."""

    line: int = Field(description="Its line in the file; in JSON the number of its annotation.")
    reason: str
    said: SaidOf | None = Field(description="The same in parts; null for other reasons.")


class Taken(BaseModel):
    """What became of the rows of a file."""

    added: int = Field(description="Stretches that are labelled by it now.")
    changed: int = Field(description="Of these, stretches that had other labels before.")
    known: int = Field(description="Rows that said what was known.")
    failed: int = Field(description="Rows that were left out.")
    troubles: list[LeftOut] = Field(description="The first 200 of these, by line.")
    set: SetShown


@router.post("/{set_name}/import", summary="Labels from a file", openapi_extra=FILE_BODY)
async def take(
    set_name: SetName,
    request: Request,
    served: ServedHere,
    visitor: Asking,
    asked: Annotated[Asked, Query()],
) -> Taken:
    """Add the labels of a file of at most 8 MB; sending it again changes nothing.

    CSV as `annotate --import` reads it, or JSON as COCO or Label Studio have it. Good rows are
    kept, all of them or none; the others are named with their lines. A set that is new becomes
    what the file asks for.
    """
    who = named(visitor, asked.by)
    sent = await _sent(request, asked.name)
    work = served.library.annotating
    task = None if asked.task is None else Task(asked.task)

    def taken() -> Taken:
        found = work.take_sent(set_name, sent, by=who, task=task, column=asked.label_column)
        return _shown(work, set_name, found)

    return await run_in_threadpool(taken)


def _shown(work: Annotating, set_name: str, found: Imported) -> Taken:
    troubles = [
        LeftOut(
            line=each.line, reason=printable(each.reason), said=said_parts(left_out(each.reason))
        )
        for each in found.troubles[:MAX_RESULTS]
    ]
    return Taken(
        added=found.added,
        changed=found.changed,
        known=found.known,
        failed=len(found.troubles),
        troubles=troubles,
        set=SetShown(**work.set_document(set_name)),
    )


async def _sent(request: Request, name: str | None) -> SentLabels:
    told = request.headers.get("content-length", "0")
    if not told.isdigit() or int(told) > MOST_BYTES + FORM_BYTES:
        raise _too_large()
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return _checked(await _whole(request.stream()), name)
    async with request.form(max_files=1, max_fields=0) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise wrong("there is no file", fix="send it as `file` of a form", code="wrong_body")
        return _checked(await _whole(_pieces(file)), file.filename)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(FORM_BYTES):
        yield piece


async def _whole(pieces: AsyncIterator[bytes]) -> bytes:
    found = bytearray()
    async for piece in pieces:
        found += piece
        if len(found) > MOST_BYTES:
            raise _too_large()
    return bytes(found)


def _checked(content: bytes, name: str | None) -> SentLabels:
    if not content.strip():
        raise wrong("the file is empty", fix="send CSV or JSON with labels", code="wrong_body")
    return SentLabels(printable((name or "the file")[-LONGEST_NAME:]), content)


def _too_large() -> Refused:
    limit = f"a file of labels has at most {MOST_BYTES >> 20} MB here"
    return Refused(413, "too_large", limit, fix="send the labels in parts")
