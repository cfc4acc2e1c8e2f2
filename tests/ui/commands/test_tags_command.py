"""Tags from the command line: given, listed, searched for on the command line and in the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home
from tests.ui.conftest import Server, ask, tell

pytestmark = pytest.mark.long(8)

RED = ["search", "a red car", "-k", "30"]


@pytest.fixture
def tagged(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """The toons, of which the third is tagged with two names and the fifth with one."""
    ask(capsys, "tags", "add", "toon-0003.mp4", "Summer  holidays", "kite", home=home)
    ask(capsys, "tags", "add", "toon-0005.mp4", "KITE", home=home)
    yield home
    with Catalogue(Home(home)) as catalogue:
        for video_id, names in catalogue.tags.of(range(1, 50)).items():
            catalogue.tags.remove(video_id, names)


def found(document: dict[str, Any]) -> set[str]:
    return {Path(hit["path"]).name for hit in document["hits"]}


def test_a_video_gets_tags_lists_them_and_loses_them(
    tagged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    added = ask(capsys, "tags", "add", "toon-0003.mp4", "Kite", "boat", home=tagged)
    assert added["added"] == ["boat"]
    assert added["tags"] == ["boat", "Kite", "Summer holidays"]
    assert Path(added["path"]).name == "toon-0003.mp4"
    left = ask(capsys, "tags", "remove", added["video_id"], "BOAT", home=tagged)
    assert left["tags"] == ["Kite", "Summer holidays"]
    listed = ask(capsys, "tags", "list", "toon-0003.mp4", home=tagged)
    assert {name: listed[name] for name in left} == left
    assert ask(capsys, "tags", "list", home=tagged)["tags"] == [
        {"tag": "Kite", "videos": 2},
        {"tag": "Summer holidays", "videos": 1},
    ]
    lines = tell(capsys, "tags", "list", home=tagged).out.splitlines()
    assert [line.split() for line in lines] == [
        ["Kite", "2", "videos"],
        ["Summer", "holidays", "1", "video"],
    ]
    wrong = ask(capsys, "tags", "remove", "toon-0003.mp4", "boat", home=tagged, code=1)
    assert wrong["error"] == "this video has no tag 'boat'"
    first, *_ = tell(capsys, "tags", "list", "toon-0001.mp4", home=tagged).out.splitlines()
    assert first.endswith(": no tag")


def test_a_search_finds_only_videos_with_all_of_the_tags(
    tagged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kites = ask(capsys, *RED, "--tag", "kite", home=tagged)
    assert found(kites) == {"toon-0003.mp4", "toon-0005.mp4"}
    both = ask(capsys, *RED, "--tag", "kite", "--tag", "summer holidays", home=tagged)
    assert found(both) == {"toon-0003.mp4"}


def test_the_running_server_and_its_api_know_a_tag_at_once(
    tagged: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    status, kites = server.json("/api/v1/search?q=a%20red%20car&k=30&tag=kite")
    assert (status, found(kites)) == (200, {"toon-0003.mp4", "toon-0005.mp4"})
    ask(capsys, "tags", "add", "toon-0007.mp4", "kite", home=tagged)
    assert found(ask(capsys, *RED, "--tag", "kite", home=tagged)) >= {"toon-0007.mp4"}
    _, both = server.json("/api/v1/search?q=a%20red%20car&k=30&tag=kite&tag=summer%20holidays")
    assert found(both) == {"toon-0003.mp4"}
