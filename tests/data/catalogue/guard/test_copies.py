"""Copies of the catalogue: made, whole, brought back, and without those who were forgotten."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.guard.copies import bring_back, copies, copy_if_due
from data.catalogue.soundness.checks import row_problems
from data.catalogue.soundness.mending import mend_rows
from data.errors import ReelwiseError
from data.history.history import History
from data.home import Home
from data.sealed import file_sum
from tests.data.made import LIB, embed, file_record


@pytest.fixture
def library(home: Home) -> Home:
    """Two videos and three events of two people."""
    with Catalogue(home) as catalogue:
        ids = catalogue.files.put([file_record("a.mp4", "A"), file_record("b.mp4", "B")])
        embed(catalogue, "p1", ids[LIB / "a.mp4"] or 0)
        history = History(catalogue)
        for user, video in (("ann", "a"), ("ann", "b"), ("zacharias", "a")):
            history.add(user, video)
        catalogue.tags.add(1, ["Kite", "sea side"])
    return home


def people(home: Home) -> list[str]:
    with Catalogue(home) as catalogue:
        return [event.user for event in History(catalogue).events()]


def age(home: Home, seconds: float) -> None:
    for path in copies(home):
        stat = path.stat()
        os.utime(path, (stat.st_atime - seconds, stat.st_mtime - seconds))


def test_a_copy_is_made_when_the_last_is_old_and_the_two_newest_are_kept(library: Home) -> None:
    first = copy_if_due(library)
    assert first is not None
    assert copy_if_due(library) is None
    made = [first]
    for n in range(2):
        with Catalogue(library) as catalogue:
            History(catalogue).add(f"person {n}", "a")
        age(library, 4000)
        newer = copy_if_due(library)
        assert newer is not None
        made.append(newer)
    assert copies(library) == [made[2], made[1]]
    assert {path.stat().st_mode & 0o777 for path in copies(library)} == {0o600}


def test_the_newest_whole_copy_is_brought_back_and_the_damaged_file_is_kept(library: Home) -> None:
    whole = copy_if_due(library)
    age(library, 4000)
    library.catalogue_mark.touch()
    damaged = copy_if_due(library)
    assert damaged is not None
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    library.catalogue.write_bytes(b"no database" * 1000)
    copy, kept = bring_back(library)
    assert copy == whole
    assert kept is not None
    assert kept.read_bytes() == b"no database" * 1000
    assert people(library) == ["ann", "ann", "zacharias"]


def test_without_a_whole_copy_nothing_is_touched(library: Home) -> None:
    before = library.catalogue.read_bytes()
    assert bring_back(library) == (None, None)
    assert library.catalogue.read_bytes() == before


def test_who_is_forgotten_is_in_no_copy_and_in_nothing_that_a_copy_replaced(library: Home) -> None:
    copy_if_due(library)
    library.catalogue.write_bytes(b"zacharias" * 1000)
    bring_back(library)
    with Catalogue(library) as catalogue:
        History(catalogue).forget("zacharias")
    files = [path for path in library.root.rglob("*") if path.is_file()]
    assert any(path.parent == library.copies for path in files)
    assert [path for path in files if b"zacharias" in path.read_bytes()] == []
    bring_back(library)
    assert people(library) == ["ann", "ann"]


def test_who_is_only_in_what_a_copy_replaced_is_forgotten_too(library: Home) -> None:
    copy_if_due(library)
    with Catalogue(library) as catalogue:
        History(catalogue).add("late-secret", "a")
    bring_back(library)
    with Catalogue(library) as catalogue:
        history = History(catalogue)
        assert "late-secret" not in people(library)
        assert history.unknown("late-secret") is None
        history.forget("late-secret")
        with pytest.raises(ReelwiseError, match="nobody"):
            history.forget("late-secret")
    files = [path for path in library.root.rglob("*") if path.is_file()]
    assert [path for path in files if b"late-secret" in path.read_bytes()] == []


def change(home: Home, statement: str) -> None:
    with sqlite3.connect(home.catalogue) as raw:
        raw.create_function("name_key", -1, lambda path: path)
        raw.execute(statement)
    raw.close()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "UPDATE events SET kind = 'vidw' WHERE id = 1",
            "watch events that are not as they were written: 1",
        ),
        (
            "UPDATE events SET video_id = 2 WHERE id = 1",
            "watch events that are not as they were written: 1",
        ),
        (
            "UPDATE events SET at = at + 1 WHERE id = 2",
            "watch events that are not as they were written: 1",
        ),
        (
            "UPDATE events SET \"user\" = 'amn' WHERE id < 3",
            "watch events that are not as they were written: 2",
        ),
        (
            "UPDATE files SET path = '/videos/c.mp4' WHERE id = 1",
            "files that are not as they were recorded: 1",
        ),
        (
            "UPDATE files SET state = 'dome' WHERE id = 1",
            "files that are not as they were recorded: 1",
        ),
        (
            "UPDATE tags SET typed = 'Kate' WHERE id = 1",
            "tags that are not as they were written: 1",
        ),
        ("UPDATE tags SET tag = 'kate' WHERE id = 1", "tags that are not as they were written: 1"),
        ("UPDATE tags SET video_id = 2", "tags that are not as they were written: 2"),
        ("UPDATE embeddings SET state = 'dome'", "videos with an unknown state: 1"),
        ("UPDATE history_counts SET n_events = 7", "the number of watch events"),
    ],
)
def test_a_row_that_is_not_as_it_was_written_is_found_and_mended(
    library: Home, damage: str, found: str
) -> None:
    copy_if_due(library)
    change(library, damage)
    with Catalogue(library) as catalogue:
        assert [line[: len(found)] for line in row_problems(catalogue)] == [found]
        mend_rows(catalogue)
        assert row_problems(catalogue) == []
        assert catalogue.counts()["events"] == 3
        assert catalogue.tags.of([1, 2]) == {1: ["Kite", "sea side"]}
    assert people(library) == ["ann", "ann", "zacharias"]


def test_a_damaged_event_that_is_in_no_copy_stays_reported_and_answers_nothing(
    library: Home,
) -> None:
    change(library, "UPDATE events SET at = at + 1 WHERE id = 2")
    with Catalogue(library) as catalogue:
        assert mend_rows(catalogue) == []
        assert len(row_problems(catalogue)) == 1
        assert catalogue.counts()["events"] == 3
    assert people(library) == ["ann", "zacharias"]


def test_a_disk_without_room_for_a_copy_stops_nothing(
    library: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.catalogue.guard.copies.fsync_file", full)
    assert copy_if_due(library) is None
    assert list(library.copies.iterdir()) == []
    assert Path(library.catalogue).exists()


def test_nothing_is_copied_twice(library: Home) -> None:
    age_s = 4000
    copy_if_due(library)
    age(library, age_s)
    stat = library.catalogue_mark.stat()
    before = stat.st_mtime - 2 * age_s
    os.utime(library.catalogue_mark, (before, before))
    assert copy_if_due(library) is None


def test_tags_come_back_from_a_copy_and_give_way_to_none_of_a_copy_without_them(
    library: Home,
) -> None:
    whole = copy_if_due(library)
    assert whole is not None
    change(library, "UPDATE tags SET tag = 'kate' WHERE id = 1")
    with Catalogue(library) as catalogue:
        catalogue.tags.add(1, ["kite"])  # the person missed it
        assert mend_rows(catalogue) == ["1 tags were taken from a copy of the catalogue"]
        assert row_problems(catalogue) == []
        assert catalogue.tags.of([1]) == {1: ["Kite", "sea side"]}
    change(library, "UPDATE tags SET tag = 'kate' WHERE id = 1")
    with sqlite3.connect(whole) as raw:
        raw.execute("DROP TABLE tags")
    raw.close()
    whole.rename(whole.with_name(f"catalogue-000001-{file_sum(whole).sha256}.db"))
    with Catalogue(library) as catalogue:
        assert mend_rows(catalogue) == []
        assert len(row_problems(catalogue)) == 1
