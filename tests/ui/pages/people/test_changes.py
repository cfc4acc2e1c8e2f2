"""Changing people, and choosing one: only who knows a PIN may."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st

from data.errors import ReelwiseError
from data.people.pin_tries import FREE
from ui.library.library import Library
from ui.pages import served, watcher
from ui.pages.history import page as history_page
from ui.pages.people import choosing
from ui.pages.people.changes import CHANGES, change_person
from ui.pages.people.choosing import is_kept_from, people_data, take
from ui.pages.people.recording import records, set_records
from ui.pages.words.language import words_of


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    with Library(tmp_path / "home") as opened:
        opened.make()
        opened.people.add("anna", colour="#0f766e")
        opened.people.add("Zoë", pin="1234")
        monkeypatch.setattr(served, "library", lambda: opened)
        yield opened


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was taken, in order."""
    names: list[str] = []
    monkeypatch.setattr(watcher, "choose", names.append)
    return names


def test_people_are_listed_by_name_whatever_their_capitals(library: Library) -> None:
    assert [each["name"] for each in people_data(library)] == ["anna", "Zoë"]


@pytest.mark.parametrize("what", CHANGES)
def test_of_a_person_with_a_pin_nothing_changes_without_it(library: Library, what: str) -> None:
    value = {"colour": "#112233", "records": "0", "pin": "", "rename": "Zoe", "merge": "anna"}[what]
    before = library.people.all()
    with pytest.raises(ReelwiseError, match="PIN"):
        change_person(library, {"what": what, "name": "Zoë", "value": value, "pin": "0000"})
    assert library.people.all() == before
    change_person(library, {"what": what, "name": "Zoë", "value": value, "pin": "1234"})
    assert library.people.all() != before


def test_nobody_with_a_pin_gets_the_history_of_another_without_it(library: Library) -> None:
    before = library.people.all()
    with pytest.raises(ReelwiseError, match="Zoë has a PIN"):
        change_person(library, {"what": "merge", "name": "anna", "value": "Zoë"})
    assert library.people.all() == before


def test_wrong_pins_on_the_page_have_to_wait_and_the_right_one_as_well(
    library: Library, chosen: list[str]
) -> None:
    for _ in range(FREE - 1):
        with pytest.raises(ReelwiseError, match="not the PIN"):
            take(library, "Zoë", "0000")
    wanted = {"what": "colour", "name": "Zoë", "value": "#112233", "pin": "0000"}
    with pytest.raises(ReelwiseError, match="not the PIN"):
        change_person(library, wanted)
    with pytest.raises(ReelwiseError, match="Too many wrong PINs") as told:
        take(library, "Zoë", "1234")
    assert told.value.fix == "try again in 30 seconds."
    assert chosen == []
    with pytest.raises(ReelwiseError, match="Too many wrong PINs"):
        change_person(library, wanted | {"pin": "1234"})
    assert library.people.is_pin("Zoë", "1234", client="somebody elsewhere")


def test_a_change_gives_the_name_from_now_on(library: Library) -> None:
    assert change_person(library, {"what": "rename", "name": "anna", "value": "Anna"}) == "Anna"
    assert change_person(library, {"what": "colour", "name": "Anna", "value": "#112233"}) == "Anna"
    with pytest.raises(ReelwiseError, match="nobody"):
        change_person(library, {"what": "colour", "name": "anna", "value": "#112233"})


def test_who_is_new_is_made_and_who_has_a_pin_is_asked(library: Library, chosen: list[str]) -> None:
    take(library, "  Newcomer  ")
    assert chosen == ["Newcomer"]
    assert "Newcomer" in {person.name for person in library.people.all()}
    with pytest.raises(ReelwiseError):
        take(library, "Zoë", "0000")
    take(library, "Zoë", "1234")
    take(library, watcher.GUEST)
    assert chosen == ["Newcomer", "Zoë", watcher.GUEST]


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "x" * 5000, " - "])
def test_what_is_no_name_is_nobody(library: Library, chosen: list[str], name: str) -> None:
    with pytest.raises(ReelwiseError):
        take(library, name)
    assert chosen == []


def test_pages_of_a_person_with_a_pin_are_theirs(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "watching", lambda: "anna")
    assert is_kept_from(library, "Zoë")
    assert not is_kept_from(library, "anna")
    assert not is_kept_from(library, "somebody unknown")
    monkeypatch.setattr(watcher, "watching", lambda: "Zoë")
    assert not is_kept_from(library, "Zoë")


def test_recording_is_kept_for_the_person(library: Library) -> None:
    assert records("anna")
    assert records("somebody unknown")
    set_records("anna", False)
    set_records("of events only", False)
    assert not records("anna")
    assert not records("of events only")
    set_records("anna", True)
    assert records("anna")


def test_that_somebody_is_forgotten_is_told_as_done_and_not_as_a_fault(
    library: Library, chosen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, object] = {"history": SimpleNamespace(forget="anna")}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(watcher, "watching", lambda: "anna")
    monkeypatch.setattr(watcher, "words", lambda: words_of("en"))
    history_page._forget()
    assert chosen == [""]
    told = choosing._people(library)
    assert told["done"] == "anna is forgotten: 0 events were deleted."
    assert told["told"] == ""
    assert choosing._people(library)["done"] == "", "it is told once"
