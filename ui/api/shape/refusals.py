"""What the API refuses, in one shape: `error`, `fix` and `code`.

A fix says what to send instead. What only the person who runs the server can do is given as the
command of that person, and begins with "on the server".
"""

import re
from math import ceil

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from data.annotations.records import NoSuchSet, NothingToUndo
from data.errors import NoSuchVideo, ReelwiseError
from data.home import LibraryBusy
from data.people import TooManyPins
from data.review.deciding import OtherReviewer
from data.review.records import NoSuchCase
from ui.api.shape.answers import DOCS, problem


class Problem(BaseModel):
    """Why a request was refused, or could not be answered."""

    error: str = Field(description="What is wrong, for people.")
    fix: str = Field(description="What to do about it.")
    code: str = Field(description="The same for programs.", examples=["unknown_video"])


class Refused(ReelwiseError):
    """A request that is refused.

    Args:
        status: Of HTTP.
        code: For programs.
        problem: What is wrong.
        fix: What to send instead.
    """

    def __init__(self, status: int, code: str, problem: str, *, fix: str = DOCS) -> None:
        super().__init__(problem, fix=fix)
        self.status = status
        self.code = code


def wrong(problem: str, *, fix: str, code: str = "wrong_parameter") -> Refused:
    """400: a parameter is missing, unknown, or means nothing."""
    return Refused(400, code, problem, fix=fix)


def not_there(problem: str, *, code: str = "unknown_video", fix: str = "") -> Refused:
    """404: there is no such thing."""
    return Refused(404, code, problem, fix=fix or "GET /api/v1/videos lists the videos")


_SENT_INSTEAD = (
    (re.compile(r"as `reelwise search --json` shows them"), "as GET /api/v1/search gives it"),
    (re.compile(r"reelwise tags list( +\(those there are\))?$"), "GET /api/v1/tags lists them"),
    (re.compile(r"reelwise roots lists the indexed folders"), "GET /api/v1/folders lists them"),
    (re.compile(r"reelwise history export \S+.*"), "GET /api/v1/people lists them"),
    (re.compile(r"; --home DIR names another library"), ""),
    (
        re.compile(r"what reelwise annotate --export writes"),
        "what GET /api/v1/annotations/{set_name}/export gives",
    ),
    (re.compile(r"--([a-z-]+) (?=[\w.\"])"), lambda found: f"{found[1].replace('-', '_')}="),
)
_COMMAND = re.compile(r"\breelwise \w|(?<!\w)--\w")


def in_http_words(fix: str) -> str:
    """A fix of the library, or of a command, for whoever asked over HTTP."""
    for pattern, instead in _SENT_INSTEAD:
        fix = pattern.sub(instead, fix)
    return f"on the server: {fix}" if _COMMAND.search(fix) else fix


_ANSWERS: tuple[tuple[type[ReelwiseError], int, str, str], ...] = (
    (NoSuchVideo, 404, "unknown_video", ""),
    (NoSuchCase, 404, "unknown_case", "GET /api/v1/review/cases?state=all lists them"),
    (NoSuchSet, 404, "unknown_set", "GET /api/v1/annotations lists them"),
    (NothingToUndo, 409, "nothing_to_undo",
     "GET /api/v1/annotations/{set_name}/log tells what was said"),
    (OtherReviewer, 409, "other_reviewer", "GET the case, then decide again"),
    (LibraryBusy, 409, "library_busy", "wait until it has ended, then try again"),
    (ReelwiseError, 409, "cannot_answer", ""),
)  # fmt: skip
"""By the kind of error: status, code, and the fix where it is not that of the error."""
_BUSY = "the library is being changed by something else, as by a job that runs"


def refusal(error: ReelwiseError) -> Response:
    """The answer to a request that ended with an error of the library."""
    if isinstance(error, Refused):
        return problem(error.status, error.code, error.problem, error.fix)
    if isinstance(error, TooManyPins):
        answer = problem(429, "too_many", error.problem, in_http_words(error.fix))
        answer.headers["retry-after"] = str(ceil(error.wait_s))
        return answer
    _, status, code, fix = next(each for each in _ANSWERS if isinstance(error, each[0]))
    # Which process it is, and of which library, is not for everyone who asks.
    told = _BUSY if isinstance(error, LibraryBusy) else error.problem
    return problem(status, code, told, fix or in_http_words(error.fix))


async def refused(request: Request, error: Exception) -> Response:
    """`refusal` as a handler of the framework."""
    assert isinstance(error, ReelwiseError)
    return refusal(error)
