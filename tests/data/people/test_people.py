from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.guard.copies import renew_copies
from data.catalogue.records import FileRecord
from data.catalogue.soundness.checks import row_problems
from data.catalogue.soundness.mending import mend_rows
from data.errors import ReelwiseError
from data.history import History, Impression, Impressions, RecordedEvents, unusable_events
from data.history.recorded import Origin
from data.home import Home
from data.people import People, Searches
from data.people.pins import hashed_pin, is_pin
from tests.data.made import catalogue_bytes

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    with Catalogue(home) as opened:
        opened.files.put([FileRecord(Path("/l/kite.mp4"), 1, 1, 1, "kite")])
        yield opened


@pytest.fixture
def people(catalogue: Catalogue) -> People:
    return People(catalogue)


@pytest.fixture
def history(catalogue: Catalogue) -> History:
    return History(catalogue)


def test_whoever_has_events_is_a_person(people: People, history: History) -> None:
    history.add("zoe", "kite")
    made = people.add(" anna ", colour="#ABCDEF")
    assert [(one.name, one.events) for one in people.all()] == [("anna", 0), ("zoe", 1)]
    assert (made.colour, made.records, made.has_pin) == ("#abcdef", True, False)
    assert people.get("zoe").created_at is None
    # Something is said about her: now she has a row.
    assert people.change("zoe", records=False).records is False
    assert people.get("zoe").created_at is not None


def test_nobody_is_added_twice_and_nobody_else_is_there(people: People, history: History) -> None:
    people.add("anna")
    for name, told in (("anna", "there already"), (" ", "needs a name")):
        with pytest.raises(ReelwiseError, match=told):
            people.add(name)
    with pytest.raises(ReelwiseError, match="nobody is called 'ana'; did you mean anna"):
        people.get("ana")
    with pytest.raises(ReelwiseError, match="a colour is written"):
        people.change("anna", colour="red; }")


def test_new_people_get_colours_in_turn(people: People) -> None:
    assert len({people.add(name).colour for name in "abcde"}) == 5


def test_a_pin_opens_and_another_does_not(people: People, home: Home) -> None:
    people.add("anna", pin="48151623")
    assert people.get("anna").has_pin
    assert (people.is_pin("anna", "48151623"), people.is_pin("anna", "48151624")) == (True, False)
    assert b"48151623" not in catalogue_bytes(home)
    assert people.set_pin("anna", None).has_pin is False
    assert people.is_pin("anna", "")
    with pytest.raises(ReelwiseError, match="a PIN has 4 to 64"):
        people.set_pin("anna", "123")


def test_equal_pins_are_stored_differently_and_no_other_text_is_one() -> None:
    first, second = hashed_pin("1234"), hashed_pin("1234")
    assert first != second
    assert is_pin(first, "1234")
    for wrong in ("", "1234", first.replace("scrypt", "plain"), first[:-1], first[:-64] + "00"):
        assert not is_pin(wrong, "1234")


def test_a_damaged_person_opens_nothing_and_is_mended_from_a_copy(
    people: People, catalogue: Catalogue, home: Home
) -> None:
    people.add("anna", pin="4815")
    home.copies.mkdir()
    renew_copies(home)
    with catalogue.writing("test") as connection:
        connection.exec_driver_sql("UPDATE people SET pin = NULL")
    with pytest.raises(ReelwiseError, match="not as it was written"):
        people.is_pin("anna", "anything")
    assert row_problems(catalogue) == ["people who are not as they were written: 1"]
    assert mend_rows(catalogue) == ["1 people were taken from a copy of the catalogue"]
    assert (people.is_pin("anna", "x"), people.is_pin("anna", "4815")) == (False, True)


def test_a_view_of_who_is_not_recorded_is_not_stored(
    people: People, catalogue: Catalogue, history: History
) -> None:
    people.add("anna")
    people.change("anna", records=False)
    events = RecordedEvents(catalogue, history)
    for origin in (Origin("page"), Origin("api")):
        seen = events.add("anna", "kite", watched_s=9.0, origin=origin)
        assert (seen.outcome, seen.event) == ("not recorded", None)
    # What a person says is meant to stay, and so is what was brought here on purpose.
    assert events.add("anna", "kite", kind="like", origin=Origin("page")).outcome == "added"
    history.add("anna", "kite", source="command line")
    people.change("anna", records=True)
    assert events.add("anna", "kite", watched_s=9.0, origin=Origin("page")).outcome == "added"
    assert [event.kind for event in history.events("anna")] == ["like", "view", "view"]


def test_nothing_is_recorded_of_a_person_whose_row_is_damaged(
    people: People, catalogue: Catalogue, history: History
) -> None:
    people.add("anna")
    people.change("anna", records=False)
    with catalogue.writing("test") as connection:
        connection.exec_driver_sql("UPDATE people SET records = 1")
    events = RecordedEvents(catalogue, history)
    assert events.add("anna", "kite", origin=Origin("page")).outcome == "not recorded"


def test_a_new_name_takes_everything_along(
    people: People, catalogue: Catalogue, history: History
) -> None:
    people.add("anna", pin="4815", colour="#123456")
    history.add("anna", "kite", at=NOON)
    Impressions(catalogue).add([Impression("anna", 1, NOON, 1, "content", 1.0, 0.5)])
    searches = Searches(catalogue)
    searches.save("anna", "dogs", {"q": "dog"})
    searches.note("anna", {"q": "cat"})
    renamed = people.rename("anna", "ann")
    assert (renamed.name, renamed.colour, renamed.events) == ("ann", "#123456", 1)
    assert people.is_pin("ann", "4815")
    assert [one.name for one in people.all()] == ["ann"]
    assert [one.name for one in searches.saved("ann")] == ["dogs"]
    assert len(searches.recent("ann")) == 1
    assert [one.user for one in Impressions(catalogue).all()] == ["ann"]
    assert (row_problems(catalogue), unusable_events(catalogue)) == ([], 0)
    assert history.unknown("anna") is not None


def test_a_name_that_somebody_has_is_no_new_name(people: People, history: History) -> None:
    people.add("anna")
    history.add("ben", "kite")
    with pytest.raises(ReelwiseError, match="'ben' is there already"):
        people.rename("anna", "ben")
    assert [one.name for one in people.all()] == ["anna", "ben"]


def test_two_people_become_one(people: People, catalogue: Catalogue, history: History) -> None:
    for name, at in (("anna", 1), ("Anna", 2)):
        people.add(name)
        history.add(name, "kite", at=NOON.replace(hour=at))
    searches = Searches(catalogue)
    for name, words in (("Anna", "old"), ("anna", "new")):
        searches.save(name, "dogs", {"q": words})
        searches.note(name, {"q": "same"})
    assert people.merge("Anna", into="anna").events == 2
    assert [one.name for one in people.all()] == ["anna"]
    saved = {one.name: one.parameters for one in searches.saved("anna")}
    assert saved == {"dogs": {"q": "new"}, "dogs (Anna)": {"q": "old"}}
    assert len(searches.recent("anna")) == 1
    assert row_problems(catalogue) == []
    with pytest.raises(ReelwiseError, match="one person already"):
        people.merge("anna", into=" anna")


def test_a_damaged_event_is_not_made_whole_by_a_new_name(
    people: People, catalogue: Catalogue, history: History
) -> None:
    history.add("anna", "kite", at=NOON)
    history.add("anna", "kite", at=NOON.replace(hour=13))
    with catalogue.writing("test") as connection:
        connection.exec_driver_sql("UPDATE events SET at = at + 1 WHERE id = 1")
    assert unusable_events(catalogue) == 1
    people.rename("anna", "ann")
    assert (unusable_events(catalogue), len(history.events("ann"))) == (1, 1)


def test_forgetting_leaves_no_byte_of_a_person(
    people: People, catalogue: Catalogue, history: History, home: Home
) -> None:
    name = "carla-secret"
    people.add(name, pin="4815")
    searches = Searches(catalogue)
    for number in range(50):
        searches.note(name, {"q": f"private-words {number}"})
    searches.save(name, "private-name", {"q": "dog"})
    events = RecordedEvents(catalogue, history)
    events.add(name, "kite", origin=Origin("page", "private-mount", 1))
    with catalogue.writing("test") as connection:
        connection.exec_driver_sql(
            "INSERT INTO jobs (kind, arguments, state, asked_by, created_at)"
            f" VALUES ('index', '{{}}', 'done', '{name}', 1)"
        )
    written = (name, "private-words", "private-name", "private-mount")
    assert all(text.encode() in catalogue_bytes(home) for text in written)
    forgotten = history.forget(name)
    assert (forgotten.events, forgotten.searches, forgotten.mentions) == (1, 51, 0)
    assert [text for text in written if text.encode() in catalogue_bytes(home)] == []
    assert people.all() == []


def test_who_only_searched_or_only_has_a_row_is_forgotten_too(
    people: People, catalogue: Catalogue, history: History
) -> None:
    people.add("anna")
    Searches(catalogue).note("ben", {"q": "anna and the dog"})
    assert history.forget("anna").mentions == 1
    assert history.forget("ben").searches == 1
    for name in ("anna", "ben"):
        with pytest.raises(ReelwiseError, match="nobody is called"):
            history.forget(name)
