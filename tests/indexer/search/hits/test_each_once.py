"""Of videos that are copies of each other one is found, and it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.build.recording.record import writing_session
from indexer.copies.stored import Duplicates, Pair, Stretch, write_duplicates
from indexer.search.query import Filters, Query
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder
from tests.indexer.made import store
from tests.indexer.search.found import colour, names

LIBRARY = {
    "first": ("red", "green", "white"),
    "again": ("red", "green", "white"),
    "third": ("red", "green", "white"),
    "other": ("red", "blue", "black"),
}
LENGTH_S = 12.0


def copies(home: Home, ids: dict[str, int], *groups: tuple[str, ...]) -> None:
    """Note that the videos of each group are copies of its first."""
    with Catalogue(home) as catalogue:
        keys = catalogue.files.content_keys(ids.values())
    whole = (Stretch(0, LENGTH_S, 0, LENGTH_S, 0.9),)
    pairs = [
        Pair(ids[group[0]], ids[other], 3.0, whole, True, True)
        for group in groups
        for other in group[1:]
    ]
    encoder_id = ColourEncoder().id
    compared = frozenset(ids.values())
    write_duplicates(home, Duplicates(encoder_id, len(ids), compared, {}, keys, tuple(pairs)))


@pytest.fixture
def ids(home: Home) -> dict[str, int]:
    return store(home, {name: colour(*words) for name, words in LIBRARY.items()})


def test_one_of_a_group_is_found_with_the_number_of_its_copies(
    home: Home, ids: dict[str, int]
) -> None:
    searcher = Searcher(home, ColourEncoder())
    assert len(set(names(searcher.search(Query("red"), k=4)))) == 4
    copies(home, ids, ("first", "again", "third"))
    result = searcher.search(Query("red"), k=4)
    reds = [hit for hit in result.hits if hit.start_s == 0.0]
    assert sorted(hit.path.name for hit in reds) == ["first", "other"]
    found = next(hit for hit in reds if hit.path.name == "first")
    assert [copy.video_id for copy in found.copies] == [ids["again"], ids["third"]]
    assert [copy.path for copy in found.copies] == [Path("/videos/again"), Path("/videos/third")]
    assert [hit.rank for hit in result.hits] == list(range(1, len(result.hits) + 1))


def test_all_copies_are_found_where_they_are_wanted(home: Home, ids: dict[str, int]) -> None:
    copies(home, ids, ("first", "again", "third"))
    every = Searcher(home, ColourEncoder()).search(
        Query("red"), k=4, filters=Filters(all_copies=True)
    )
    assert set(names(every)) == set(LIBRARY)
    assert all(not hit.copies for hit in every.hits)


def test_copies_take_no_places_of_others(home: Home) -> None:
    """Twenty copies that match best do not hide what else there is."""
    many = {f"copy-{n}": colour("red", "red") for n in range(20)}
    ids = store(home, {**many, "other": colour("red", "blue"), "last": colour("purple", "blue")})
    copies(home, ids, tuple(many))
    result = Searcher(home, ColourEncoder()).search(Query("red"), k=3)
    assert {hit.path.name for hit in result.hits} >= {"copy-0", "other", "last"}


def test_another_moment_of_a_copy_is_another_hit(home: Home) -> None:
    """The copies were not cut into the same moments: each shows one that the other has not."""
    ids = store(home, {"one": colour("red", "blue", "blue"), "two": colour("blue", "blue", "red")})
    copies(home, ids, ("one", "two"))
    result = Searcher(home, ColourEncoder()).search(Query("red"), k=2)
    assert set(names(result)) == {"one", "two"}


def test_a_copy_that_is_gone_is_not_counted(home: Home, ids: dict[str, int]) -> None:
    copies(home, ids, ("first", "again", "third"))
    searcher = Searcher(home, ColourEncoder())
    with writing_session(home) as catalogue:
        catalogue.files.remove([Path("/videos/again")])
    searcher.refresh()
    hits = searcher.search(Query("red"), k=4).hits
    (found,) = [hit for hit in hits if hit.copies and hit.start_s == 0.0]
    assert [copy.video_id for copy in found.copies] == [ids["third"]]


def test_a_hit_whose_file_is_gone_gives_way_to_a_copy_that_is_there(
    home: Home, ids: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies(home, ids, ("first", "again", "third"))
    there = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: path == Path("/videos/third") or there(path))
    hits = Searcher(home, ColourEncoder()).search(Query("red"), k=4).hits
    (found,) = [hit for hit in hits if hit.copies and hit.start_s == 0.0]
    assert found.path == Path("/videos/third")


def test_a_damaged_list_is_said_and_hides_nothing(home: Home, ids: dict[str, int]) -> None:
    copies(home, ids, ("first", "again", "third"))
    path = home.duplicates(ColourEncoder().id)
    path.write_bytes(path.read_bytes()[:-30])
    result = Searcher(home, ColourEncoder()).search(Query("red"), k=4)
    assert set(names(result)) == set(LIBRARY)
    assert any("list of duplicates" in line for line in result.warnings)


def test_similar_moments_are_each_found_once(home: Home, ids: dict[str, int]) -> None:
    copies(home, ids, ("first", "again", "third"))
    result = Searcher(home, ColourEncoder()).similar(ids["other"], k=4)
    at_the_start = [hit.path.name for hit in result.hits if hit.start_s == 0.0]
    assert len(at_the_start) == 1
