"""How much one client may ask."""

from collections.abc import Iterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.server.edge.rates import MAX_BODY_BYTES, Allowance, Rates


def test_an_allowance_is_used_up_and_comes_back_for_each_client() -> None:
    now_s = 0.0
    allowance = Allowance(6, lambda: now_s)
    assert [allowance.wait_s("a") for _ in range(6)] == [0.0] * 6
    assert allowance.wait_s("a") == 10.0
    assert allowance.wait_s("b") == 0.0
    now_s = 10.0
    assert allowance.wait_s("a") == 0.0
    assert allowance.wait_s("a") > 0


def client(a_minute: int = 1000) -> TestClient:
    async def take(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    routes = [Route(path, take, methods=["POST"]) for path in ("/take", "/login", "/upload")]
    rates = Middleware(Rates, is_upload=lambda scope: scope["path"] == "/upload", a_minute=a_minute)
    return TestClient(Starlette(routes=routes, middleware=[rates]))


def test_too_many_requests_are_told_when_to_come_back() -> None:
    asking = client(2)
    assert [asking.post("/take").status_code for _ in range(3)] == [200, 200, 429]
    answer = asking.post("/take")
    assert answer.json()["code"] == "too_many"
    assert int(answer.headers["retry-after"]) >= 1


def test_passwords_cannot_be_tried_out() -> None:
    asking = client()
    statuses = [asking.post("/login").status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert asking.post("/take").status_code == 200


def test_a_body_is_bounded_whether_it_tells_its_length_or_not() -> None:
    asking, large = client(), b"x" * (MAX_BODY_BYTES + 1)
    answer = asking.post("/take", content=large)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert asking.post("/take", content=large[1:]).text == str(MAX_BODY_BYTES)
    assert asking.post("/upload", content=large).text == str(MAX_BODY_BYTES + 1)

    def untold() -> Iterator[bytes]:
        for _ in range(3):
            yield large[: MAX_BODY_BYTES // 2]

    answer = asking.post("/take", content=untold())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
