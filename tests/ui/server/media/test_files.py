"""What the media route serves, and what it refuses (promise R12)."""

import itertools
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import Video
from data.home import Home
from data.toons.library import ToonLibrary
from tests.ui.conftest import LARGE_BYTES, PATIENCE_S, Odd, Server
from ui.cli import run
from ui.server.media.files import real_path_below

MAX_ADDED_BYTES = 20_000_000


@pytest.fixture(scope="module")
def video(home: Path) -> Video:
    with Catalogue(Home(home)) as catalogue:
        return catalogue.videos()[0]


def test_a_whole_video_comes_as_it_lies_on_the_disk(server: Server, video: Video) -> None:
    status, headers, body = server.ask(f"/api/v1/media/{video.id}")
    assert status == 200
    assert body == video.path.read_bytes()
    assert headers["content-type"] == "video/mp4"
    assert headers["accept-ranges"] == "bytes"
    assert headers["etag"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=1000-1000", 1000, 1000), ("bytes=-10", -10, None)],
)
def test_a_range_comes_alone_with_206(
    server: Server, video: Video, asked: str, first: int, last: int | None
) -> None:
    whole = video.path.read_bytes()
    first = first % len(whole)
    last = len(whole) - 1 if last is None else last
    status, headers, body = server.ask(f"/api/v1/media/{video.id}", headers={"Range": asked})
    assert status == 206
    assert body == whole[first : last + 1]
    assert headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


def test_a_range_beyond_the_end_is_416(server: Server, video: Video) -> None:
    size = video.path.stat().st_size
    status, headers, _ = server.ask(
        f"/api/v1/media/{video.id}", headers={"Range": f"bytes={size}-{size + 5}"}
    )
    assert status == 416
    assert headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "asked", ["frames=0-1", "bytes=9-3", "bytes=a-b", "bytes=", "bytes=0-1,x", "bytes=-", "0-1"]
)
def test_a_range_that_means_nothing_is_ignored(server: Server, video: Video, asked: str) -> None:
    status, headers, body = server.ask(f"/api/v1/media/{video.id}", headers={"Range": asked})
    assert (status, headers["content-type"]) == (200, "video/mp4")
    assert body == video.path.read_bytes()


def test_head_tells_the_size_without_the_bytes(server: Server, video: Video) -> None:
    status, headers, body = server.ask(f"/api/v1/media/{video.id}", method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) == video.path.stat().st_size


def test_a_range_of_an_older_file_gets_the_new_one_whole(server: Server, video: Video) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"an-older-tag"'}
    status, _, body = server.ask(f"/api/v1/media/{video.id}", headers=headers)
    assert status == 200
    assert body == video.path.read_bytes()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_media_can_only_be_read(server: Server, video: Video, method: str) -> None:
    assert server.ask(f"/api/v1/media/{video.id}", method=method)[0] == 405


SECRETS = ("etc/passwd", "catalogue.db", "proc/self/environ", "secret.mp4")
UPS = (
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%252f",
    "..\\",
    "..%5c",
    "....//",
    "..;/",
    ".%2e/",
)
OTHERS = (
    "0",
    "-1",
    "+1",
    "1.0",
    "1e0",
    "0x1",
    "01x",
    " 1",
    "1 ",
    "%31%00",
    "1%00.mp4",
    "1/",
    "1/..",
    "1/../2",
    "1;2",
    "1,2",
    "999999",
    "9" * 17,
    "9" * 30,
    "9" * 4000,
    "%d9%a1",
    "%ef%bc%91",
    "id:1",
    "id%3A1",
    "toon-0001.mp4",
    "toon-0001",
    "NaN",
    "null",
    "*",
    "%",
    "'",
    "1'--",
    "1%20OR%201=1",
    "file:///etc/passwd",
    "file%3A%2F%2F%2Fetc%2Fpasswd",
    "http://127.0.0.1/",
    "concat:1",
    "%ff%fe",
    "~",
    "~root",
)


def _payloads(home: Path, toons: ToonLibrary) -> Iterator[str]:
    """Some 200 ways out of the folder, into another id, or past the check of digits."""
    for up, depth, secret in itertools.product(UPS, (1, 4, 8), SECRETS):
        yield up * depth + secret
    for secret in SECRETS:
        yield f"/{secret}"
        yield f"%2f{secret}"
        yield f"1/../../../{secret}"
        yield f"1%2f..%2f..%2f{secret}"
        yield f"//127.0.0.1/{secret}"
        yield f"\\\\127.0.0.1\\{secret}"
    for path in (home / "catalogue.db", toons.folder / "toon-0001.mp4", toons.queries_file):
        yield str(path)
        yield quote(str(path), safe="")
        yield quote(quote(str(path), safe=""), safe="")
    yield from OTHERS


def test_no_payload_gets_anything_but_4xx(server: Server, home: Path, toons: ToonLibrary) -> None:
    payloads = list(_payloads(home, toons))
    assert len(payloads) >= 190
    allowed = []
    for route, payload in itertools.product(("media", "thumbs", "previews"), payloads):
        path = f"/api/v1/{route}/{payload}".replace(" ", "%20")
        status, _, body = server.ask(path)
        if not 400 <= status < 500 or b"root:" in body:
            allowed.append((path[:120], status))
    assert allowed == []


def test_unknown_paths_of_the_api_are_404_not_the_page(server: Server) -> None:
    for path in ("/api", "/api/", "/api/nothing", "/api/media", "/api/media/", "/api/v1/search/x"):
        assert server.ask(path)[0] in (404, 307), path
    assert server.ask("/api/nothing")[0] == 404


def test_a_foreign_host_name_is_refused(server: Server) -> None:
    for name in ("evil.example", "evil.example:8501", "127.0.0.1.evil.example", ""):
        assert server.ask("/api/v1/status", headers={"Host": name})[0] == 400, name
    for name in ("localhost", f"127.0.0.1:{server.port}", "LOCALHOST:1", "[::1]:8501"):
        assert server.ask("/api/v1/status", headers={"Host": name})[0] == 200, name


def test_a_link_that_leads_out_of_the_indexed_folders_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    secret, good = outside / "secret.mp4", inside / "good.mp4"
    secret.write_bytes(b"secret")
    good.write_bytes(b"good")
    (inside / "link.mp4").symlink_to(secret)
    (inside / "sub").symlink_to(outside)
    (inside / "loop").symlink_to(inside / "loop")
    (inside / "near.mp4").symlink_to(good)
    roots = [inside]
    assert real_path_below(good, roots) == good
    assert real_path_below(inside / "near.mp4", roots) == good
    for name in ("link.mp4", "sub/secret.mp4", "loop", "gone.mp4", "../out/secret.mp4"):
        assert real_path_below(inside / name, roots) is None, name
    # A name that only begins like the root is another folder.
    twin = tmp_path / "in-other"
    twin.mkdir()
    (twin / "x.mp4").write_bytes(b"x")
    assert real_path_below(twin / "x.mp4", roots) is None


def test_an_indexed_file_that_became_a_link_outwards_is_no_longer_served(
    odd: Odd, tmp_path: Path
) -> None:
    number, video = odd.ids["replaced.mp4"], odd.folder / "replaced.mp4"
    assert odd.server.ask(f"/api/v1/media/{number}")[0] == 200
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"secret")
    video.unlink()
    video.symlink_to(secret)
    status, _, body = odd.server.ask(f"/api/v1/media/{number}")
    assert (status, json.loads(body)["code"]) == (404, "unknown_video")
    assert odd.server.ask(f"/api/v1/thumbs/{number}")[0] == 404
    assert odd.server.ask(f"/api/v1/previews/{number}?start=0&end=1")[0] == 404


def test_playing_a_400_mb_video_adds_less_than_20_mb_of_memory(odd: Odd) -> None:
    path = f"/api/v1/media/{odd.ids['large.mp4']}"
    odd.server.ask("/api/v1/search?q=warm%20up")
    odd.server.ask(path, headers={"Range": "bytes=0-100"})
    process = psutil.Process(odd.server.process.pid)
    before = process.memory_info().rss
    with _highest_memory(process) as highest:
        served = _read_all(odd.server, path, {})
        for start in range(0, LARGE_BYTES, LARGE_BYTES // 10):
            asked = {"Range": f"bytes={start}-{start + 2_000_000}"}
            served += _read_all(odd.server, path, asked)
    assert served > LARGE_BYTES + 15_000_000
    assert max(highest) - before < MAX_ADDED_BYTES


@contextmanager
def _highest_memory(process: psutil.Process) -> Iterator[list[int]]:
    """Resident bytes of a process, looked at all the time: what was let go again counts too."""
    seen, over = [process.memory_info().rss], threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            seen.append(process.memory_info().rss)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _read_all(server: Server, path: str, headers: dict[str, str]) -> int:
    """Bytes of an answer, read in pieces so that this process does not hold them either."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    buffer, total = bytearray(1 << 20), 0
    while count := answer.readinto(buffer):
        total += count
    connection.close()
    return total


def test_the_port_of_another_server_is_a_known_error(
    server: Server, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    assert run(["serve", "--port", str(server.port), "--home", str(home)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[-2].startswith(f"error: cannot listen on 127.0.0.1:{server.port}")
    assert told[-1] == f"  fix: reelwise serve --port {server.port + 1}"


def test_nothing_of_the_environment_is_needed_but_home(server: Server) -> None:
    assert os.environ.get("STREAMLIT_SERVER_PORT") is None
    status, document = server.json("/api/v1/status")
    assert status == 200
    assert document["videos"] == 12
