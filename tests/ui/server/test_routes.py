"""The JSON API and the pictures of the real server."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.catalogue.catalogue import Catalogue
from data.history import Impressions
from data.home import Home
from data.toons.library import ToonLibrary
from data.video.children.pool import decode_one
from data.video.types import DecodeRequest, FrameSpec
from tests.ui.conftest import Odd, Server, ask


def test_search_answers_as_the_command_does(
    server: Server, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, document = server.json("/api/search?q=a%20red%20car&k=3")
    assert status == 200
    told = ask(capsys, "search", "a red car", "-k", "3", home=home)
    for each in (document, told):
        each.pop("took_ms")
    assert document == told


def test_several_things_are_asked_in_order(server: Server) -> None:
    status, document = server.json("/api/search?q=a%20car&then=a%20boat&then=a%20bird&within=60")
    assert status == 200
    assert document["query"] == {"text": "a car", "then": ["a boat", "a bird"], "within_s": 60.0}
    for hit in document["hits"]:
        starts_s = [step["start_s"] for step in hit["steps"]]
        assert len(starts_s) == 3
        assert starts_s == sorted(starts_s)


def test_similar_recommend_and_status_answer(server: Server) -> None:
    assert server.json("/api/similar?video=1&k=2")[1]["hits"]
    assert server.json("/api/similar?video=1@0-2")[1]["hits"]
    assert server.json("/api/recommend?user=stranger&k=2")[1]["items"]
    assert server.json("/api/status?failed=1")[1]["failures"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/search",
        "/api/search?q=",
        "/api/search?q=x&k=0",
        "/api/search?q=x&k=1000000",
        "/api/search?q=x&k=many",
        "/api/search?q=x&min_relevance=nan",
        "/api/search?q=" + "x" * 5000,
        "/api/similar?video=/etc/passwd",
        "/api/similar?video=..%2Fx",
        "/api/similar?video=1@9-1",
        "/api/similar?video=1@a-b",
        "/api/similar?video=1@",
        "/api/similar?video=1.mp4@1-2",
        "/api/recommend",
        "/api/recommend?user=%00",
        "/api/recommend?user=%ED%A0%80",
        "/api/search?q=kite%ff",
        "/api/recommend?user=a&playing=x",
        "/api/recommend?user=a&user=b",
        "/api/recommend?user=a&log=yes",
        "/api/search?q=x&k=2.7",
        "/api/search?q=x&k=1_0",
        "/api/search?q=x&k=%D9%A1",
        "/api/search?q=x&min_relevance=0_0.5",
        "/api/search?q=a&q=b",
        "/api/search?q=a&offset=10",
        "/api/search?q=a&then=",
        "/api/search?q=a&after=yesterday",
        "/api/search?q=a&after=2024&before=2023",
        "/api/search?q=a&min_duration=9&max_duration=5",
        "/api/search?q=a&within=5",
        "/api/search?q=a&in=smell",
        "/api/search?q=a&then=b&within=-1",
        "/api/search?q=a&min_duration=9&max_duration=x",
        "/api/status?verbose=1",
        "/api/media/1?download=1",
        "/api/thumbs/1?time=3",
        "/api/thumbs/1?t=1&t=2",
        "/api/previews/1?start=0&end=1&sound=1",
    ],
)
def test_a_wrong_request_is_400_with_a_fix_and_a_code(server: Server, path: str) -> None:
    status, headers, body = server.ask(path)
    document = json.loads(body)
    assert status == 400
    assert set(document) == {"error", "fix", "code"}
    assert document["code"] in ("wrong_parameter", "unknown_parameter")
    assert headers["cache-control"] == "no-store"


def test_a_path_that_leads_out_is_refused_in_the_same_shape(server: Server) -> None:
    status, _, body = server.ask("/api/%2e%2e/x")
    assert (status, set(json.loads(body))) == (400, {"error", "fix", "code"})


def test_an_unknown_parameter_is_told_with_those_there_are(server: Server) -> None:
    _, document = server.json("/api/search?q=a&page=2")
    assert "page" in document["error"]
    assert "min_duration" in document["fix"]


def test_search_takes_the_filters_of_the_command(server: Server, toons: ToonLibrary) -> None:
    lengths = {story.ends_s[-1] for _, story in toons.videos}
    path = f"/api/search?q=a&k=60&min_duration={max(lengths) - 0.2}"
    status, document = server.json(path)
    assert status == 200
    assert len({hit["video_id"] for hit in document["hits"]}) < len(toons.videos)
    assert server.json("/api/search?q=a&under=/nowhere")[0] == 409
    assert server.json("/api/search?q=a&tag=kite&tag=sea")[0] == 409


@pytest.mark.parametrize("wish", ["log=1", "explore=0.5"])
def test_what_writes_is_post(server: Server, home: Path, wish: str) -> None:
    path = f"/api/recommend?user=reader&k=2&{wish}"
    with Catalogue(Home(home)) as catalogue:
        before = Impressions(catalogue).all()
        status, document = server.json(path)
        assert (status, document["code"]) == (400, "needs_post")
        assert Impressions(catalogue).all() == before
        assert server.ask(path, method="POST")[0] == 200
        assert len(Impressions(catalogue).all()) > len(before)
        with catalogue.writing("tidy") as connection:  # other tests share this home
            connection.exec_driver_sql("DELETE FROM impressions WHERE \"user\" = 'reader'")
        assert Impressions(catalogue).all() == before
    foreign = {"Origin": "http://localhost:9999"}
    assert server.ask(path, method="POST", headers=foreign)[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/api/search?q=a", 405, "method_not_allowed"),
        ("DELETE", "/api/media/1", 405, "method_not_allowed"),
        ("GET", "/api/nothing", 404, "no_route"),
        ("GET", "/nosuchpage", 404, "no_route"),
        ("GET", "/_stcore/metrics", 404, "no_route"),
        ("GET", "/api/media/999", 404, "unknown_video"),
        ("GET", "/api/thumbs/x", 404, "unknown_video"),
        ("GET", "/api/previews/1?start=9&end=1", 404, "unknown_video"),
    ],
)
def test_every_error_has_one_shape(
    server: Server, method: str, path: str, status: int, code: str
) -> None:
    found, headers, body = server.ask(path, method=method)
    assert found == status
    assert json.loads(body)["code"] == code
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["similar?video=999999", "recommend?user=a&playing=999999"])
def test_a_video_that_is_not_there_is_404(server: Server, path: str) -> None:
    status, document = server.json(f"/api/{path}")
    assert status == 404
    assert "999999" in document["error"]


@pytest.mark.parametrize(("time_s", "grey"), [(0.2, 240), (2.2, 160), (4.2, 80)])
def test_a_picture_shows_the_asked_time(odd: Odd, time_s: float, grey: int) -> None:
    status, headers, body = odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t={time_s}")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    pixels = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (270, 480, 3)
    assert abs(float(pixels.mean()) - grey) < 6


def test_a_time_that_the_video_does_not_have_is_404(odd: Odd) -> None:
    # The last frame of a moment may lie at the very end.
    assert odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t=5.0")[0] == 200
    assert odd.server.ask(f"/api/previews/{odd.ids['grey.mp4']}?start=500&end=501")[0] == 404
    for time in ("500", "-1", "nan", "inf", "x", "1e9"):
        assert odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t={time}")[0] == 404


def test_pictures_are_kept_in_the_cache(odd: Odd) -> None:
    folder = odd.home / "cache" / "thumbnails"
    odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t=1.11")
    kept = set(folder.iterdir())
    odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t=1.11")
    assert set(folder.iterdir()) == kept
    # The cache may be deleted at any time.
    for path in kept:
        path.unlink()
    assert odd.server.ask(f"/api/thumbs/{odd.ids['grey.mp4']}?t=1.11")[0] == 200


def test_a_gif_is_played_as_an_mp4_of_the_moment(odd: Odd, tmp_path: Path) -> None:
    path = f"/api/previews/{odd.ids['grey.gif']}?start=2&end=4"
    status, headers, body = odd.server.ask(path)
    assert (status, headers["content-type"]) == (200, "video/mp4")
    preview = tmp_path / "preview.mp4"
    preview.write_bytes(body)
    info = decode_one(DecodeRequest(preview, FrameSpec(16, 16)))[2].info
    assert info is not None
    assert info.codec == "h264"
    assert info.duration_s == pytest.approx(2.0, abs=0.15)
    status, _, part = odd.server.ask(path, headers={"Range": "bytes=0-9"})
    assert (status, part) == (206, body[:10])
    assert odd.server.ask(f"/api/previews/{odd.ids['grey.gif']}?start=4&end=2")[0] == 404
