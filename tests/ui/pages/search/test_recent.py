"""Searches of before are told apart, and shown to nobody but who made them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st

from data.home import resolve_home
from data.people import Parameters
from tests.indexer.made import store
from ui.library.library import Library
from ui.pages import watcher
from ui.pages.search.recent import SHOWN, links, recent, remember
from ui.pages.words.language import words_of

EN, DE = words_of("en"), words_of("de")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    home = resolve_home(tmp_path / "home")
    home.make()
    store(home, {"a.mp4": np.eye(8, dtype=np.float32)[:2]})
    with Library(home.root) as opened:
        yield opened


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Begin the visit of a person; of nobody where no name is given."""

    def begin(name: str = "", *, is_guest: bool = False) -> None:
        monkeypatch.setattr(st, "session_state", {})
        monkeypatch.setattr(watcher, "watching", lambda: name)
        monkeypatch.setattr(watcher, "is_guest", lambda: is_guest)

    return begin


def kept(library: Library) -> int:
    """How many searches the library keeps, of anybody."""
    with library.catalogue.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM recent_searches").scalar_one())


def test_what_nobody_searched_is_known_in_that_visit_alone(library: Library, visit: Any) -> None:
    visit()
    for word in ("cat", "dog", "cat"):
        remember(library, {"q": [word]})
    assert recent(library) == [{"q": ["cat"]}, {"q": ["dog"]}]
    visit()
    assert recent(library) == []
    assert kept(library) == 0


def test_what_a_person_searched_is_theirs_in_every_visit(library: Library, visit: Any) -> None:
    visit("anna")
    remember(library, {"q": ["cat"]})
    visit("ben")
    assert recent(library) == []
    visit("anna")
    assert recent(library) == [{"q": ["cat"]}]


def test_of_a_guest_nothing_is_kept(library: Library, visit: Any) -> None:
    visit(is_guest=True)
    remember(library, {"q": ["cat"]})
    assert recent(library) == []
    assert kept(library) == 0


def test_searches_say_their_example_and_their_filters(library: Library) -> None:
    video = str(library.catalogue.video("a.mp4").id)
    searches: list[Parameters] = [
        {"q": ["cat"]},
        {"q": "cat", "in": "said", "len": "-90"},
        {"like": f"{video}@2.62-3.43"},
        {"like": video, "q": "cat"},
    ]
    assert [each["text"] for each in links(library, searches, EN)] == [
        "cat",
        "cat · Under 1.5 min · In what is said",
        'similar to "a" 0:02.6-0:03.4',
        'cat · similar to "a"',
    ]
    assert links(library, searches, DE)[1]["text"].startswith("cat · Unter 1,5 min")
    assert links(library, searches, EN)[1]["href"] == "/?q=cat&in=said&len=-90"


def test_of_searches_that_look_the_same_the_last_is_shown(library: Library) -> None:
    alike: list[Parameters] = [{"q": "cat", "sort": "new"}, {"q": "cat"}]
    shown = links(library, alike, EN)
    assert shown == [{"text": "cat", "href": "/?q=cat&sort=new"}]
    many: list[Parameters] = [{"q": f"cat {n}"} for n in range(SHOWN + 3)]
    assert len(links(library, many, EN)) == SHOWN


def test_a_search_by_what_is_gone_is_not_offered(library: Library) -> None:
    assert links(library, [{"like": "999@0-1"}, {"like": "e" * 40}], EN) == []
