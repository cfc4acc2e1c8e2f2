"""Signing in and out: a page without scripts, and the same for programs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ui.api.served import Asking, Role, Visitor
from ui.api.shape.answers import document
from ui.api.shape.refusals import Refused
from ui.api.strict import StrictRoute
from ui.server.access.doors import Doors
from ui.server.access.gate import is_https
from ui.server.access.login_page import LOGIN, sign_in_page
from ui.server.access.sessions import Sessions
from ui.server.access.users import User

MAX_FORM_BYTES = 8192


class Credentials(BaseModel):
    """A name and its password."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Annotated[str, StringConstraints(max_length=1000)]


class Session(BaseModel):
    """Who asks."""

    name: str | None = Field(description="Null where nobody has signed in.")
    role: Role | None = Field(description="Null for a stranger.")
    signed_in: bool
    open: bool = Field(description="Nobody has to sign in here.")


def _doors(request: Request) -> Doors:
    doors = request.app.state.doors
    assert isinstance(doors, Doors)
    return doors


DoorsHere = Annotated[Doors, Depends(_doors)]
router = APIRouter(route_class=StrictRoute, tags=["people"])


@router.get("/session", summary="Who is asking")
def session(request: Request, doors: DoorsHere) -> Session:
    """Who the server takes this request for."""
    return _session(doors.visitor(request), doors)


@router.post("/session", summary="Sign in")
def sign_in(given: Credentials, request: Request, doors: DoorsHere) -> Response:
    """Begin a session: the answer sets its cookie."""
    user, sessions = _checked(doors, given.name, given.password)
    answer = document(_session(Visitor(user.name, user.role), doors).model_dump())
    sessions.begin(answer, user, secure=is_https(request, doors))
    return answer


@router.delete("/session", summary="Sign out")
def sign_out(visitor: Asking, doors: DoorsHere) -> Response:
    """End the session of this browser."""
    answer = document(_session(None, doors).model_dump())
    Sessions.end(answer)
    return answer


def _session(visitor: Visitor | None, doors: Doors) -> Session:
    known = visitor or Visitor()
    return Session(
        name=known.name,
        role=None if visitor is None else known.role,
        signed_in=visitor is not None and not doors.is_open,
        open=doors.is_open,
    )


def _checked(doors: Doors, name: str, password: str) -> tuple[User, Sessions]:
    if doors.users is None or doors.sessions is None:
        fix = "nobody signs in here" if doors.provider is None else f"sign in at {LOGIN}"
        raise Refused(409, "no_users", "this server has no passwords", fix=fix)
    user = doors.users.check(name, password)
    if user is None:
        raise Refused(
            401, "wrong_password", "name or password is wrong", fix="try again, or ask the owner"
        )
    return user, doors.sessions


def login_routes(doors: Doors) -> list[BaseRoute]:
    """The page to sign in at, for servers with users."""

    async def show(request: Request) -> Response:
        wanted = local_path(request.query_params.get("next", "/"))
        visitor = doors.visitor(request)
        if doors.is_open or (visitor is not None and visitor.name is not None):
            return RedirectResponse(wanted, status_code=303)
        return page(wanted)

    async def take(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=3, max_part_size=MAX_FORM_BYTES) as form:
            name, password = str(form.get("name", "")), str(form.get("password", ""))
            wanted = local_path(str(form.get("next", "/")))
        try:
            user, sessions = await run_in_threadpool(_checked, doors, name[:200], password[:1000])
        except Refused as refused:
            return page(wanted, refused.problem, refused.status)
        answer = RedirectResponse(wanted, status_code=303)
        sessions.begin(answer, user, secure=is_https(request, doors))
        return answer

    def page(wanted: str, told: str = "", status: int = 200) -> Response:
        provider = None if doors.provider is None else doors.provider.name
        has_passwords = provider is None or doors.users is not None
        return sign_in_page(
            wanted, told=told, status=status, provider=provider, has_passwords=has_passwords
        )

    return [Route(LOGIN, show, methods=["GET"]), Route(LOGIN, take, methods=["POST"])]


def local_path(wanted: str) -> str:
    """An address of this server to go on to; "/" for any other."""
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return quote(wanted, safe="/?&=%@.,:;+-_~") if is_local and wanted.isprintable() else "/"
