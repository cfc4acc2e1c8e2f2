"""What browsers are told of every answer."""

import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.pages.components.files import KEPT_UNDER
from ui.pages.words.language import words_of
from ui.server.edge.headers import SafeAnswers, Shell

OWN_POLICY = "default-src 'none'; sandbox"


@pytest.fixture
def client() -> TestClient:
    def media(_: object) -> PlainTextResponse:
        return PlainTextResponse("here", headers={"content-security-policy": OWN_POLICY})

    routes = [
        Route("/api/media", media),
        Route(f"{KEPT_UNDER}frame/gone.js", lambda _: PlainTextResponse("", status_code=404)),
        Route("/{rest:path}", lambda _: PlainTextResponse("here")),
    ]
    edge = Middleware(SafeAnswers, pages=("for-you",), scripts=("run()",))
    return TestClient(Starlette(routes=routes, middleware=[edge]))


def test_no_other_site_is_loaded_from_or_may_frame_the_page(client: TestClient) -> None:
    headers = client.get("/", headers={"host": "127.0.0.1:8501"}).headers
    policy = dict(
        part.partition(" ")[::2] for part in headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self' ws://127.0.0.1:8501 wss://127.0.0.1:8501"
    # sha256 of "run()", by `printf 'run()' | openssl dgst -sha256 -binary | base64`.
    assert policy["script-src"] == "'self' 'sha256-AvyuiL0SD1mVY3NNxR+V2uo+lhk6RMFrytWmRt6CrJQ='"
    assert "unsafe" not in policy["script-src"]
    assert not any("*" in value or "http:" in value for value in policy.values())
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_stricter_policy_of_an_answer_stays(client: TestClient) -> None:
    assert client.get("/api/media").headers["content-security-policy"] == OWN_POLICY


def test_browsers_keep_our_scripts_and_nothing_else_for_ever(client: TestClient) -> None:
    kept = client.get(f"{KEPT_UNDER}frame/frame.js").headers["cache-control"]
    assert "immutable" in kept
    for path in (
        "/",
        "/_stcore/bidi-components/other.frame/frame.js",
        f"{KEPT_UNDER}frame/gone.js",
    ):
        assert "cache-control" not in client.get(path).headers


def test_a_host_header_cannot_add_to_the_policy(client: TestClient) -> None:
    for host in ("a; script-src *", "a b", "a,b"):
        policy = client.get("/", headers={"host": host}).headers["content-security-policy"]
        assert "connect-src 'self'; " in policy
        assert "*" not in policy


def test_closed_and_unknown_pages_are_404(client: TestClient) -> None:
    for path in ("/_stcore/metrics", "/_stcore/agent", "/_stcore/agent/openapi.json", "/nosuch"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_route"), path
        assert "content-security-policy" in answer.headers
    for path in ("/", "/for-you", "/_stcore/health", "/static/js/x.js"):
        assert client.get(path).status_code == 200, path


def test_a_browser_at_a_wrong_address_is_shown_the_way_back(client: TestClient) -> None:
    answer = client.get("/nosuch", headers={"accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, '<a href="/">' in answer.text) == (404, True)
    assert "content-security-policy" in answer.headers


def test_the_site_around_the_page_wants_no_dialogs_of_errors(client: TestClient) -> None:
    answer = client.get("/_stcore/host-config")
    assert answer.json()["blockErrorDialogs"] is True
    assert "content-security-policy" in answer.headers


def test_the_page_knows_its_server_and_names_its_own_scripts(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(
        "<html><head><script>\n a = 1\n</script>"
        '<script type="module" src="./x.js"></script></head></html>'
    )
    shell = Shell(page)
    where, own = shell.scripts
    assert own == "\n a = 1\n"
    assert "location.origin" in where
    answer = TestClient(Starlette(routes=[Route("/for-you", shell.answer)])).get("/for-you")
    assert f"<head><script>{where}</script>" in answer.text
    head, _, _ = answer.text.partition("</head>")
    assert f'<link rel="modulepreload" href="{KEPT_UNDER}shelves/shelves.js">' in head


@pytest.mark.parametrize(
    ("headers", "is_german"),
    [
        ({"accept-language": "de-AT,de;q=0.9,en;q=0.8"}, True),
        ({"cookie": "reelwise_language=de", "accept-language": "en"}, True),
        ({"cookie": "reelwise_language=en", "accept-language": "de"}, False),
        ({"accept-language": "en-US,de;q=0.5"}, False),
    ],
)
def test_a_page_in_german_knows_what_the_server_says(
    tmp_path: Path, headers: dict[str, str], is_german: bool
) -> None:
    page = tmp_path / "index.html"
    page.write_text("<html><head></head><body></body></html>")
    app = Starlette(routes=[Route("/", Shell(page).answer)])
    html = TestClient(app).get("/", headers=headers).text
    found = re.findall(r'<script type="application/json" id="reelwise-server">(.*?)</script>', html)
    assert len(found) == is_german
    if is_german:
        assert json.loads(found[0]) == words_of("de").of_server()
