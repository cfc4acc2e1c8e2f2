"""Only names that this server is known by may reach it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose


class HostCheck:
    """ASGI middleware that answers 400 to a Host header that names another server.

    Starlette's TrustedHostMiddleware does the same but cannot read an IPv6 host.
    """

    def __init__(self, app: ASGIApp, allowed: tuple[str, ...]) -> None:
        self._app = app
        self._allowed = {name.lower() for name in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed."""
        if scope["type"] in ("http", "websocket") and not self._is_allowed(scope):
            if scope["type"] == "websocket":
                await WebSocketClose(code=1008)(scope, receive, send)
                return
            answer = PlainTextResponse(
                "this reelwise server is not known by that name; start it with --allow-host NAME",
                status_code=400,
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        return host_name(Headers(scope=scope).get("host", "")) in self._allowed


def host_name(header: str) -> str:
    """The name in a Host header, without its port: "[::1]:8501" is "::1"."""
    header = header.strip().lower()
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]
