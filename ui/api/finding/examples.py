"""Examples: `POST /examples` keeps a clip or a picture, `POST /search` looks for one at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Literal

import anyio
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.requests import Request

from indexer.search.examples.pictures import is_picture
from ui.api.finding.asked import Search
from ui.api.finding.moments import Found
from ui.api.finding.search import answer, page_of
from ui.api.refusals import Refused, wrong
from ui.api.served import Asking, ServedHere
from ui.api.strict import StrictRoute
from ui.library.examples import GivenExample
from ui.library.library import Library

MOST_BYTES = 200 << 20
"""Largest example."""
_CHUNK_BYTES = 1 << 20
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}

router = APIRouter(route_class=StrictRoute, tags=["finding"])


class Example(BaseModel):
    """A clip or a picture that can be searched by."""

    id: str = Field(description="For `like` of a search, for a day; a part of a clip: `x-...@3-8`.")
    name: str
    kind: Literal["clip", "picture"]
    thumb_url: str


@router.post("/examples", summary="Keep a clip or a picture to search by", openapi_extra=_FORM)
async def keep(request: Request, served: ServedHere) -> Example:
    """Keep an example for a day; its id says nothing of it, and nobody can guess it."""
    given = await _given(request, served.library)
    kind: Literal["clip", "picture"] = "picture" if is_picture(given.path) else "clip"
    url = f"{request.scope.get('root_path', '')}/examples/{given.id}/thumb"
    return Example(id=given.id, name=given.path.name, kind=kind, thumb_url=url)


@router.post("/search", summary="Find moments like a file", openapi_extra=_FORM)
async def search(
    request: Request,
    asked: Annotated[Search, Query()],
    served: ServedHere,
    visitor: Asking,
) -> Found:
    """Find moments by an example that is sent with the request, with words and filters as usual."""
    if asked.like is not None:
        raise wrong("like is given, and a file as well", fix="send one of them")
    first, wanted = page_of(asked)
    given = await _given(request, served.library)
    asked = asked.model_copy(update={"like": given.id})
    look = partial(answer, served.library, asked, visitor, first=first, wanted=wanted)
    return await anyio.to_thread.run_sync(look)


async def _given(request: Request, library: Library) -> GivenExample:
    """The file of a form, on the disk.

    Raises:
        Refused: There is none, or it is too large.
    """
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise wrong("the file comes as multipart/form-data", fix="curl -F file=@clip.mp4 ...")
    async with request.form(max_files=1, max_fields=0) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise wrong("the form has no file", fix="curl -F file=@clip.mp4 ...")
        if (file.size or 0) > MOST_BYTES:
            fix = "cut a part of it out, and send that"
            raise Refused(413, "too_large", f"at most {MOST_BYTES >> 20} MB are taken", fix=fix)
        name = file.filename or "example"
        return await library.examples.save(_chunks(file), name, most_bytes=MOST_BYTES)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK_BYTES):
        yield chunk
