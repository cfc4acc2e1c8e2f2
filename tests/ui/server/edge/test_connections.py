"""Many connections that ask nothing keep nobody out, and fill no log."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.ui.conftest import PATIENCE_S
from ui.server.edge import connections
from ui.server.edge.connections import (
    LINES_A_MINUTE,
    FewLines,
    bounded_connections,
    limit_log,
    say_accept_errors_once_a_minute,
)

MOST = 20


@contextmanager
def served(most: int = MOST) -> Iterator[int]:
    """The port of a small application behind bounded connections."""
    release = threading.Event()

    async def slow(request: Request) -> PlainTextResponse:
        while not release.is_set():
            await asyncio.sleep(0.01)
        return PlainTextResponse("slow")

    routes = [Route("/", lambda _: PlainTextResponse("here")), Route("/slow", slow)]
    config = uvicorn.Config(
        Starlette(routes=routes), http=bounded_connections(most), log_level="critical"
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            release.set()
            server.should_exit = server.force_exit = True
            thread.join(PATIENCE_S)


def half_open(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")
    return connection


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def closed_after(connection: socket.socket, data: bytes) -> bool:
    try:
        connection.sendall(data)
    except ConnectionError:
        return True
    return False


def test_half_open_connections_give_their_place_to_whoever_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "HEADER_S", 1e6)  # they must not go by themselves
    with served() as port:
        held = [half_open(port) for _ in range(5 * MOST)]
        for _ in range(3):
            assert httpx.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S).text == "here"
        # Those that have waited longest are the ones that were closed.
        assert all(is_closed(connection) for connection in held[: 3 * MOST])
        for connection in held:
            connection.close()


def test_a_request_that_is_being_answered_keeps_its_place() -> None:
    with served() as port, socket.create_connection(("127.0.0.1", port)) as asking:
        asking.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        held = [half_open(port) for _ in range(2 * MOST)]
        assert is_closed(held[0])
        asking.settimeout(0.3)
        with pytest.raises(TimeoutError):
            asking.recv(1)
        for connection in held:
            connection.close()


def test_a_header_that_never_ends_ends_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_S", 0.2)
    with served() as port:
        kept = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(9) == b"HTTP/1.1 "
        kept.sendall(b"GET / HT")  # the second request of a connection has the same time
        connection = half_open(port)
        began = time.monotonic()
        while not closed_after(connection, b"a"):
            assert time.monotonic() - began < PATIENCE_S
            time.sleep(0.05)
        while not is_closed(kept):
            pass
        connection.close()
        kept.close()


def test_a_log_has_few_lines_a_minute_and_says_what_it_left_out() -> None:
    now_s = 0.0
    few = FewLines(lambda: now_s)

    def let_through(n: int) -> list[str]:
        records = [logging.makeLogRecord({"msg": "bad %d", "args": (at,)}) for at in range(n)]
        return [record.getMessage() for record in records if few.filter(record)]

    assert len(let_through(1000)) == LINES_A_MINUTE
    now_s = 59.0
    assert let_through(10) == []
    now_s = 61.0
    left_out = 1010 - LINES_A_MINUTE
    assert let_through(2) == [f"bad 0 ({left_out} more lines were left out)", "bad 1"]


def test_only_a_few_lines_have_a_traceback() -> None:
    few = FewLines(lambda: 0.0)
    fault = ValueError("x")
    facts = {"msg": "fault", "exc_info": (ValueError, fault, None)}
    records = [logging.makeLogRecord(facts) for _ in range(10)]
    assert all(few.filter(record) for record in records)
    assert [bool(record.exc_info) for record in records] == [True] * 3 + [False] * 7


def test_loggers_below_a_name_are_bounded_together() -> None:
    class Count(logging.Handler):
        n = 0

        def emit(self, record: logging.LogRecord) -> None:
            self.n += 1

    below, beside, counted = "flooded.of.one", "flooded_not", Count()
    for name in (below, "flooded.of.two", beside):
        logging.getLogger(name).addHandler(counted)
    limit_log("flooded")
    for _ in range(LINES_A_MINUTE):
        logging.getLogger(below).error("x")
        logging.getLogger("flooded.of.two").error("x")
    assert counted.n == LINES_A_MINUTE
    logging.getLogger(beside).error("x")
    assert counted.n == LINES_A_MINUTE + 1


def test_a_lack_of_descriptors_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    caplog.set_level(logging.ERROR, "uvicorn.error")
    logging.getLogger("uvicorn.error").addHandler(caplog.handler)
    try:
        say_accept_errors_once_a_minute(loop)
        for _ in range(50):
            loop.call_exception_handler(
                {"message": "socket.accept() out of system resource", "exception": OSError(24, "x")}
            )
        assert len({id(record) for record in caplog.records}) == 1
        assert caplog.records[0].exc_info is None
        loop.call_exception_handler({"message": "another fault"})
        assert "another fault" in caplog.text
    finally:
        logging.getLogger("uvicorn.error").removeHandler(caplog.handler)
        loop.close()
