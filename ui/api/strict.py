"""Routes that refuse what they do not know.

The rule: every parameter of a request is known, given once and right, or the answer is 400. A
parameter that is ignored answers another question than the one that was asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, get_origin

from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Cookie, Header, Path
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from data.errors import ReelwiseError
from ui.api.metering import Metering
from ui.api.served import Served, for_visitor, visitor_of
from ui.api.shape.answers import DOCS, problem
from ui.api.shape.refusals import Refused, not_there, refusal, wrong
from ui.api.shape.revisions import revised

LOG = "uvicorn.error"
"""Faults go to the server's log, which is bounded in lines a minute."""
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """A route that refuses unknown and repeated parameters; every error has one shape."""

    def get_route_handler(self) -> Handler:
        """The handler, with the checks around it, and the tag of its answer."""
        inner = super().get_route_handler()
        # Those of a model are plain fields.
        others = (Path, Header, Cookie)
        fields = [
            f for f in get_flat_params(self.dependant) if not isinstance(f.field_info, others)
        ]
        repeatable = {f.alias: get_origin(f.field_info.annotation) is list for f in fields}

        async def checked(request: Request) -> Response:
            check_names(request, repeatable)
            return await inner(request)

        async def handler(request: Request) -> Response:
            began_s = time.perf_counter()
            answer = revised(request, await _answered(checked, request))
            metering = getattr(request.app.state, "metering", None)
            if isinstance(metering, Metering):
                took_s = time.perf_counter() - began_s
                metering.answered(request.method, self.path, answer.status_code, took_s)
            return answer

        return handler


async def _answered(handler: Handler, request: Request) -> Response:
    """The answer, a refusal in place of an error."""
    try:
        return await handler(request)
    except RequestValidationError as error:
        return refusal(_explained(request, error))
    except ReelwiseError as error:
        return refusal(_for_who_asks(request, error))
    except HTTPException as error:
        return refusal(_of_framework(error))
    except Exception:
        # The edge: a traceback belongs into the log, not on the wire.
        logging.getLogger(LOG).exception("a request failed: %s", request.url.path)
        fix = "try again; the server's log has the details"
        return problem(500, "fault", "unexpected fault", fix)


def _for_who_asks(request: Request, error: ReelwiseError) -> ReelwiseError:
    served = getattr(request.app.state, "served", None)
    if not isinstance(served, Served):
        return error
    return for_visitor(error, served, visitor_of(request))


def check_names(request: Request, repeatable: Mapping[str, bool]) -> None:
    """Check the names of the parameters of a request.

    Args:
        request: The request.
        repeatable: Names that it may have, and whether more than once.

    Raises:
        Refused: It has another parameter, or one twice that may come once.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    path = request.url.path
    for name in names:
        if name not in repeatable:
            raise wrong(
                f"there is no parameter {name[:80]!r} here",
                fix=f"{path} takes {', '.join(repeatable) or 'no parameters'}",
                code="unknown_parameter",
            )
        if names.count(name) > 1 and not repeatable[name]:
            raise wrong(f"{name} is given twice", fix=f"{path}?{name}=...")


def _explained(request: Request, error: RequestValidationError) -> Refused:
    """What is wrong with the first wrong value, in the words of `ui.api.shape.fields`."""
    first = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    if where[0] == "path":
        return not_there(f"there is nothing called {str(first.get('input'))[:80]!r} here")
    name = ".".join(where[1:]) or "the body"
    if first["type"] == "json_invalid":
        return wrong("the body is not JSON", fix="send JSON, as UTF-8", code="wrong_body")
    told = str(first["msg"]).removeprefix("Value error, ")
    told = told[0].lower() + told[1:]
    if first["type"] == "missing":
        return wrong(f"{name} is missing", fix=f"{request.method} {request.url.path}: {DOCS}")
    code = "unknown_parameter" if first["type"] == "extra_forbidden" else "wrong_parameter"
    given = repr(first.get("input"))[:80]
    return wrong(f"{name}: {told}, got {given}", fix=DOCS, code=code)


def _of_framework(error: HTTPException) -> Refused:
    return Refused(error.status_code, "refused", str(error.detail), fix=DOCS)
