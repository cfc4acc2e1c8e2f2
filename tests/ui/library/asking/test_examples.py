"""Examples of visitors: under an id that nobody can guess, for a day, and never too many."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from data.errors import ReelwiseError
from ui.library.asking import examples
from ui.library.asking.examples import STAYS_S, ExampleStore, GivenExample


async def _chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def save(store: ExampleStore, content: bytes, name: str = "a.mp4") -> GivenExample:
    async def saved() -> GivenExample:
        return await store.save(_chunks(content[:2], content[2:]), name, most_bytes=10)

    return anyio.run(saved)


def test_an_example_is_found_by_its_id_under_its_own_name(tmp_path: Path) -> None:
    given = save(ExampleStore(tmp_path), b"12345", "my clip.mp4")
    again = ExampleStore(tmp_path).find(given.id)
    assert again.path.read_bytes() == b"12345"
    assert again.path.name == "my clip.mp4"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..", "", "a\x00b", "\\x\\y", "x" * 999]
)
def test_a_name_never_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    given = save(ExampleStore(tmp_path), b"1", name)
    assert given.path.parent == tmp_path / "examples" / given.id
    assert len(given.path.name) <= examples.LONGEST_NAME


def test_one_that_is_too_large_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="larger than"):
        save(ExampleStore(tmp_path), b"12345678901")
    assert [*(tmp_path / "examples").iterdir()] == []


@pytest.mark.parametrize(
    "number", ["", "x-", "../x", "x-AAAAAAAAAAAAAAAAAAAAAA", "x-../../../../../../etc"]
)
def test_an_id_that_was_never_given_finds_nothing(tmp_path: Path, number: str) -> None:
    with pytest.raises(ReelwiseError, match="no longer here"):
        ExampleStore(tmp_path).find(number)


def test_after_a_day_it_is_gone(tmp_path: Path) -> None:
    store = ExampleStore(tmp_path)
    old = save(store, b"1")
    before_s = time.time() - STAYS_S - 1
    os.utime(old.path, (before_s, before_s))
    with pytest.raises(ReelwiseError, match="no longer here"):
        store.find(old.id)
    new = save(store, b"2")
    assert [each.name for each in (tmp_path / "examples").iterdir()] == [new.id]


def test_the_oldest_go_where_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "MOST_BYTES", 12)
    store = ExampleStore(tmp_path)
    first = save(store, b"12345")
    os.utime(first.path, (time.time() - 60, time.time() - 60))
    second, third = save(store, b"12345"), save(store, b"12345")
    assert {each.name for each in (tmp_path / "examples").iterdir()} == {second.id, third.id}


def test_where_the_home_cannot_be_written_they_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "examples").write_text("a file in its place")
    given = save(ExampleStore(tmp_path), b"1")
    assert tmp_path not in given.path.parents
    assert given.path.read_bytes() == b"1"
