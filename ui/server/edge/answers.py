"""What the server answers: documents as the command line prints them, and one shape of errors."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from data.errors import ReelwiseError
from data.printable import as_json

NO_STORE = {"cache-control": "no-store"}
"""Answers change with every event and every file: nobody may keep them."""


class Plain(JSONResponse):
    """A document as the command line prints it."""

    def render(self, content: object) -> bytes:
        """UTF-8 JSON."""
        return as_json(content).encode()


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


async def failed(request: Request, error: Exception) -> Response:
    """What the framework itself refuses (404, 405), in the same shape."""
    status = getattr(error, "status_code", 500)
    headers = getattr(error, "headers", None) or {}
    answer = _framework_problem(status)
    answer.headers.update(headers)
    return answer


def _framework_problem(status: int) -> Response:
    if status == 405:
        return problem(
            405, "method_not_allowed", "this route has no such method", "see docs/api.md"
        )
    if status == 404:
        return problem(404, "no_route", "there is nothing at this address", "see docs/api.md")
    return problem(status, "refused", "the request was refused", "see docs/api.md")
