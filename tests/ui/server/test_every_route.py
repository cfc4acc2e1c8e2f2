"""Attacks on every route of the API, whichever there are: the table in `docs/security.md`.

The rule: what a stranger, another site's page or a program sends is refused in one shape and leaves
nothing; no request makes a fault, an answer that a browser takes for a page, or a connection to
somewhere else.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Mount, Route

from tests.ui.server.every_route import OPERATIONS, ROOT, Answer, Asker, Operation, guarded
from ui.library.library import Library
from ui.pages import PAGES
from ui.server.access.doors import Doors
from ui.server.edge.rates import MAX_BODY_BYTES
from ui.server.media.frames import FrameSource
from ui.server.own_routes import own_routes

pytestmark = pytest.mark.long(29)

TRAVERSALS = (
    "..",
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc%252fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "%2fetc%2fpasswd",
    "1%2f..%2f..%2fcatalogue.db",
    "1%00.mp4",
    "1.mp4",
    "%c0%ae%c0%ae%2fetc%2fpasswd",
    "file:%2f%2f%2fetc%2fpasswd",
    "-1",
    "0",
    "9" * 30,
    "1e0",
    "%D9%A1",
    "1;ls",
)
TEXTS = (
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "<script>alert(1)</script>",
    "' OR 1=1; DROP TABLE videos; --",
    "\x00",
    "\ud800",
    "x" * 3000,
    "-1",
    "nan",
    "1e999",
    "9" * 400,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    base64.urlsafe_b64encode(b"[" * 1400).decode(),
)
OTHERS: tuple[Any, ...] = (None, [], {}, True, -1, 10**400, float("nan"), [[[]]], {"a": {"b": []}})
THREADS = 40
"""What anyio gives to one event loop."""
DEEP = b"[" * 100_000
OF_OTHER_PAGES = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9999"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)
each_route = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
each_body = pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.body is not None], ids=str
)


@pytest.fixture(scope="module")
def library(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(shutil.copytree(home, tmp_path_factory.mktemp("attacked") / "home")) as opened:
        yield opened


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def asker(library: Library) -> Iterator[Asker]:
    with guarded(library, Doors()) as app:
        yield Asker(app, {}, "127.0.0.1")


@pytest.fixture
def own_asker(asker: Asker, request: pytest.FixtureRequest) -> Asker:
    """One from an address of its own: what one client may ask in a minute is bounded."""
    number = [*(item.name for item in request.session.items)].index(request.node.name)
    return Asker(asker._app, {}, f"10.1.{number >> 8 & 255}.{number & 255}")


def assert_no_fault(answer: Answer) -> None:
    """A refusal in the one shape, or an answer that no browser takes for a page."""
    assert answer.status < 500, answer.body
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "html" not in answer.headers.get("content-type", "")
    assert b"root:" not in answer.body
    if answer.status >= 400:
        assert set(json.loads(answer.body)) == {"error", "fix", "code"}


def assert_refused(answer: Answer, why: object) -> None:
    """A refusal in the one shape."""
    assert_no_fault(answer)
    assert answer.status >= 400, why


@each_route
def test_what_a_path_names_is_a_number_and_leads_nowhere(
    own_asker: Asker, loop: asyncio.Runner, operation: Operation
) -> None:
    if "{" not in operation.path:
        assert operation.address().partition("?")[0].endswith(operation.path)
        return
    for payload in TRAVERSALS:
        address = operation.address(place=payload)
        answer = loop.run(own_asker.ask(operation.method, address, operation.json()))
        assert_refused(answer, payload)


@each_route
def test_no_value_of_a_parameter_makes_a_fault(
    own_asker: Asker, loop: asyncio.Runner, operation: Operation
) -> None:
    for name in operation.query:
        for text in TEXTS:
            address = operation.address(**{name: text})
            assert_no_fault(loop.run(own_asker.ask(operation.method, address, operation.json())))


@each_body
def test_no_body_makes_a_fault(
    own_asker: Asker, loop: asyncio.Runner, operation: Operation
) -> None:
    address = operation.address()
    assert operation.body is not None
    for name in operation.body:
        for value in (*TEXTS, *OTHERS, {"\ud800": "x"}, ["\ud800"], {"q": "\ud800"}):
            body = operation.json(**{name: value})
            assert_no_fault(loop.run(own_asker.ask(operation.method, address, body)))
    for body in (DEEP, b"", b"\xff\xfe", b"null", b'{"a": 1', b'"' + b"x" * 1000 + b'"'):
        assert_refused(loop.run(own_asker.ask(operation.method, address, body)), body[:20])


@each_route
def test_a_parameter_that_nobody_knows_is_refused(
    own_asker: Asker, loop: asyncio.Runner, operation: Operation
) -> None:
    address = operation.address(url="http://169.254.169.254/latest/meta-data/")
    answer = loop.run(own_asker.ask(operation.method, address, operation.json()))
    assert (answer.status, answer.code) == (400, "unknown_parameter")


@each_route
def test_no_route_fetches_an_address(
    own_asker: Asker, loop: asyncio.Runner, operation: Operation
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.mp4"
        for name in operation.query:
            asked = operation.address(**{name: address})
            assert_no_fault(loop.run(own_asker.ask(operation.method, asked, operation.json())))
        for name in operation.body or ():
            body = operation.json(**{name: address})
            assert_no_fault(loop.run(own_asker.ask(operation.method, operation.address(), body)))
        with pytest.raises(BlockingIOError):
            listener.accept()


@each_route
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_page_of_another_site_gets_nothing_and_writes_nothing(
    own_asker: Asker, loop: asyncio.Runner, operation: Operation, kind: str
) -> None:
    for headers in OF_OTHER_PAGES:
        sent = {**headers, "content-type": kind}
        asked = own_asker.ask(operation.method, operation.address(), operation.json(), sent)
        answer = loop.run(asked)
        assert (answer.status, answer.code) == (403, "origin_refused"), headers
        assert "access-control-allow-origin" not in answer.headers


@each_route
def test_another_host_name_is_refused(
    own_asker: Asker, loop: asyncio.Runner, operation: Operation
) -> None:
    for host in ("evil.example", "evil.example:8501", "127.0.0.1.evil.example", "", "a b"):
        asked = own_asker.ask(operation.method, operation.address(), b"", {"host": host})
        answer = loop.run(asked)
        assert (answer.status, answer.code) == (400, "host_refused"), host


@each_route
def test_a_large_body_is_refused_before_it_is_read(
    own_asker: Asker, loop: asyncio.Runner, operation: Operation
) -> None:
    async def unread() -> dict[str, Any]:
        raise AssertionError("the body was read")

    told = {"content-length": str(MAX_BODY_BYTES * 300)}
    asked = own_asker.ask(operation.method, operation.address(), None, told, unread)
    assert loop.run(asked).status == 413


def test_bodies_that_never_end_hold_up_nobody(asker: Asker, loop: asyncio.Runner) -> None:
    """More of them than there are threads, then a question."""

    async def attack() -> Answer:
        end = asyncio.Event()

        async def slow() -> dict[str, Any]:
            await end.wait()
            return {"type": "http.disconnect"}

        def begun(operation: Operation) -> asyncio.Task[Answer]:
            told = {"content-length": "100"}
            asked = asker.ask(operation.method, operation.address(), None, told, slow)
            return asyncio.create_task(asked)

        waiting = [begun(each) for each in OPERATIONS * 6 if each.body is not None]
        await asyncio.sleep(0)
        answer = await asker.ask("GET", "/api/v1/people")
        # Attempts to sign in are refused after ten; the others wait.
        assert sum(not task.done() for task in waiting) > THREADS
        end.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        return answer

    assert loop.run(attack()).status == 200


def test_the_table_of_the_docs_has_every_route(library: Library) -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", text, re.MULTILINE)
    frames = FrameSource()
    routes = own_routes(library, frames, Doors(), None)
    frames.close()
    outside = {f"GET {r.path}" for r in routes if isinstance(r, Route)}
    (api,) = [each for each in routes if isinstance(each, Mount)]
    known = {(each.method, each.path) for each in OPERATIONS}
    hidden = {
        (method, route.path)
        for route in api.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    } - known
    assert {path for method, path in hidden if method != "HEAD"} == {"/openapi.json", "/docs"}
    assert sorted(told) == sorted(
        [*map(str, OPERATIONS), *outside, *(f"GET /{p}" for p in ("", *PAGES))]
    )
