"""Who gets in by which way, over HTTP and by websocket, and as what."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from ui.api.application import build_api
from ui.api.served import Visitor, visitor_of
from ui.server.access import login
from ui.server.access.doors import Doors, read_proxies
from ui.server.access.gate import VISITOR_HEADER, Gate
from ui.server.access.sessions import COOKIE, Sessions, session_key
from ui.server.access.users import User, Users, hashed, write_users

TOKEN = "t" * 32
OWN = {"origin": "http://testserver"}


@pytest.fixture
def users(tmp_path: Path) -> Users:
    path = tmp_path / "users.json"
    known = {
        "anna": User("anna", "owner", hashed("anna's password")),
        "ben": User("ben", "viewer", hashed("ben's password")),
    }
    write_users(path, known)
    assert path.stat().st_mode & 0o077 == 0
    return Users(path)


@pytest.fixture
def doors(users: Users, tmp_path: Path) -> Doors:
    return Doors(token=TOKEN, users=users, sessions=Sessions(users, session_key(tmp_path / "key")))


def client_of(doors: Doors, address: str = "testclient") -> TestClient:
    def who(request: Request) -> Response:
        told = request.headers.getlist(VISITOR_HEADER)
        visitor = visitor_of(request)
        return JSONResponse({"name": visitor.name, "role": visitor.role, "header": told})

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.headers[VISITOR_HEADER])
        await websocket.close()

    api = build_api(None, [login.router])
    api.state.doors = doors
    routes = [
        *login.login_routes(doors),
        Mount("/api/v1", api),
        Route("/who", who, methods=["GET", "POST"]),
        WebSocketRoute("/socket", talk),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Gate, doors=doors)])
    return TestClient(app, follow_redirects=False, client=(address, 1), headers=OWN)


def signed_in(doors: Doors, name: str, password: str) -> TestClient:
    client = client_of(doors)
    answer = client.post("/api/v1/session", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    return client


def test_without_ways_in_everyone_is_an_owner() -> None:
    assert client_of(Doors()).get("/who").json()["role"] == "owner"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("fd00::1:2:3:4", "fd00::/64"),
        ("fd00:0:0:0:ffff::9", "fd00::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("fd00:0:0:1::9", "fd00:0:0:1::/64"),
    ],
)
def test_the_pages_are_told_who_asks_as_it_is_counted(address: str, counted: str) -> None:
    (told,) = client_of(Doors(), address).get("/who").json()["header"]
    assert json.loads(told)["client"] == f"address {counted}"


def test_a_stranger_gets_nothing_neither_by_http_nor_by_websocket(doors: Doors) -> None:
    client = client_of(doors)
    answer = client.get("/who")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert client.get("/api/v1/openapi.json").status_code == 401
    with pytest.raises(WebSocketDisconnect) as raised, client.websocket_connect("/socket"):
        pass
    assert raised.value.code == 1008


def test_a_page_leads_a_stranger_to_where_to_sign_in_and_back(doors: Doors) -> None:
    client = client_of(doors)
    page = client.get("/who?q=a%20b", headers={"accept": "text/html"})
    assert page.headers["location"] == "/login?next=%2Fwho%3Fq%3Da%2520b"
    form = client.get(page.headers["location"])
    assert "<script" not in form.text
    given = {"name": "ben", "password": "ben's password", "next": "/who?q=a%20b"}
    answer = client.post("/login", data=given)
    assert (answer.status_code, answer.headers["location"]) == (303, "/who?q=a%20b")
    assert client.get("/who").json()["name"] == "ben"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil", "x", "/\n"]
)
def test_signing_in_never_leads_to_another_site(doors: Doors, wanted: str) -> None:
    assert login.local_path(wanted) == "/"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(f"Bearer {TOKEN}", 200), (f"bearer {TOKEN}", 200), (f"Bearer {TOKEN}x", 401), (TOKEN, 401)],
)
def test_a_token_is_an_owner(doors: Doors, authorization: str, status: int) -> None:
    client = client_of(doors)
    assert client.get("/who", headers={"authorization": authorization}).status_code == status


def test_a_session_is_its_user_and_its_cookie_is_kept_from_scripts_and_other_sites(
    doors: Doors,
) -> None:
    client = client_of(doors)
    given = {"name": "ben", "password": "ben's password"}
    cookie = client.post("/api/v1/session", json=given).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/who").json() == {
        "name": "ben",
        "role": "viewer",
        "header": ['{"name": "ben", "role": "viewer", "client": "person ben"}'],
    }
    with client.websocket_connect("/socket") as socket:
        assert json.loads(socket.receive_text())["name"] == "ben"
    client.delete("/api/v1/session")
    assert client.get("/who").status_code == 401


@pytest.mark.parametrize(
    ("name", "password"), [("ben", "anna's password"), ("ben", ""), ("nobody", "x" * 20)]
)
def test_a_wrong_password_and_a_wrong_name_look_alike(
    doors: Doors, name: str, password: str
) -> None:
    answer = client_of(doors).post("/api/v1/session", json={"name": name, "password": password})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")


def test_a_forged_or_old_cookie_or_another_password_is_nobody(
    doors: Doors, users: Users, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(doors, "ben", "ben's password")
    cookie = client.cookies[COOKIE]
    other_key = Sessions(users, session_key(tmp_path / "other key"))
    assert doors.sessions is not None
    assert doors.sessions.visitor_of(cookie) is not None
    assert other_key.visitor_of(cookie) is None
    assert doors.sessions.visitor_of(cookie[:-2]) is None
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 40 * 24 * 3600)
    assert doors.sessions.visitor_of(cookie) is None
    monkeypatch.undo()
    write_users(tmp_path / "users.json", {"ben": User("ben", "viewer", hashed("another one"))})
    assert doors.sessions.visitor_of(cookie) is None
    assert client.get("/who").status_code == 401


def test_sessions_outlive_the_process(users: Users, tmp_path: Path) -> None:
    user = users.find("ben")
    assert user is not None
    answer = Response()
    Sessions(users, session_key(tmp_path / "key")).begin(answer, user, secure=True)
    cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert Sessions(users, session_key(tmp_path / "key")).visitor_of(cookie) == Visitor(
        "ben", "viewer"
    )
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


def test_nobody_says_by_a_header_who_they_are(doors: Doors) -> None:
    forged = {VISITOR_HEADER: '{"name": "anna", "role": "owner"}'}
    client = signed_in(doors, "ben", "ben's password")
    (told,) = client.get("/who", headers=forged).json()["header"]
    assert json.loads(told) == {"name": "ben", "role": "viewer", "client": "person ben"}
    assert client_of(doors).get("/who", headers=forged).status_code == 401


@pytest.fixture
def by_proxy(users: Users) -> Doors:
    return Doors(users=users, header="x-remote-user", proxies=read_proxies(["10.0.0.0/24"]))


def test_a_header_counts_from_a_known_proxy_alone(by_proxy: Doors) -> None:
    named = {"x-remote-user": "anna"}
    assert client_of(by_proxy, "10.0.0.7").get("/who", headers=named).json()["role"] == "owner"
    assert client_of(by_proxy, "10.0.1.7").get("/who", headers=named).status_code == 401
    unknown = {"x-remote-user": "cleo"}
    told = client_of(by_proxy, "10.0.0.7").get("/who", headers=unknown).json()
    assert (told["name"], told["role"]) == ("cleo", "viewer")
    client = client_of(by_proxy, "10.0.0.7")
    twice = client.build_request("GET", "/who", headers=[("x-remote-user", "anna")] * 2)
    assert client.send(twice).status_code == 401


def test_a_browser_that_writes_says_from_which_page(doors: Doors) -> None:
    client = signed_in(doors, "ben", "ben's password")
    del client.headers["origin"]
    assert client.get("/who").status_code == 200
    assert client.post("/who").json()["code"] == "origin_refused"
    assert client.post("/who", headers=OWN).status_code == 200
    program = client_of(doors)
    del program.headers["origin"]
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert program.post("/who", headers=bearer).status_code == 200


def test_a_file_of_users_that_is_gone_lets_nobody_in(doors: Doors, tmp_path: Path) -> None:
    client = signed_in(doors, "ben", "ben's password")
    (tmp_path / "users.json").unlink()
    assert client.get("/who").status_code == 401
    assert client_of(replace(doors, users=None, sessions=None)).get("/who").status_code == 401
