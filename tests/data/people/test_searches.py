from collections.abc import Iterator

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.soundness.checks import row_problems
from data.errors import ReelwiseError
from data.home import Home
from data.people import Searches
from data.people import searches as module


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    with Catalogue(home) as opened:
        yield opened


@pytest.fixture
def searches(catalogue: Catalogue) -> Searches:
    return Searches(catalogue)


def words(searches: Searches, user: str) -> list[object]:
    return [one.parameters["q"] for one in searches.recent(user, 300)]


def test_the_last_searches_are_each_persons_own(searches: Searches) -> None:
    for user, text in (("anna", "dog"), ("carl", "kite"), ("anna", "cat"), ("anna", "dog")):
        searches.note(user, {"q": text})
    assert (words(searches, "anna"), words(searches, "carl")) == (["dog", "cat"], ["kite"])
    assert words(searches, "ben") == []


def test_the_order_of_parameters_makes_no_other_search(searches: Searches) -> None:
    searches.note("anna", {"q": "dog", "folder": ["a", "b"]})
    searches.note("anna", {"folder": ["a", "b"], "q": "dog"})
    (one,) = searches.recent("anna")
    assert one.parameters == {"q": "dog", "folder": ["a", "b"]}


def test_what_nobody_searched_is_kept_of_no_version(searches: Searches) -> None:
    with searches._catalogue.writing("test") as connection:
        connection.exec_driver_sql(
            'INSERT INTO recent_searches ("user", parameters, at, row_sum)'
            " VALUES ('', '{}', 1, row_sum('', '{}', 1))"
        )
    with pytest.raises(ReelwiseError, match="a person needs a name"):
        searches.note("", {"q": "dog"})
    searches.note("anna", {"q": "dog"})
    with searches._catalogue.reading() as connection:
        kept = connection.exec_driver_sql('SELECT "user" FROM recent_searches').scalars().all()
    assert kept == ["anna"]


def test_only_so_many_are_kept_of_each_person(
    searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches.note("ben", {"q": "kite"})
    with searches._catalogue.writing("test") as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 203)"
            " INSERT INTO recent_searches (\"user\", parameters, at, row_sum) SELECT 'anna',"
            " '{\"q\": ' || i || '}', i, row_sum('anna', '{\"q\": ' || i || '}', i) FROM n"
        )
    searches.note("anna", {"q": "last"})
    kept = words(searches, "anna")
    assert (len(kept), kept[0], kept[-1], module.MAX_RECENT) == (200, "last", 5, 200)
    assert words(searches, "ben") == ["kite"]
    monkeypatch.setattr(module, "MAX_SAVED", 2)
    for name in ("a", "b", "a"):
        searches.save("anna", name, {"q": "dog"})
    with pytest.raises(ReelwiseError, match="2 searches are saved already"):
        searches.save("anna", "c", {"q": "dog"})
    with pytest.raises(ReelwiseError, match="too long to be kept"):
        searches.note("anna", {"q": "x" * 9_000})


def test_recent_searches_are_forgotten_one_by_one_or_at_once(searches: Searches) -> None:
    for text in "abc":
        searches.note("anna", {"q": text})
    searches.note("ben", {"q": "a"})
    last = searches.recent("anna")[0].id
    assert searches.forget_recent("ben", last) == 0
    assert searches.forget_recent("anna", last) == 1
    assert searches.forget_recent("anna") == 2
    assert words(searches, "ben") == ["a"]


def test_a_saved_search_has_one_name(searches: Searches) -> None:
    first = searches.save("anna", " my  dogs ", {"q": "dog"})
    again = searches.save("anna", "my dogs", {"q": "dog", "len": "0-60"})
    assert (first.name, again.id) == ("my dogs", first.id)
    searches.save("anna", "cats", {"q": "cat"})
    assert [one.name for one in searches.saved("anna")] == ["cats", "my dogs"]
    with pytest.raises(ReelwiseError, match="no saved search"):
        searches.remove_saved("ben", first.id)
    searches.remove_saved("anna", first.id)
    assert [one.name for one in searches.saved("anna")] == ["cats"]
    for wrong in (" ", "x" * 101, "a\x00b"):
        with pytest.raises(ReelwiseError, match="a name of 1 to 100"):
            searches.save("anna", wrong, {"q": "cat"})


def test_a_damaged_search_is_left_out_and_counted(searches: Searches, catalogue: Catalogue) -> None:
    for text in ("dog", "cat"):
        searches.note("anna", {"q": text})
        searches.save("anna", text, {"q": text})
    with catalogue.writing("test") as connection:
        for table in ("recent_searches", "saved_searches"):
            connection.exec_driver_sql(f"UPDATE {table} SET parameters = 'x' WHERE id = 1")
    assert (words(searches, "anna"), [one.name for one in searches.saved("anna")]) == (
        ["cat"],
        ["cat"],
    )
    assert len(row_problems(catalogue)) == 2


def test_a_folder_whose_name_is_no_text_is_kept(searches: Searches) -> None:
    odd = {"q": "\u00e9", "folder": "/l/b\udce9"}
    searches.note("anna", odd)
    assert searches.save("anna", "odd", odd).parameters == odd
    assert searches.recent("anna")[0].parameters == odd
