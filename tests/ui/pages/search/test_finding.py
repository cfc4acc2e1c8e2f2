"""From an address to videos: groups, filters, orders, and honest few."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from ui.library.library import Library
from ui.pages.search.address import Asked
from ui.pages.search.finding import NEAREST, find, what_hides_most
from ui.pages.search.passing import passing_data
from ui.pages.search.shown import answer_data, chips, example_data
from ui.pages.search.start import ideas, start_data
from ui.pages.words.language import words_of


@pytest.fixture(scope="module")
def library(home: Path) -> Iterator[Library]:
    with Library(home) as library:
        yield library


def test_each_video_is_shown_once_with_its_moments(library: Library, query: dict[str, str]) -> None:
    found = find(library, Asked(q=query["query"], is_all=True))
    ids = [video.id for video, _ in found.groups]
    assert len(ids) == len(set(ids)) > NEAREST
    assert found.groups[0][0].path.name == query["video"]
    assert found.n_moments == len(found.result.hits)
    assert all(hit.video_id == video.id for video, hits in found.groups for hit in hits)


def test_where_nothing_matches_the_few_nearest_are_shown_and_all_of_them_on_demand(
    library: Library,
) -> None:
    asked = Asked(q="quantum accountancy in Latvian")
    found = find(library, asked)
    assert not found.result.confident
    assert len(found.groups) == NEAREST
    assert found.n_weak > 0
    data = answer_data(library, asked, found)
    assert {video["match"] for video in data["videos"]} == {1}
    assert "accountancy" in data["unknown"]
    assert len(find(library, Asked(q=asked.q, is_all=True)).groups) == NEAREST + found.n_weak


def test_results_are_ordered_as_asked(library: Library, query: dict[str, str]) -> None:
    def videos(sort: str) -> list[float]:
        groups = find(library, Asked(q=query["query"], sort=sort, is_all=True)).groups
        return [video.duration_s for video, _ in groups]

    assert videos("short") == sorted(videos("match"))
    assert videos("long") == sorted(videos("match"), reverse=True)


def test_an_indexed_example_finds_others_and_takes_words_as_well(library: Library) -> None:
    first = library.catalogue.newest(1)[0]
    like = f"{first.id}@0-2"
    alone = find(library, Asked(like=like, is_all=True))
    assert first.id not in {video.id for video, _ in alone.groups}
    assert find(library, Asked(like=like, q="a dog", is_all=True)).groups
    tile = example_data(library, like)
    assert tile is not None
    assert (tile["kind"], tile["start_s"], tile["end_s"]) == ("video", 0, 2)


def test_the_person_who_watched_limits_the_videos(library: Library) -> None:
    person = library.history.users()[0]
    watched = {e.video_id for e in library.history.events(person) if e.kind == "view"}
    found = find(library, Asked(q="a dog", by=person, is_all=True))
    assert {video.id for video, _ in found.groups} == watched
    assert find(library, Asked(q="a dog", by="nobody of that name", is_all=True)).groups == []


def test_of_several_folders_any_will_do(library: Library, tmp_path: Path) -> None:
    roots = tuple(str(root) for root in library.catalogue.files.roots())
    both = find(library, Asked(q="a dog", folders=(*roots, str(tmp_path)), is_all=True))
    one = find(library, Asked(q="a dog", folders=roots, is_all=True))
    assert {video.id for video, _ in both.groups} == {video.id for video, _ in one.groups}


def test_the_filter_that_hides_most_is_named(library: Library) -> None:
    asked = Asked(q="a dog", most_s=0.5, is_all=True)
    found = find(library, asked)
    assert found.groups == []
    hides = what_hides_most(library, asked)
    assert hides is not None
    assert hides[1] == "len"
    assert answer_data(library, asked, found)["hides"] == {"name": "len", "n": hides[2]}


def test_every_filter_is_a_chip_that_can_be_taken_away() -> None:
    asked = Asked(
        q="x", without="car", then=("y",), within_s=30.0, folders=("/v/Talks",), most_s=60.0,
        found_in=("said",), by="anna", tags=("pets",),
    )  # fmt: skip
    made = chips(asked, words_of("en"))
    assert [chip["text"] for chip in made] == [
        "not: car",
        "then: y",
        "within 30 s",
        "Folder: Talks",
        "Under 1 min",
        "In what is said",
        "Watched by anna",
        "Tag: pets",
    ]
    gone = {name for chip in made for name in chip["without"]}
    assert gone == {"not", "then", "within", "folder", "len", "in", "by", "tag", "n"}


def test_filters_alone_leave_videos_in_their_order(library: Library) -> None:
    (root,) = library.catalogue.files.roots()
    by_length = passing_data(library, Asked(folders=(root.name,), sort="long"))
    assert by_length["n_videos"] == library.n_videos
    lengths_s = [each["duration_s"] for each in by_length["videos"]]
    assert lengths_s == sorted(lengths_s, reverse=True)
    middle_s = lengths_s[len(lengths_s) // 2]
    some = passing_data(library, Asked(where=(f"duration>={middle_s}",), n=2))
    assert (len(some["videos"]), some["sort"], some["more"]) == (2, "new", 26)
    assert some["n_videos"] == sum(each >= middle_s for each in lengths_s)
    with pytest.raises(ReelwiseError, match="no indexed folder is called"):
        passing_data(library, Asked(folders=("nowhere",)))
    assert str(root) not in str(passing_data(library, Asked(least_s=0.5), shows_path=False))
    assert not Asked(without="car", found_in=("said",)).narrows


def test_questions_to_try_are_made_of_what_the_library_has() -> None:
    assert ideas(["pets"], ["toon-0012", "IMG_2034", "A dog at the lake"]) == [
        "pets",
        "a dog at the lake",
    ]
    assert ideas([], []) == []


def test_who_may_not_see_paths_is_told_none(library: Library, query: dict[str, str]) -> None:
    asked = Asked(q=query["query"], is_all=True)
    data = answer_data(library, asked, find(library, asked), shows_path=False)
    root = str(library.catalogue.files.roots()[0])
    assert root in str(answer_data(library, asked, find(library, asked)))
    assert root not in str(data)
    assert root not in str(start_data(library, "", words_of("en"), shows_path=False))
