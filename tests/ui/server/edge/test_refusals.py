"""Below /api a refusal has one shape, whoever refuses."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.ui.conftest import PATIENCE_S
from tests.ui.server.edge.test_connections import served
from ui.api.shape.answers import FileAnswer, failed
from ui.server.edge.refusals import Refusals


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """An application that refuses in several ways."""
    (tmp_path / "clip").write_bytes(b"12345")

    def text(request: Request) -> Response:
        status = int(request.path_params["status"])
        return PlainTextResponse("Bad", status, {"x-kept": "1", "retry-after": "3"})

    routes = [
        Route("/api/text/{status}", text),
        Route("/other/{status}", text),
        Route("/api/own", lambda _: JSONResponse({"error": "ours"}, 409)),
        Route("/api/file", lambda _: FileAnswer(tmp_path / "clip")),
    ]
    handlers = {404: failed, 405: failed}
    app = Starlette(routes=routes, middleware=[Middleware(Refusals)], exception_handlers=handlers)
    return TestClient(app)


@pytest.mark.parametrize("status", [400, 403, 431, 500])
def test_a_text_becomes_a_document(client: TestClient, status: int) -> None:
    answer = client.get(f"/api/text/{status}")
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "fix", "code"}
    assert answer.headers["x-kept"] == "1"  # what it tells programs stays
    assert answer.headers["retry-after"] == "3"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert client.get(f"/other/{status}").text == "Bad"
    assert client.get("/api/text/200").text == "Bad"


def test_a_range_past_the_end_is_told_so(client: TestClient) -> None:
    answer = client.get("/api/file", headers={"range": "bytes=9-"})
    assert (answer.status_code, answer.json()["code"]) == (416, "no_such_range")
    assert answer.headers["content-range"] == "bytes */5"
    assert client.get("/api/file", headers={"range": "bytes=1-2"}).content == b"23"


def test_our_own_documents_pass_unchanged(client: TestClient) -> None:
    assert client.get("/api/own").json() == {"error": "ours"}
    answer = client.put("/api/own")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_the_same_shape(sent: bytes) -> None:
    with served() as port, socket.create_connection(("127.0.0.1", port), PATIENCE_S) as asking:
        asking.sendall(sent)
        told = b"".join(iter(lambda: asking.recv(4096), b""))
    head, _, body = told.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert set(json.loads(body)) == {"error", "fix", "code"}
