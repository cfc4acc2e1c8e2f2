"""Which Host names a server answers to, without starting one."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.server.app import ServerAddress, host_check


def status_of(address: ServerAddress, host: str) -> int:
    """Status of a request with this Host header."""
    routes = [Route("/", lambda _: PlainTextResponse("here"))]
    app = Starlette(routes=routes, middleware=host_check(address))
    with TestClient(app) as client:
        answer = client.get("/", headers={"host": host})
    assert (answer.status_code == 200) or "--allow-host NAME" in answer.text
    return answer.status_code


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_loopback_address_answers_to_its_own_and_to_given_names_only(host: str) -> None:
    address = ServerAddress(host, allowed_hosts=("Films.lan",))
    for name in ("localhost", "127.0.0.1:8501", "[::1]:8501", "films.lan", "FILMS.lan:80"):
        assert status_of(address, name) == 200, name
    for name in ("evil.example", "localhost.evil.example", "[::2]:8501", "films.lan.evil:1"):
        assert status_of(address, name) == 400, name


def test_another_address_answers_to_every_name_unless_names_are_given() -> None:
    assert status_of(ServerAddress("0.0.0.0"), "films.lan") == 200
    given = ServerAddress("0.0.0.0", allowed_hosts=("films.lan",))
    assert status_of(given, "films.lan") == 200
    assert status_of(given, "localhost:8501") == 200
    assert status_of(given, "evil.example") == 400
