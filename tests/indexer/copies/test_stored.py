"""What is stored counts only for the contents that were compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.errors import DamagedFile
from data.home import Home
from indexer.build.recording.record import writing_session
from indexer.copies import stored
from indexer.copies.groups import live_copies, read_copies
from indexer.copies.stored import (
    Duplicates,
    Pair,
    Relation,
    Stretch,
    read_duplicates,
    write_duplicates,
)
from indexer.verify import verify_library
from tests.indexer.stored import ENCODER, add, file_of, new_home, published


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = new_home(tmp_path)
    published(home, ["a", "b", "c"])
    return home


def ids(catalogue: Catalogue) -> dict[str, int]:
    return {video.content_key: video.id for video in catalogue.videos(ENCODER)}


@pytest.fixture
def found(home: Home) -> Duplicates:
    """A and b are copies."""
    with Catalogue(home) as catalogue:
        known = ids(catalogue)
    pair = Pair(known["a"], known["b"], 2.5, (Stretch(0, 9, 0.5, 9.5, 0.8),), True, True)
    contents = {known["a"]: "a", known["b"]: "b"}
    compared = frozenset(known.values())
    found = Duplicates(ENCODER, 3, compared, {"alike": 0.25}, contents, (pair,))
    write_duplicates(home, found)
    return found


def test_what_is_written_is_read(home: Home, found: Duplicates) -> None:
    assert read_duplicates(home, ENCODER) == found
    assert read_duplicates(home, "another") is None


def test_a_copy_whose_last_file_is_gone_is_none(home: Home, found: Duplicates) -> None:
    with writing_session(home) as catalogue:
        one, other = ids(catalogue)["a"], ids(catalogue)["b"]
        copies = read_copies(catalogue, ENCODER)
        assert [each.id for each in copies.live_copies(catalogue, [one])[one]] == [other]
        catalogue.files.remove([file_of("b")])
        assert copies.live_copies(catalogue, [one]) == {one: []}
        assert live_copies(catalogue, ENCODER).pairs == ()


def test_a_file_with_new_contents_is_no_copy(home: Home, found: Duplicates) -> None:
    with writing_session(home) as catalogue:
        one = ids(catalogue)["a"]
        assert live_copies(catalogue, ENCODER).pairs
        catalogue.files.put([FileRecord(file_of("b"), 2, 2, 1, "another content")])
        assert read_copies(catalogue, ENCODER).live_copies(catalogue, [one]) == {one: []}
        assert live_copies(catalogue, ENCODER).pairs == ()


def test_an_id_that_stands_for_other_contents_is_no_copy(home: Home, found: Duplicates) -> None:
    """As after another catalogue was put in the place of this one."""
    changed = replace(found, contents={each: f"{key}-then" for each, key in found.contents.items()})
    write_duplicates(home, changed)
    with Catalogue(home) as catalogue:
        copies = read_copies(catalogue, ENCODER)
        assert copies.live_copies(catalogue, changed.contents) == {}
        assert live_copies(catalogue, ENCODER).pairs == ()


def test_what_another_method_found_does_not_count(
    home: Home, found: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "METHOD", "another")
    assert read_duplicates(home, ENCODER) is None


def test_copies_are_read_again_only_where_others_are_stored(home: Home, found: Duplicates) -> None:
    with writing_session(home) as catalogue:
        copies = read_copies(catalogue, ENCODER)
        add(catalogue, ["d"])
        assert read_copies(catalogue, ENCODER, copies) is copies
        write_duplicates(home, replace(found, pairs=()))
        emptied = read_copies(catalogue, ENCODER, copies)
        assert emptied.pairs == ()
        write_duplicates(home, found)
        again = read_copies(catalogue, ENCODER, emptied)
        assert [pair.relation for pair in again.pairs] == [Relation.COPY]


def test_damage_is_refused_found_and_repaired(home: Home, found: Duplicates) -> None:
    path = home.duplicates(ENCODER)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match="list of duplicates"):
        read_duplicates(home, ENCODER)
    (problem,) = [each for each in verify_library(home).problems if each.path == path]
    assert "not as it was written" in problem.what
    assert any(path.name in line for line in verify_library(home, repair=True).repaired)
    assert read_duplicates(home, ENCODER) is None
    assert not [each for each in verify_library(home).problems if each.path == path]
