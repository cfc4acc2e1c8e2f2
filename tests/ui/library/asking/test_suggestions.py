from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalogue.database import Database
from data.catalogue.records import FileRecord
from data.catalogue.videos import titles_and_paths
from ui.library.asking import suggestions as module
from ui.library.asking.suggestions import Suggestions, Words
from ui.library.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "home") as opened:
        opened.make()
        add(opened, "Talks/Über_den Fluss.mp4", "Talks/river bank.mp4", "Home/RIVER boat.mp4")
        yield opened


def add(library: Library, *names: str) -> None:
    library.catalogue.files.put([FileRecord(Path("/l") / n, 1, 1, 1, n) for n in names])


def texts(library: Library, typed: str, user: str | None = None) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in library.suggest(user, typed)]


def test_titles_folders_and_tags_are_found_by_any_word(library: Library) -> None:
    library.catalogue.tags.add(1, ["bank holiday"])
    assert texts(library, "riv") == [("title", "river bank"), ("title", "RIVER boat")]
    assert texts(library, "ban") == [("tag", "bank holiday"), ("title", "river bank")]
    assert texts(library, "tal") == [("folder", "Talks")]
    assert texts(library, "ÜBER d") == [("title", "Über den Fluss")]
    assert library.suggest(None, "talks")[0].parameters == {"folder": "/l/Talks"}


@pytest.mark.parametrize("typed", ["", "r", " r", "..", "iver", "river  x"])
def test_what_begins_no_word_suggests_nothing(library: Library, typed: str) -> None:
    assert texts(library, typed) == []


def test_own_searches_come_first_and_are_nobody_elses(library: Library) -> None:
    library.searches.note("anna", {"q": "river at night", "len": "0-60"})
    library.searches.save("anna", "rivers", {"q": "water"})
    assert texts(library, "river", "anna")[:2] == [
        ("saved", "rivers"),
        ("search", "river at night"),
    ]
    assert library.suggest("anna", "river at")[0].parameters == {
        "q": "river at night",
        "len": "0-60",
    }
    assert texts(library, "river", "ben") == [("title", "river bank"), ("title", "RIVER boat")]
    assert texts(library, "river") == texts(library, "river", "ben"), "anybody may be asking"


def test_nothing_is_suggested_twice_or_beyond_the_limit(library: Library) -> None:
    library.searches.note("anna", {"q": "River bank"})
    assert texts(library, "river b", "anna") == [("search", "River bank"), ("title", "RIVER boat")]
    assert len(library.suggest("anna", "river", limit=1)) == 1


def test_the_library_is_read_once_and_behind_an_answer_when_it_has_changed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[int]()

    def counted(database: Database) -> list[tuple[int, str, str]]:
        read.append(1)
        return titles_and_paths(database)

    monkeypatch.setattr(module, "titles_and_paths", counted)
    monkeypatch.setattr(module, "READ_AGAIN_S", 0.0)
    for _ in range(3):
        texts(library, "river")
    assert len(read) == 1
    add(library, "Talks/river new.mp4")
    while ("title", "river new") not in texts(library, "river"):
        time.sleep(0.01)
    assert len(read) == 2


def test_one_library_has_one_memory(library: Library) -> None:
    assert texts(library, "river")
    assert isinstance(library._suggestions, Suggestions)
    held = library._suggestions._held
    assert texts(library, "talks")
    assert library._suggestions._held is held


@given(st.lists(st.text("ab -", max_size=6), max_size=8), st.text("ab -", min_size=1, max_size=3))
def test_lines_are_those_with_a_word_that_begins_so(lines: list[str], typed: str) -> None:
    words = module._key(typed).split()
    if not words:
        return

    def fits(line: str) -> bool:
        have = module._key(line).split()
        return any(" ".join(have[n:]).startswith(" ".join(words)) for n in range(len(have)))

    assert set(Words(lines).beginning(typed)) == {line for line in lines if fits(line)}


def test_words_that_an_address_has_in_a_list_are_suggested_as_words(tmp_path: Path) -> None:
    with Library(tmp_path / "home") as library:
        library.make()
        library.searches.note("anna", {"q": ["a red kite"], "tag": ["sea"]})
        assert [one.text for one in library.suggest("anna", "red")] == ["a red kite"]
