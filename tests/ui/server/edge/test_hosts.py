"""By which names and from which pages a server may be asked, without starting one."""

import socket

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from data.errors import ReelwiseError
from ui.server.edge.address import ServerAddress, checked_origins, host_name, is_loopback
from ui.server.edge.hosts import OnlyOwnNames

HERE = "127.0.0.1:8501"
LOOPBACK = ["127.0.0.1", "127.0.0.2", "127.255.255.254", "localhost", "::1", "::ffff:127.0.0.1"]


async def _talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def client(address: ServerAddress) -> TestClient:
    routes = [
        Route("/", lambda _: PlainTextResponse("here"), methods=["GET", "POST", "PUT"]),
        Route("/api/v1/status", lambda _: PlainTextResponse("here")),
        WebSocketRoute("/talk", _talk),
    ]
    return TestClient(
        Starlette(routes=routes, middleware=[Middleware(OnlyOwnNames, address=address)])
    )


def status_of(address: ServerAddress, host: str) -> int:
    """Status of a request with this Host header."""
    answer = client(address).get("/", headers={"host": host})
    assert answer.status_code == 200 or "--allow-host NAME" in answer.json()["fix"]
    return answer.status_code


@pytest.mark.parametrize("host", LOOPBACK)
def test_every_loopback_address_answers_to_its_own_and_to_given_names_only(host: str) -> None:
    assert is_loopback(host)
    address = ServerAddress(host, allowed_hosts=("Films.lan",))
    for name in ("localhost", HERE, "127.0.0.2", "[::1]:8501", "films.lan", "FILMS.lan:80"):
        assert status_of(address, name) == 200, name
    for name in (
        "evil.example",
        "localhost.evil.example",
        "films.lan.evil:1",
        "192.168.1.5",
        "[::2]:8501",
        "127.0.0.1:8612.evil.com",
        "127.0.0.1:99999",
        "localhost:1@evil.com",
        "user@127.0.0.1",
        "127.0.0.1/x",
        "127.0.0.1, evil.example",
        "",
    ):
        assert status_of(address, name) == 400, name


def test_another_address_answers_to_addresses_and_its_own_names_but_to_no_foreign_name() -> None:
    everywhere = ServerAddress("0.0.0.0", allowed_hosts=("films.lan",))
    for name in ("192.168.1.5:8501", "localhost:8501", "films.lan", socket.gethostname()):
        assert status_of(everywhere, name) == 200, name
    assert status_of(everywhere, "evil.example") == 400


@pytest.mark.parametrize(
    ("header", "name"),
    [("[::1]:8501", "::1"), ("A.b:1", "a.b"), ("a:b", None), ("a b", None), ("[::1", None)],
)
def test_the_name_in_a_host_header(header: str, name: str | None) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"http://{HERE}", 200),
        ("https://films.lan", 200),
        ("http://127.0.0.1:9999", 403),
        ("http://localhost:8501", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("file://", 403),
    ],
)
def test_only_a_page_of_this_server_may_send(origin: str, status: int) -> None:
    asked = client(ServerAddress(allowed_hosts=("films.lan",)))
    for method in ("PUT", "POST", "GET"):
        answer = asked.request(method, "/", headers={"host": HERE, "origin": origin})
        assert answer.status_code == status, method


def test_a_websocket_needs_the_origin_of_this_server() -> None:
    asked = client(ServerAddress())
    with asked.websocket_connect("/talk", headers={"host": HERE, "origin": f"http://{HERE}"}):
        pass
    for headers in (
        {"host": HERE},
        {"host": HERE, "origin": "http://localhost:9999"},
        {"host": "evil.example", "origin": "http://evil.example"},
    ):
        refused = asked.websocket_connect("/talk", headers=headers)
        with pytest.raises(WebSocketDisconnect), refused:
            pass


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)],
)
def test_the_api_is_not_embedded_elsewhere(site: str, status: int) -> None:
    asked = client(ServerAddress())
    headers = {"host": HERE, "sec-fetch-site": site}
    assert asked.get("/api/v1/status", headers=headers).status_code == status
    # A link from elsewhere may open the page.
    assert asked.get("/", headers=headers).status_code == 200


def test_the_address_that_is_told_can_be_opened() -> None:
    assert ServerAddress("127.0.0.2", 80).url == "http://127.0.0.2:80"
    assert ServerAddress("::1", 80).url == "http://[::1]:80"
    told = ServerAddress("0.0.0.0", 80).url
    assert host_name(told.removeprefix("http://")) is not None
    assert "0.0.0.0" not in told


def test_the_pages_of_a_named_site_ask_the_api_and_nothing_else() -> None:
    site = "https://films.example"
    asking = client(ServerAddress(cors_origins=checked_origins([site])))
    page = {"host": HERE, "origin": site, "sec-fetch-site": "cross-site"}
    assert asking.get("/api/v1/status", headers=page).status_code == 200
    assert asking.get("/", headers=page).status_code == 403
    with pytest.raises(WebSocketDisconnect), asking.websocket_connect("/talk", headers=page):
        pass
    for other in ("https://films.example.evil", "http://films.example", "null"):
        answer = asking.get("/api/v1/status", headers=page | {"origin": other})
        assert answer.status_code == 403, other


@pytest.mark.parametrize("origin", ["*", "films.example", "https://a.example/", "ftp://a.example"])
def test_what_is_no_origin_of_one_site_is_refused(origin: str) -> None:
    with pytest.raises(ReelwiseError):
        checked_origins([origin])


def test_a_page_of_another_site_writes_nowhere() -> None:
    asking = client(ServerAddress())
    for site in ("cross-site", "same-site"):
        page = {"host": HERE, "sec-fetch-site": site}
        assert asking.post("/", headers=page).status_code == 403
        assert asking.get("/", headers=page).status_code == 200
    assert asking.post("/", headers={"host": HERE, "sec-fetch-site": "same-origin"}).text == "here"
