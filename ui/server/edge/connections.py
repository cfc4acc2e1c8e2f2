"""Connections are bounded in number, in time without a request, and in lines of the log.

A connection that asks nothing costs a descriptor. When all places are taken, the one that has
waited longest without a request gives up its own, so that whoever asks is always let in; a header
that is not whole after ten seconds ends its connection.
"""

import asyncio
import logging
import resource
import time
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ui.api.shape.answers import no_http

HEADER_S = 10.0
"""Longest time from the first byte, or the connection, to the end of the request's header."""
MOST_CONNECTIONS = 1000
WANTED_DESCRIPTORS = 4096
LINES_A_MINUTE = 20
"""Most lines that one source of the log writes in a minute."""
TRACEBACKS_A_MINUTE = 3
"""Most of these lines that come with a traceback."""
_ACCEPT_FAILED = "socket.accept() out of system resource"


class HttpConnection(H11Protocol):
    """One connection of uvicorn that keeps count with the others of its server."""

    most: int = MOST_CONNECTIONS
    """Most connections at once, websockets included."""
    waiting: dict["HttpConnection", None]
    """Connections without a request, the longest waiting first."""
    busy: dict["HttpConnection", None]
    """Connections with a request, the oldest request first."""
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, another's where none is free."""
        super().connection_made(transport)
        self._wait()
        if len(self.waiting) + len(self.busy) + self._websockets() > self.most:
            next(iter(self.waiting | self.busy))._give_up()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a whole header stops the clock."""
        super().data_received(data)
        if self in self.waiting and self.cycle is not None and not self.cycle.response_complete:
            self._leave()
            self.busy[self] = None

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the shape of the API."""
        answer = no_http()
        headers = [*answer.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """A websocket has clocks of its own."""
        self._leave()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place."""
        self._leave()
        super().connection_lost(exc)

    def _websockets(self) -> int:
        return sum(not isinstance(each, HttpConnection) for each in self.connections)

    def _wait(self) -> None:
        self._leave()
        self.waiting[self] = None
        self._timer = self.loop.call_later(HEADER_S, self._give_up)

    def _give_up(self) -> None:
        self._leave()
        self.transport.abort()

    def _leave(self) -> None:
        self.waiting.pop(self, None)
        self.busy.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def bounded_connections(most: int) -> type[HttpConnection]:
    """The connections of one server, at most so many at once."""

    class Bounded(HttpConnection):
        waiting: dict[HttpConnection, None] = {}  # noqa: RUF012 - shared by the server's connections
        busy: dict[HttpConnection, None] = {}  # noqa: RUF012

    Bounded.most = most
    return Bounded


def raise_descriptor_limit() -> int:
    """Take as many descriptors as this process may, up to `WANTED_DESCRIPTORS`.

    Returns:
        How many connections they suffice for; the rest is for files, children and pages.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, WANTED_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return min(MOST_CONNECTIONS, WANTED_DESCRIPTORS if soft < 0 else max(16, soft // 2))


class FewLines(logging.Filter):
    """Lets `LINES_A_MINUTE` records of one source through; the next minute says what was left out.

    Of these only the first `TRACEBACKS_A_MINUTE` keep their traceback.

    Args:
        now_s: The clock.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now_s = now_s
        self._begun_s = float("-inf")
        self._written = self._left_out = self._tracebacks = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """False where this minute has had its lines."""
        if self._now_s() - self._begun_s >= 60:
            if self._left_out:
                record.msg = f"{record.getMessage()} ({self._left_out} more lines were left out)"
                record.args = ()
            self._begun_s = self._now_s()
            self._written = self._left_out = self._tracebacks = 0
        if self._written >= LINES_A_MINUTE:
            self._left_out += 1
            return False
        self._written += 1
        if record.exc_info and self._tracebacks >= TRACEBACKS_A_MINUTE:
            record.exc_info = record.exc_text = None
        self._tracebacks += bool(record.exc_info)
        return True


def limit_log(*names: str) -> None:
    """Bound what these loggers and those below them write, together for each name."""
    for name in names:
        few = FewLines()
        there = [each for each in logging.root.manager.loggerDict if each.startswith(f"{name}.")]
        for each in (name, *there):
            logging.getLogger(each).addFilter(few)


def say_accept_errors_once_a_minute(loop: asyncio.AbstractEventLoop) -> None:
    """Without descriptors asyncio would write a traceback for each attempt to accept."""
    log = logging.getLogger("uvicorn.error")
    last_s = float("-inf")

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal last_s
        if context.get("message") != _ACCEPT_FAILED:
            loop.default_exception_handler(context)
        elif time.monotonic() - last_s >= 60:
            last_s = time.monotonic()
            log.error("no new connection can be accepted: %s", context.get("exception"))

    loop.set_exception_handler(handle)
