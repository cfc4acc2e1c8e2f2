"""Scripts and styles go out compressed to those who take them so, and are what the files hold."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.server.edge.scripts import CompressedScripts

TEXT = "let a = 1;\n" * 1000


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    """A browser before an application that answers "plain" to everything."""
    for name in ("js/a.js", "css/a.css", "media/a.woff2"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(TEXT)
    plain = Route("/{rest:path}", lambda _: PlainTextResponse("plain"), methods=["GET", "POST"])
    middleware = [Middleware(CompressedScripts, static=tmp_path)]
    return TestClient(Starlette(routes=[plain], middleware=middleware))


@pytest.mark.parametrize(
    ("name", "media_type"), [("js/a.js", "javascript"), ("css/a.css", "text/css")]
)
def test_they_are_compressed_and_kept(browser: TestClient, name: str, media_type: str) -> None:
    for _ in range(2):
        answer = browser.get(f"/static/{name}", headers={"accept-encoding": "br, gzip"})
        assert answer.text == TEXT
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) < len(TEXT) / 10
        assert media_type in answer.headers["content-type"]
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/static/js/a.js", {"accept-encoding": "identity"}),
        ("/static/js/a.js", {"accept-encoding": "gzip", "range": "bytes=0-9"}),
        ("/static/js/../js/a.js/", {"accept-encoding": "gzip"}),
        ("/static/js/b.js", {"accept-encoding": "gzip"}),
        ("/static/media/a.woff2", {"accept-encoding": "gzip"}),
        ("/", {"accept-encoding": "gzip"}),
    ],
)
def test_all_else_is_left_to_the_application(
    browser: TestClient, path: str, headers: dict[str, str]
) -> None:
    assert browser.get(path, headers=headers).text == "plain"


def test_other_methods_are_left_to_the_application(browser: TestClient) -> None:
    headers = {"accept-encoding": "gzip"}
    assert browser.post("/static/js/a.js", headers=headers).text == "plain"
