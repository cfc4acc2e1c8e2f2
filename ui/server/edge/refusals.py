"""Below /api every refusal is a document of one shape, whoever refuses.

Streamlit guards paths, Starlette answers for ranges and methods, uvicorn for what is no HTTP: each
in words of its own, which a program that reads `error`, `fix` and `code` would stumble over.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.shape.answers import refusal_of

BELOW = "/api"


class Refusals:
    """ASGI middleware that gives refusals of others the shape of our own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no refusal, or has the shape already."""
        if scope["type"] != "http" or not scope["path"].startswith(BELOW):
            await self._app(scope, receive, send)
            return
        is_replaced = False

        async def send_document(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and _is_foreign(message):
                is_replaced = True
                answer = refusal_of(message["status"], Headers(raw=message["headers"]))
                await answer(scope, receive, send)
            elif not is_replaced:
                await send(message)

        await self._app(scope, receive, send_document)


def _is_foreign(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] >= 400 and not kind.startswith("application/json")
