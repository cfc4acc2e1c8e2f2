"""The API of the real server: what it finds, and how it refuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from data.catalogue.catalogue import Catalogue
from data.history import Impressions
from data.home import Home
from data.toons.library import ToonLibrary
from tests.ui.conftest import Server, ask
from ui.api.shape.refusals import in_http_words


def test_search_finds_what_the_command_finds(
    server: Server, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, document = server.json("/api/v1/search?q=a%20red%20car&k=3")
    assert status == 200
    told = ask(capsys, "search", "a red car", "-k", "3", home=home)
    for mine, theirs in zip(document["hits"], told["hits"], strict=True):
        assert str(mine["video_id"]) == theirs["video_id"]
        shared = mine.keys() & theirs.keys() - {"video_id", "copies"}
        assert {name: mine[name] for name in shared} == {name: theirs[name] for name in shared}
        assert {"path", "start_s", "end_s", "score", "relevance", "why", "matched"} <= shared
    for name in ("query", "encoder", "generation", "confident", "not_understood", "warnings"):
        assert document[name] == told[name]


def test_every_link_of_a_moment_leads_somewhere(server: Server) -> None:
    hit = server.json("/api/v1/search?q=a%20red%20car&k=1")[1]["hits"][0]
    for name, kind in (("media", "video/mp4"), ("thumb", "image/jpeg"), ("preview", "video/mp4")):
        status, headers, body = server.ask(hit[f"{name}_url"])
        assert (status, headers["content-type"], bool(body)) == (200, kind, True)


def test_pages_of_a_search_follow_each_other_without_gap_or_repeat(server: Server) -> None:
    whole = server.json("/api/v1/search?q=a%20red%20car&k=9")[1]["hits"]
    found: list[Any] = []
    cursor = ""
    while len(found) < 9:
        page = server.json(f"/api/v1/search?q=a%20red%20car&k=4{cursor}")[1]
        found += page["hits"]
        cursor = f"&cursor={page['next']}"
    places = [(hit["rank"], hit["video_id"], hit["start_s"]) for hit in whole]
    assert [(hit["rank"], hit["video_id"], hit["start_s"]) for hit in found][:9] == places
    other = server.json(f"/api/v1/search?q=a%20boat&k=4{cursor}")
    assert (other[0], other[1]["code"]) == (400, "wrong_cursor")
    assert server.json("/api/v1/search?q=a%20boat&cursor=x")[1]["code"] == "wrong_cursor"


def test_like_asks_by_a_stretch_of_the_library_with_words_or_without(server: Server) -> None:
    alone = server.json("/api/v1/search?like=1@0-2&k=3")[1]
    assert [hit["video_id"] for hit in alone["hits"]] == [
        hit["video_id"] for hit in server.json("/api/v1/similar?video=1@0-2&k=3")[1]["hits"]
    ]
    both = server.json("/api/v1/search?like=1@0-2&q=a%20boat&k=3")[1]
    assert both["query"] == {"text": "a boat", "like": "1@0-2"}
    assert both["hits"]
    assert server.json("/api/v1/search?like=999999")[0] == 404


@pytest.mark.parametrize(
    ("fix", "told"),
    [
        ("reelwise tags list        (those there are)", "GET /api/v1/tags lists them"),
        (
            "give dates: --after 2024-05 --before 2024-08",
            "give dates: after=2024-05 before=2024-08",
        ),
        ("try another part of it", "try another part of it"),
        ("reelwise rebuild --reencode", "on the server: reelwise rebuild --reencode"),
    ],
)
def test_a_fix_is_told_in_words_of_http(fix: str, told: str) -> None:
    assert in_http_words(fix) == told


def test_the_description_names_every_route_and_loads_nothing_from_elsewhere(
    server: Server,
) -> None:
    described = server.json("/api/v1/openapi.json")[1]
    assert described["servers"] == [{"url": "/api/v1"}]
    assert "/media/{video_id}" in described["paths"]
    status, headers, body = server.ask("/api/v1/docs")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = body.decode()
    assert not re.search(r"<script|https?://|src=", page)
    assert all(f"/api/v1{path}" in page for path in described["paths"])


def test_several_things_are_asked_in_order(server: Server) -> None:
    status, document = server.json("/api/v1/search?q=a%20car&then=a%20boat&then=a%20bird&within=60")
    assert status == 200
    assert document["query"] == {"text": "a car", "then": ["a boat", "a bird"], "within_s": 60.0}
    for hit in document["hits"]:
        starts_s = [step["start_s"] for step in hit["steps"]]
        assert len(starts_s) == 3
        assert starts_s == sorted(starts_s)


def test_similar_recommend_and_status_answer(server: Server) -> None:
    assert server.json("/api/v1/similar?video=1&k=2")[1]["hits"]
    assert server.json("/api/v1/similar?video=1@0-2")[1]["hits"]
    assert server.json("/api/v1/recommend?user=stranger&k=2")[1]["items"]
    assert server.json("/api/v1/status?failed=1")[1]["failures"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/search",
        "/api/v1/search?q=",
        "/api/v1/search?q=x&k=0",
        "/api/v1/search?q=x&k=1000000",
        "/api/v1/search?q=x&k=many",
        "/api/v1/search?q=x&min_relevance=nan",
        "/api/v1/search?q=" + "x" * 5000,
        "/api/v1/similar?video=/etc/passwd",
        "/api/v1/similar?video=..%2Fx",
        "/api/v1/similar?video=1@9-1",
        "/api/v1/similar?video=1@a-b",
        "/api/v1/similar?video=1@",
        "/api/v1/similar?video=1.mp4@1-2",
        "/api/v1/recommend",
        "/api/v1/recommend?user=%00",
        "/api/v1/recommend?user=%ED%A0%80",
        "/api/v1/search?q=kite%ff",
        "/api/v1/recommend?user=a&playing=x",
        "/api/v1/recommend?user=a&user=b",
        "/api/v1/recommend?user=a&log=yes",
        "/api/v1/search?q=x&k=2.7",
        "/api/v1/search?q=x&k=1_0",
        "/api/v1/search?q=x&k=%D9%A1",
        "/api/v1/search?q=x&min_relevance=0_0.5",
        "/api/v1/search?q=a&q=b",
        "/api/v1/search?q=a&offset=10",
        "/api/v1/search?q=a&then=",
        "/api/v1/search?q=a&after=yesterday",
        "/api/v1/search?q=a&after=2024&before=2023",
        "/api/v1/search?q=a&min_duration=9&max_duration=5",
        "/api/v1/search?q=a&within=5",
        "/api/v1/search?q=a&in=smell",
        "/api/v1/search?q=a&then=b&within=-1",
        "/api/v1/search?q=a&min_duration=9&max_duration=x",
        "/api/v1/status?verbose=1",
        "/api/v1/media/1?download=1",
        "/api/v1/thumbs/1?time=3",
        "/api/v1/thumbs/1?t=1&t=2",
        "/api/v1/previews/1?start=0&end=1&sound=1",
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
    _, document = server.json("/api/v1/search?q=a&page=2")
    assert "page" in document["error"]
    assert "min_duration" in document["fix"]


def test_search_takes_the_filters_of_the_command(server: Server, toons: ToonLibrary) -> None:
    lengths = {story.ends_s[-1] for _, story in toons.videos}
    path = f"/api/v1/search?q=a&k=60&min_duration={max(lengths) - 0.2}"
    status, document = server.json(path)
    assert status == 200
    assert len({hit["video_id"] for hit in document["hits"]}) < len(toons.videos)
    assert server.json("/api/v1/search?q=a&under=/nowhere")[0] == 409
    assert server.json("/api/v1/search?q=a&tag=kite&tag=sea")[0] == 409
    long = server.json(f"/api/v1/search?q=a&k=60&where=duration%3E%3D{max(lengths) - 0.2}")[1]
    assert [hit["video_id"] for hit in long["hits"]] == [
        hit["video_id"] for hit in document["hits"]
    ]
    status, unknown = server.json("/api/v1/search?q=a&where=speed%3E1")
    assert status == 409
    assert "nothing is called 'speed'; heads: none yet; of every video: tag" in unknown["error"]


@pytest.mark.parametrize("wish", ["log=1", "explore=0.5"])
def test_what_writes_is_post(server: Server, home: Path, wish: str) -> None:
    path = f"/api/v1/recommend?user=reader&k=2&{wish}"
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
        ("POST", "/api/v1/search?q=a", 411, "no_length"),
        ("POST", "/api/v1/similar?video=1", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/media/1", 405, "method_not_allowed"),
        ("GET", "/api/nothing", 404, "no_route"),
        ("GET", "/nosuchpage", 404, "no_route"),
        ("GET", "/_stcore/metrics", 404, "no_route"),
        ("GET", "/api/v1/media/999", 404, "unknown_video"),
        ("GET", "/api/v1/thumbs/x", 404, "unknown_video"),
        ("GET", "/api/search?q=a", 404, "no_route"),
        ("GET", "/api/v1/previews/1?start=9&end=1", 404, "unknown_video"),
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
    status, document = server.json(f"/api/v1/{path}")
    assert status == 404
    assert "999999" in document["error"]
