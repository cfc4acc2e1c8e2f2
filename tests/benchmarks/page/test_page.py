"""The page's benchmark at its smallest size: each step ends at what it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.made.made_library import MadeLibrary, make_library
from benchmarks.page import page
from benchmarks.page.chromium import open_chromium
from benchmarks.page.page import Plan, Visit, at_once, figures_of
from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import Home
from tests.ui.conftest import Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long(21)

STEPS = [
    "first_picture",
    "reload",
    "search_to_picture",
    "hover_to_preview",
    "card_to_video",
    "library",
    "jump",
    "back_to_place",
    "for_you",
    "like",
    "undo",
]
N_VIDEOS, N_TOONS = 80, 4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeLibrary:
    return make_library(tmp_path_factory.mktemp("made"), N_VIDEOS, N_TOONS)


@pytest.fixture(scope="module")
def server(made: MadeLibrary) -> Iterator[Server]:
    with serving(made.home, "--refit-every", "off") as server:
        yield server


def test_a_made_library_has_as_many_videos_and_some_with_files(made: MadeLibrary) -> None:
    with Catalogue(Home(made.home)) as catalogue:
        videos = catalogue.videos()
    assert len(videos) == N_VIDEOS
    assert sum(each.path.is_file() for each in videos) == N_TOONS
    assert len(made.queries) >= N_TOONS


@pytest.mark.browser
def test_every_step_is_timed_and_its_cost_to_the_server_is_told(
    browser: Browser,
    server: Server,
    made: MadeLibrary,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page, "N_VISITORS", 4)
    found = figures_of(Visit(browser, server, made), Plan(N_VIDEOS, rounds=1))
    for step in STEPS:
        assert 0 < found[step]["ms"] <= found[step]["worst_ms"]
    assert found["first_picture"]["server_cpu_s"] > 0
    assert 0 < found["first_paint_ms"] <= found["first_picture"]["ms"]
    assert found["4 visitors"]["errors"] == 0
    assert found["4 visitors"]["search_ms"] > 0


def test_a_visitor_who_is_not_answered_is_counted(server: Server, made: MadeLibrary) -> None:
    found = at_once(server, replace(made, queries=["a dog", "x" * 5_000]), 2)
    assert found["errors"] == 1
    assert "400" in found["first_error"]


def test_without_chromium_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.page.chromium.CHROMIUM", tmp_path / "none")
    with pytest.raises(ReelwiseError, match="no Chromium at") as caught, open_chromium():
        pass
    assert "REELWISE_CHROMIUM" in caught.value.fix
