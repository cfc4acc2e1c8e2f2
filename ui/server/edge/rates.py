"""How much one client may ask: requests in a minute, attempts to sign in, bytes of a body."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.served import client_of
from ui.api.shape.answers import problem

REQUESTS_A_MINUTE = 3000
"""A page that scrolls through pictures asks some forty times a second."""
SIGN_INS_A_MINUTE = 10
MOST_CLIENTS = 10_000
MAX_BODY_BYTES = 1 << 20
"""Largest body that is no upload."""
SIGN_IN = ("/login", "/api/v1/session", "/api/v1/people/pin")
"""Where a secret could be tried out."""


class Allowance:
    """So many a minute for each client, at most a minute's worth at once.

    Args:
        a_minute: How many.
        now_s: The clock.
    """

    def __init__(self, a_minute: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._a_minute = a_minute
        self._now_s = now_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """Take one; 0, or the seconds until there is one again."""
        now_s = self._now_s()
        left, then_s = self._left.pop(client, (float(self._a_minute), now_s))
        left = min(self._a_minute, left + (now_s - then_s) * self._a_minute / 60)
        is_there = left >= 1
        self._left[client] = (left - is_there, now_s)
        while len(self._left) > MOST_CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if is_there else (1 - left) * 60 / self._a_minute


class Rates:
    """ASGI middleware that bounds what one client asks.

    Args:
        app: The application.
        is_upload: Whether a request is one that bounds its body itself.
        a_minute: Requests of one client in a minute.
    """

    def __init__(
        self, app: ASGIApp, is_upload: Callable[[Scope], bool], a_minute: int = REQUESTS_A_MINUTE
    ) -> None:
        self._app = app
        self._is_upload = is_upload
        self._requests = Allowance(a_minute)
        self._sign_ins = Allowance(SIGN_INS_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is not too much."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = client_of(scope)
        wait_s = self._requests.wait_s(client)
        if scope["method"] == "POST" and scope["path"] in SIGN_IN:
            wait_s = max(wait_s, self._sign_ins.wait_s(client))
        if wait_s:
            answer = problem(429, "too_many", "too many requests", f"ask again in {wait_s:.1f} s")
            answer.headers["retry-after"] = str(int(wait_s) + 1)
            await answer(scope, receive, send)
        elif self._is_upload(scope):
            await self._app(scope, receive, send)
        else:
            await self._bounded(scope, receive, send)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        too_large = problem(
            413, "too_large", f"a body has at most {MAX_BODY_BYTES >> 20} MB", "send less at once"
        )
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdigit() or int(told) > MAX_BODY_BYTES:
            await too_large(scope, receive, send)
            return
        taken, has_begun = 0, False

        async def receive_counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            # Whoever does not say how much comes is cut off where it is too much.
            return message if taken <= MAX_BODY_BYTES else {"type": "http.disconnect"}

        async def send_unless_refused(message: Message) -> None:
            nonlocal has_begun
            # What the application makes of a body that ends early is no answer to it.
            if taken <= MAX_BODY_BYTES or has_begun:
                has_begun = True
                await send(message)

        try:
            await self._app(scope, receive_counted, send_unless_refused)
        except ClientDisconnect:
            if taken <= MAX_BODY_BYTES:
                raise
        if taken > MAX_BODY_BYTES and not has_begun:
            await too_large(scope, receive, send)
