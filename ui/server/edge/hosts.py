"""By which names a server may be called, and from which pages.

A web page elsewhere can point its own name at this machine (DNS rebinding), embed what lies here,
or send requests in a visitor's name. So the Host must be an address, a name of this machine or a
given one; an Origin must be this server, or one that may ask the API; no data and no write are for
another site's page, whatever the route.
"""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ui.api.links import BASE
from ui.api.shape.answers import problem
from ui.server.edge.address import ServerAddress

DATA = ("/api", "/mcp", "/metrics")
"""Addresses of what is not for pages of other sites, read or written."""
_OF_THE_SAME_PAGE = ("same-origin", "none")
"""`Sec-Fetch-Site` of this server's own pages, and of an address that a person typed."""


class OnlyOwnNames:
    """ASGI middleware that refuses foreign names and foreign pages, HTTP and websockets alike."""

    def __init__(self, app: ASGIApp, address: ServerAddress) -> None:
        self._app = app
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is asked by one's own name and from one's own page."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._address.answers_to(host):
            return problem(
                400,
                "host_refused",
                "this server does not answer to that host name",
                "reelwise serve --allow-host NAME",
            )
        # Every browser says where a websocket comes from.
        if origin is None and scope["type"] == "websocket":
            return _foreign()
        if self._may_ask(scope, origin):
            return None
        if origin is not None and not self._address.is_own_page(origin, host):
            return _foreign()
        from_page = headers.get("sec-fetch-site", "none")
        is_data = scope["path"].startswith(DATA) or scope.get("method") not in ("GET", "HEAD")
        return _foreign() if is_data and from_page not in _OF_THE_SAME_PAGE else None

    def _may_ask(self, scope: Scope, origin: str | None) -> bool:
        """Whether a page of another site may ask for this; it sends no cookies."""
        is_api = scope["type"] == "http" and scope["path"].startswith(f"{BASE}/")
        return origin is not None and is_api and origin.lower() in self._address.cors_origins


def _foreign() -> Response:
    return problem(
        403,
        "origin_refused",
        "pages of other sites get nothing here",
        "open the page of this server; for a proxy: reelwise serve --allow-host NAME",
    )
