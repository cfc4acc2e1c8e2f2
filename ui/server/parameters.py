"""The parameters of one request: every one is known, given once and right, or the answer is 400.

A parameter that is ignored answers another question than the one that was asked.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from data.dates import first_instant
from data.errors import ReelwiseError
from data.numbers import number_of
from ui.server.edge.answers import known_problem

A = TypeVar("A")
MAX_RESULTS = 200
MAX_QUERY_CHARS = 2000


class WrongRequest(ReelwiseError):
    """A parameter of a request is missing, unknown or not valid.

    Args:
        code: For programs: what is wrong with it.
    """

    def __init__(self, problem: str, *, fix: str, code: str = "wrong_parameter") -> None:
        super().__init__(problem, fix=fix)
        self.code = code


class Parameters:
    """Reads the parameters of a request.

    Args:
        request: The request.
        known: Names that it may have.
        repeatable: Of these, the names that may come more than once.

    Raises:
        WrongRequest: It has another parameter, or one twice.
    """

    def __init__(self, request: Request, *known: str, repeatable: Collection[str] = ()) -> None:
        self._path = request.url.path
        self._given = request.query_params
        names = [name for name, _ in self._given.multi_items()]
        for name in names:
            if name not in known:
                raise WrongRequest(
                    f"there is no parameter {name[:80]!r} here",
                    fix=f"{self._path} takes {', '.join(known) or 'no parameters'}",
                    code="unknown_parameter",
                )
            if names.count(name) > 1 and name not in repeatable:
                raise WrongRequest(f"{name} is given twice", fix=f"{self._path}?{name}=...")

    def text(self, name: str) -> str:
        """A text that must be there, without blanks around it."""
        return self._checked(name, self._given.get(name, ""))

    def texts(self, name: str) -> tuple[str, ...]:
        """Several texts, each given as a parameter of its own."""
        return tuple(self._checked(name, value) for value in self._given.getlist(name))

    def _checked(self, name: str, given: str) -> str:
        value = given.strip()
        if not value or len(value) > MAX_QUERY_CHARS:
            raise WrongRequest(
                f"{name} must have 1 to {MAX_QUERY_CHARS} characters, got {len(value)}",
                fix=f"{self._path}?{name}=...",
            )
        return self._printable(name, value)

    def optional_text(self, name: str) -> str | None:
        """A text, or None where it is not given."""
        return None if name not in self._given else self.text(name)

    def _printable(self, name: str, value: str) -> str:
        if "\ufffd" in value:  # what decoding puts where bytes mean nothing
            raise WrongRequest(
                f"{name} is not UTF-8 text", fix=f"{self._path}?{name}=..., in UTF-8"
            )
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            raise WrongRequest(
                f"{name} has control characters", fix=f"{self._path}?{name}=..., without them"
            )
        return value

    def flag(self, name: str) -> bool:
        """1 or 0, true or false; false where it is not given."""
        value = self._given.get(name, "0")
        if value not in ("0", "1", "true", "false"):
            raise WrongRequest(f"{name} must be 1 or 0, got {value[:40]!r}", fix=f"{name}=1")
        return value in ("1", "true")

    def video_id(self, name: str) -> int | None:
        """A video, or None where it is not given."""
        value = self._given.get(name)
        return None if value is None else self._id(name, value)

    def video_ids(self, name: str) -> list[int]:
        """Several videos, each given as a parameter of its own."""
        values = self._given.getlist(name)
        if len(values) > MAX_RESULTS:
            raise WrongRequest(
                f"{name} is given {len(values)} times", fix=f"at most {MAX_RESULTS} times"
            )
        return [self._id(name, value) for value in values]

    def _id(self, name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            raise WrongRequest(
                f"{name} must be an id, got {value[:80]!r}", fix=f"{self._path}?{name}=1"
            )
        return int(value)

    def limit(self) -> int:
        """How many results, `k`."""
        value = self.number("k", 10, 1, MAX_RESULTS)
        if value != int(value):
            raise WrongRequest(f"k must be a whole number, got {value:g}", fix="k=10")
        return int(value)

    def seconds(self, name: str) -> float | None:
        """A length in seconds, or None where it is not given."""
        return None if name not in self._given else self.number(name, 0.0, 0.0, 1e9)

    def date(self, name: str) -> datetime | None:
        """The first instant of a date, or None where it is not given."""
        text = self.optional_text(name)
        try:
            return None if text is None else first_instant(text)
        except ReelwiseError as error:
            raise WrongRequest(error.problem, fix=f"{self._path}?{name}=2024-05") from error

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number within limits."""
        text = self._given.get(name)
        if text is None:
            return default
        value = number_of(text)
        if value is None or not low <= value <= high:
            raise WrongRequest(
                f"{name} must be from {low:g} to {high:g}, got {text[:40]!r}",
                fix=f"{self._path}?{name}={default:g}",
            )
        return value


def only(answer: Callable[[Request], A], *known: str) -> Callable[[Request], A | Response]:
    """The same route, with 400 for any other parameter and for one given twice."""

    def checked(request: Request) -> A | Response:
        try:
            Parameters(request, *known)
        except WrongRequest as error:
            return known_problem(400, error.code, error)
        return answer(request)

    return checked
