"""What visitors may send at once: uploads lie in memory, and every open page is a session.

An upload is refused before a byte of it is read where it is too large, or where the examples of
all visitors together already take the room there is. A few are received at a time, each within two
minutes; the others wait for their turn.
"""

import re
from collections.abc import Callable

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ui.api.shape.answers import problem

UPLOADS = ("/_stcore/upload_file", "/api/v1/examples", "/api/v1/search")
LABELS = re.compile(r"/api/v1/annotations/[^/]+/import")
"""Labels are sent in a file as well, of fewer bytes: the route says how many."""
UPLOADS_AT_ONCE = 4
WAIT_S = 60.0
"""Longest time that an upload waits for its turn."""
RECEIVE_S = 120.0
"""Longest time from its turn to its last byte."""
HELD_BYTES = 1 << 30
"""Most bytes of examples, of all visitors together."""
MULTIPART_BYTES = 1 << 20
"""What a form adds to its file, at most."""
PAGES_AT_ONCE = 100


def is_upload(scope: Scope) -> bool:
    """Whether a request brings a file."""
    path: str = scope["path"]
    is_one = path.startswith(UPLOADS) or LABELS.fullmatch(path) is not None
    return is_one and scope["method"] in ("PUT", "POST")


class VisitorLimits:
    """ASGI middleware that bounds uploads and open pages.

    Args:
        app: The application.
        most_bytes: Largest file.
        held_bytes: How many bytes of examples are held now.
    """

    def __init__(self, app: ASGIApp, most_bytes: int, held_bytes: Callable[[], int]) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._held_bytes = held_bytes
        self._turns: anyio.CapacityLimiter | None = None
        self._coming_bytes = 0
        self._pages = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what there is room for."""
        if scope["type"] == "websocket":
            await self._page(scope, receive, send)
        elif scope["type"] == "http" and is_upload(scope):
            await self._upload(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._pages >= PAGES_AT_ONCE:
            await WebSocketClose(code=1013, reason="too many pages")(scope, receive, send)
            return
        self._pages += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._pages -= 1

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        size_bytes, refusal = self._size(Headers(scope=scope).get("content-length", ""))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if self._turns is None:
            self._turns = anyio.CapacityLimiter(UPLOADS_AT_ONCE)
        self._coming_bytes += size_bytes
        try:
            await self._in_turn(self._turns, scope, receive, send)
        finally:
            self._coming_bytes -= size_bytes

    async def _in_turn(
        self, turns: anyio.CapacityLimiter, scope: Scope, receive: Receive, send: Send
    ) -> None:
        upload = object()
        with anyio.move_on_after(WAIT_S) as waiting:
            await turns.acquire_on_behalf_of(upload)
        if waiting.cancelled_caught:
            await _busy()(scope, receive, send)
            return
        try:
            await self._received(scope, receive, send)
        finally:
            turns.release_on_behalf_of(upload)

    async def _received(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def send_noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        with anyio.move_on_after(RECEIVE_S) as receiving:
            await self._app(scope, receive, send_noted)
        if receiving.cancelled_caught and not answered:
            late = problem(408, "too_slow", "the upload took too long", "send a smaller part")
            await late(scope, receive, send)

    def _size(self, given: str) -> tuple[int, Response | None]:
        """How many bytes will come, or why they may not."""
        if not (given.isascii() and given.isdigit() and len(given) < 19):
            return 0, problem(411, "no_length", "an upload must tell its length", "use a browser")
        size_bytes = int(given)
        if size_bytes > self._most_bytes + MULTIPART_BYTES:
            limit = f"at most {self._most_bytes >> 20} MB are taken"
            return 0, problem(413, "too_large", limit, "cut a part out of it")
        if self._held_bytes() + self._coming_bytes + size_bytes > HELD_BYTES:
            return 0, _busy()
        return size_bytes, None


def _busy() -> Response:
    return problem(503, "busy", "other examples take all the room", "try again in a minute")
