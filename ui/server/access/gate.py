"""The gate: every request, HTTP and websocket alike, is somebody's, or is turned away.

The rule: what may be read or written is decided by who asks, and who asks is decided here alone.
Whatever a request says of that itself (`X-Reelwise-Visitor`) is dropped; the pages read what the
gate puts there.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ui.api.served import VISITOR, Visitor, client_of
from ui.api.shape.answers import problem
from ui.library.asking.running import ROUTE
from ui.server.access.doors import Doors
from ui.server.access.login_page import LOGIN, TO_PROVIDER
from ui.server.access.provider import CALLBACK

VISITOR_HEADER = "x-reelwise-visitor"
"""What the pages read of a visitor: JSON with `name`, `role` and `client`."""
READS = ("GET", "HEAD", "OPTIONS")
OPEN = (LOGIN, TO_PROVIDER, CALLBACK, "/healthz", "/readyz", "/api/v1/session", ROUTE)
"""Addresses for strangers: to sign in, to be watched, and one that asks for its own secret."""


class Gate:
    """ASGI middleware that lets in who may.

    Args:
        app: The application.
        doors: The ways in.
    """

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with who asks, or turn away."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        visitor = self._doors.visitor(connection)
        refusal = self._refusal(connection, visitor)
        if refusal is None:
            await self._app(_known(scope, visitor), receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008, reason="sign in")(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, connection: HTTPConnection, visitor: Visitor | None) -> Response | None:
        path = connection.scope["path"]
        if visitor is None:
            return None if path in OPEN else _sign_in(connection, self._doors)
        if self._doors.is_open or not self._doors.is_by_cookie(connection):
            return None
        writes = connection.scope.get("method", "GET") not in READS
        headers = connection.headers
        if writes and path != ROUTE and not _says_its_page(headers):
            return problem(
                403,
                "origin_refused",
                "a request that writes must say from which page it comes",
                "send an Origin header, or ask with Authorization: Bearer TOKEN",
            )
        return None


def _says_its_page(headers: Headers) -> bool:
    # Whether it is the right page, `OnlyOwnNames` has looked at.
    return "origin" in headers or "sec-fetch-site" in headers


def _known(scope: Scope, visitor: Visitor | None) -> Scope:
    """The scope with who asks, and with nothing that the request itself says of that."""
    others = [each for each in scope["headers"] if each[0].lower() != VISITOR_HEADER.encode()]
    known = visitor or Visitor(None, "viewer")
    client = client_of({**scope, VISITOR: known})
    told = json.dumps({"name": known.name, "role": known.role, "client": client})
    headers = [*others, (VISITOR_HEADER.encode(), told.encode())]
    return {**scope, "headers": headers, VISITOR: known}


def _sign_in(connection: HTTPConnection, doors: Doors) -> Response:
    path = connection.scope["path"]
    is_page = "text/html" in connection.headers.get("accept", "") and not path.startswith("/api")
    if is_page and connection.scope.get("method") in READS and doors.has_login:
        query = connection.scope.get("query_string", b"").decode("latin-1")
        wanted = path + (f"?{query}" if query else "")
        return RedirectResponse(f"{LOGIN}?next={quote(wanted, safe='')}", status_code=303)
    ways = [
        *(["send Authorization: Bearer TOKEN"] if doors.token is not None else []),
        *([f"sign in at {LOGIN}"] if doors.has_login else []),
        *(["come by the proxy"] if doors.header is not None else []),
    ]
    answer = problem(401, "sign_in", "this server wants to know who asks", ", or ".join(ways))
    answer.headers["www-authenticate"] = "Bearer"
    return answer


def is_https(request: Request, doors: Doors) -> bool:
    """Whether the visitor's browser came by https, to the server or to its proxy."""
    by_proxy = doors.is_proxy(request) and request.headers.get("x-forwarded-proto") == "https"
    return request.url.scheme == "https" or by_proxy
