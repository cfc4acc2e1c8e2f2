"""What the server answers: documents as the command line prints them, and one shape of errors."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from data.errors import ReelwiseError
from data.printable import as_json

NO_STORE = {"cache-control": "no-store"}
"""Answers change with every event and every file: nobody may keep them."""
DOCS = "GET /api/v1/docs lists the routes and their parameters"
_RANGE = re.compile(r"(\d{1,18})-(\d{1,18})?|-\d{1,18}", re.ASCII)


class Plain(JSONResponse):
    """A document as the command line prints it."""

    def render(self, content: object) -> bytes:
        """UTF-8 JSON."""
        return as_json(content).encode()


class FileAnswer(FileResponse):
    """A file, or ranges of it; a Range that means nothing is ignored (RFC 9110, 14.2)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if not _is_range(Headers(scope=scope).get("range", "")):
            others = [(name, value) for name, value in scope["headers"] if name != b"range"]
            scope = {**scope, "headers": others}
        await super().__call__(scope, receive, send)


def _is_range(text: str) -> bool:
    unit, _, parts = text.partition("=")
    found = [_RANGE.fullmatch(part.strip()) for part in parts.split(",")]
    return unit.strip().lower() == "bytes" and all(
        one is not None and (not one[2] or int(one[1]) <= int(one[2])) for one in found
    )


def document(content: object) -> Response:
    """A document with status 200."""
    return Plain(content, headers=NO_STORE)


def problem(status: int, code: str, error: str, fix: str) -> Response:
    """An error: `error` and `fix` for people, `code` for programs."""
    content = {"error": error, "fix": fix, "code": code}
    return Plain(content, status_code=status, headers=NO_STORE)


def known_problem(status: int, code: str, error: ReelwiseError) -> Response:
    """The error that a command would print."""
    return problem(status, code, error.problem, error.fix)


def no_route(request: Request) -> Response:
    """404 for every address without a route, whatever the method."""
    return _framework_problem(404)


async def failed(request: Request, error: Exception) -> Response:
    """What the framework itself refuses (404, 405), in the same shape."""
    status = getattr(error, "status_code", 500)
    return refusal_of(status, getattr(error, "headers", None) or {})


def refusal_of(status: int, headers: Mapping[str, str]) -> Response:
    """A refusal of the framework, with what it tells programs in headers (`Allow`, ...)."""
    answer = _framework_problem(status)
    own = {*answer.headers, "content-encoding", "transfer-encoding"}
    answer.headers.update({name: headers[name] for name in headers if name.lower() not in own})
    return answer


def no_http() -> Response:
    """400 for bytes that are no request."""
    return problem(400, "no_http", "this is no HTTP request that can be read", DOCS)


def _framework_problem(status: int) -> Response:
    if status == 405:
        return problem(405, "method_not_allowed", "this route has no such method", DOCS)
    if status == 416:
        return problem(416, "no_such_range", "the file has no such bytes", "ask without a Range")
    if status == 404:
        return problem(404, "no_route", "there is nothing at this address", DOCS)
    return problem(status, "refused", "the request was refused", DOCS)
