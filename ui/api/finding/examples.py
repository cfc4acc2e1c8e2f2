"""Clips and pictures to search by: `/examples`, each under an id for a day.

An example comes as a form with one `file`, or as the body itself with `name` in the address. It is
written to the disk as it comes: never more than a piece of it is in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from data.errors import ReelwiseError, UnreadableVideo
from ui.api.finding.asked import Search
from ui.api.finding.likes import example_of
from ui.api.finding.moments import Found
from ui.api.finding.search import answer, page_of
from ui.api.links import BASE
from ui.api.served import Asking, ServedHere
from ui.api.shape.fields import Words
from ui.api.shape.refusals import Refused, wrong
from ui.api.shape.sent import FILE_BODY
from ui.api.strict import StrictRoute
from ui.library.asking.examples import STAYS_S, GivenExample
from ui.library.library import Library

router = APIRouter(route_class=StrictRoute, tags=["finding"])
MOST_BYTES = 200 << 20
"""Largest example."""
PIECE_BYTES = 1 << 20


class Example(BaseModel):
    """An example that can be searched by."""

    id: str = Field(description="To be given as `like`; nobody can guess it.")
    kind: str = Field(description="`clip` or `picture`.")
    name: str
    size_bytes: int
    thumb_url: str
    until: datetime = Field(description="When it is removed, UTC.")


@router.post("/examples", summary="Give a clip or a picture to search by", openapi_extra=FILE_BODY)
async def give(
    request: Request,
    served: ServedHere,
    name: Annotated[Words | None, Query(description="Name of a file that is the body.")] = None,
) -> Example:
    """Keep an example for a day, at most 200 MB; its id goes into `like` of `/search`."""
    return _described(await _kept(request, served.library, name))


@router.post("/search", summary="Find moments by a file that is sent", openapi_extra=FILE_BODY)
async def search_by_file(
    request: Request, asked: Annotated[Search, Query()], served: ServedHere, visitor: Asking
) -> Found:
    """Search by a file and the parameters of `GET /search`.

    The file is kept as an example: `query.like` is its id, and `next` is a cursor of `GET /search`
    with it.
    """
    if asked.like is not None:
        raise wrong("like and a file are two examples", fix="give one of them")
    example = await _kept(request, served.library, None)
    asked.like = example.id
    first, wanted = page_of(asked)
    return await run_in_threadpool(answer, served, asked, visitor, first=first, wanted=wanted)


@router.get("/examples/{example_id}", summary="An example that was given")
def example(example_id: str, served: ServedHere) -> Example:
    """What is known of an example; 404 when its day is over."""
    return _described(example_of(served.library, example_id))


async def _kept(request: Request, library: Library, name: str | None) -> GivenExample:
    told = request.headers.get("content-length", "0")
    if not told.isdigit() or int(told) > MOST_BYTES + PIECE_BYTES:
        raise _too_large()
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return await _saved(library, request.stream(), name or "example")
    async with request.form(max_files=1, max_fields=0) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.size:
            raise wrong("there is no file", fix="send it as `file` of a form", code="wrong_body")
        return await _saved(library, _pieces(file), file.filename or "example")


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE_BYTES):
        yield piece


async def _saved(library: Library, pieces: AsyncIterator[bytes], name: str) -> GivenExample:
    try:
        given = await library.examples.save(pieces, name, most_bytes=MOST_BYTES)
    except ReelwiseError as error:
        raise _too_large() from error
    await run_in_threadpool(_check, given)
    return given


def _too_large() -> Refused:
    limit = f"an example has at most {MOST_BYTES >> 20} MB"
    return Refused(413, "too_large", limit, fix="cut a part out of it")


def _check(given: GivenExample) -> None:
    """Refuse what is neither a video nor a picture.

    Raises:
        Refused: It is something else.
    """
    from data.video.containers import sniff
    from indexer.search.examples.pictures import is_picture

    if is_picture(given.path):
        return
    try:
        sniff(given.path)
    except UnreadableVideo as error:
        what = error.reason.removeprefix("not a video: ")
        told = f'"{given.path.name}" is {what}, not a video or a picture'
        if what == error.reason:
            told = f'"{given.path.name}" cannot be read: {error.reason}'
        given.path.unlink(missing_ok=True)
        raise wrong(told, fix="send a video or a picture", code="no_example") from error


def _described(given: GivenExample) -> Example:
    from indexer.search.examples.pictures import is_picture

    facts = given.path.stat()
    return Example(
        id=given.id,
        kind="picture" if is_picture(given.path) else "clip",
        name=given.path.name,
        size_bytes=facts.st_size,
        thumb_url=f"{BASE}/examples/{given.id}/thumb",
        until=datetime.fromtimestamp(facts.st_mtime + STAYS_S, UTC),
    )
