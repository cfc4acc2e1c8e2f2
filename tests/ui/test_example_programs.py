"""The examples, run against our server as they are documented."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from data.catalogue.catalogue import Catalogue
from data.history import History
from data.home import Home
from tests.ui.conftest import ROOT, Server, serving

pytestmark = pytest.mark.long(40)

EXAMPLES = ROOT / "examples"
KEY = "key-of-jellyfin"


class Jellyfin(ThreadingHTTPServer):
    """What the example asks of Jellyfin, over a library that is mounted elsewhere."""

    def __init__(self, items: list[dict[str, str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.items = items
        self.lists: dict[str, dict[str, Any]] = {"old": {"Name": "For anna", "Ids": []}}
        self.refused = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Jellyfin

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == "/Users":
            self._send([{"Name": "anna", "Id": "user-1"}])
        elif given["IncludeItemTypes"] == "Playlist":
            lists = [{"Id": number, **each} for number, each in self.server.lists.items()]
            self._send({"Items": lists, "TotalRecordCount": len(lists)})
        else:
            first, items = int(given["StartIndex"]), self.server.items
            # Pages of Jellyfin may be smaller than was asked for.
            self._send({"Items": items[first : first + 5], "TotalRecordCount": len(items)})

    def do_DELETE(self) -> None:
        del self.server.lists[self.path.rpartition("/")[2]]
        self._send(None)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.lists["new"] = body
        self._send({"Id": "new"})

    def _send(self, document: object) -> None:
        is_right = self.headers["authorization"] == f'MediaBrowser Token="{KEY}"'
        content = b"" if document is None else json.dumps(document).encode()
        self.send_response(200 if is_right else 401)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def jellyfin(home: Path) -> Iterator[Jellyfin]:
    with Catalogue(Home(home)) as catalogue:
        paths = [video.path for video in catalogue.videos()]
    # One of ours is not there, and the disk is called otherwise.
    items = [
        {"Id": f"item-{path.stem}", "Path": f"/media/disk/{path.parent.name}/{path.name}"}
        for path in paths[1:]
    ]
    server = Jellyfin([*items, {"Id": "film", "Path": "/media/films/other.mkv"}])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_row_of_jellyfin_is_what_reelwise_recommends(server: Server, jellyfin: Jellyfin) -> None:
    command = [sys.executable, str(EXAMPLES / "jellyfin_for_you.py"), "--reelwise", server.url]
    command += ["--jellyfin", jellyfin.url, "--jellyfin-key", KEY, "--user", "anna", "-k", "3"]
    row = json.loads(run(*command))
    wanted = server.json("/api/v1/recommend?user=anna&k=9")[1]["items"]
    known = {each["Id"] for each in jellyfin.items}
    titles = [f"item-{each['title']}" for each in wanted]
    assert [each["Id"] for each in row] == [each for each in titles if each in known][:3]
    assert all(each["Reason"] for each in row)
    run(*command, "--playlist", "For anna")
    assert set(jellyfin.lists) == {"new"}
    assert jellyfin.lists["new"]["Ids"] == [each["Id"] for each in row]
    assert jellyfin.lists["new"]["UserId"] == "user-1"


def test_a_view_that_is_reported_by_curl_counts_once(own_home: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x" * 32)
    with serving(own_home, "--refit-every", "off", "--token", str(token)) as server:
        assert server.ask("/api/v1/status")[0] == 401
        given = {"REELWISE": server.url, "USER_NAME": "curl user", "TOKEN": "x" * 32}
        told = json.loads(run("sh", str(EXAMPLES / "peertube_curl.sh"), "a red car", **given))
    assert (told["user"], len(told["items"])) == ("curl user", 5)
    with Catalogue(Home(own_home)) as catalogue:
        (view,) = History(catalogue).events("curl user")
        assert (view.kind, view.watched_s) == ("view", 4.0)
        assert view.video_id not in {each["video_id"] for each in told["items"]}
