"""Examples over HTTP: kept for a day under an id, searched by it, or sent with the search."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.toons.library import ToonLibrary
from data.video.transcode import Change, transcode
from tests.ui.conftest import Server
from tests.ui.pages.conftest import id_of

BOUNDARY = "a-boundary-of-the-test"


@pytest.fixture(scope="module")
def clip(toons: ToonLibrary, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    """The middle of the last cartoon, smaller: its file name, and the clip."""
    name, story = toons.videos[-1]
    length_s = story.ends_s[-1]
    path = tmp_path_factory.mktemp("clip") / "example.mp4"
    change = Change(start_s=length_s / 3, end_s=2 * length_s / 3, scale=0.5, crf=34)
    transcode(toons.folder / name, path, change)
    return name, path.read_bytes()


def post(
    server: Server, path: str, content: bytes, name: str = "example.mp4", field: str = "file"
) -> tuple[int, Any]:
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        f'name="{field}"; filename="{name}"\r\nContent-Type: video/mp4\r\n\r\n'
    )
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    status, _, answer = server.ask(f"/api/v1{path}", method="POST", headers=kind, body=body)
    return status, json.loads(answer)


def test_a_kept_example_finds_its_source_alone_and_with_words(
    server: Server, home: Path, clip: tuple[str, bytes]
) -> None:
    name, content = clip
    status, kept = post(server, "/examples", content)
    assert (status, kept["kind"], kept["name"]) == (200, "clip", "example.mp4")
    status, found = server.json(f"/api/v1/search?like={kept['id']}&k=3")
    assert status == 200
    assert str(found["hits"][0]["video_id"]) == id_of(home, name)
    status, _ = server.json(f"/api/v1/search?like={kept['id']}@0-1&q=a+dog&k=3")
    assert status == 200
    status, headers, picture = server.ask(kept["thumb_url"])
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert picture[:2] == b"\xff\xd8"


def test_a_search_takes_the_file_itself(
    server: Server, home: Path, clip: tuple[str, bytes], tmp_path: Path
) -> None:
    name, content = clip
    status, found = post(server, "/search?k=2&min_duration=0.5", content)
    assert status == 200
    assert str(found["hits"][0]["video_id"]) == id_of(home, name)
    Image.fromarray(np.full((90, 160, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    status, found = post(server, "/search?k=2", (tmp_path / "grey.png").read_bytes(), "grey.png")
    assert status == 200
    assert len(found["hits"]) == 2


@pytest.mark.parametrize(
    ("path", "content", "field", "code"),
    [
        ("/search", b"this is not a video" * 100, "file", 400),
        ("/examples", b"x", "clip", 400),
        ("/search?like=1", b"x", "file", 400),
        ("/search?unknown=1", b"x", "file", 400),
    ],
)
def test_what_is_wrong_with_an_example_is_said(
    server: Server, path: str, content: bytes, field: str, code: int
) -> None:
    status, answer = post(server, path, content, field=field)
    assert (status // 100, set(answer)) == (code // 100, {"error", "fix", "code"})
    assert answer["error"]


def test_an_id_that_nobody_was_given_is_404(server: Server) -> None:
    for number in ("x-AAAAAAAAAAAAAAAAAAAAAA", "x-..%2f..%2fetc"):
        status, answer = server.json(f"/api/v1/search?like={number}")
        assert (status, answer["code"]) == (404, "unknown_example")
    status, answer = server.json("/api/v1/examples/x-AAAAAAAAAAAAAAAAAAAAAA/thumb")
    assert (status, answer["code"]) == (404, "unknown_example")
