"""Shelves through the API: the same as the library gives, with headings in words."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recommender.shelves.shelf import KINDS
from ui.api.application import build_api
from ui.api.finding.shelves import _TITLES
from ui.api.served import Served
from ui.library.library import Library


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Iterator[Library]:
    with Library(shutil.copytree(home, tmp_path / "home")) as opened:
        yield opened


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(build_api(Served(library))) as opened:
        yield opened


def test_shelves_say_why_and_hold_no_video_twice(client: TestClient, library: Library) -> None:
    library.events.add("ingrid", 1, kind="like")
    length_s = library.catalogue.video(2).duration_s
    library.events.add("ingrid", 2, watched_s=0.5 * length_s)
    told = client.get("/shelves?user=ingrid").json()
    assert (told["user"], told["is_new"], told["is_all_seen"]) == ("ingrid", False, False)
    begun = told["shelves"][0]
    assert (begun["key"], begun["title"]) == ("begun", "Go on watching")
    assert [item["video_id"] for item in begun["items"]] == [2]
    assert begun["items"][0]["seen_share"] == pytest.approx(0.5)
    shown = [item["video_id"] for shelf in told["shelves"] for item in shelf["items"]]
    assert len(shown) == len(set(shown))
    assert 1 not in shown
    titles = {shelf["title"] for shelf in told["shelves"]}
    liked = library.catalogue.video(1).title
    assert all("Because" not in title or f'liked "{liked}"' in title for title in titles)


def test_a_shelf_can_be_had_alone_and_without_some_videos(client: TestClient) -> None:
    page = client.get("/shelves?user=new").json()
    mix = page["shelves"][0]
    first = mix["items"][0]["video_id"]
    alone = client.get(f"/shelves?user=new&shelf={mix['key']}&exclude={first}").json()["shelves"]
    assert [shelf["key"] for shelf in alone] == [mix["key"]]
    assert first not in [item["video_id"] for item in alone[0]["items"]]
    assert client.get("/shelves?user=new&shelf=nothing").json()["shelves"] == []
    assert client.get("/shelves?user=new&frob=1").status_code == 400
    assert client.get("/shelves").status_code == 400


def test_every_kind_has_a_heading() -> None:
    assert {name.partition("_")[0] for name in _TITLES} == set(KINDS)
