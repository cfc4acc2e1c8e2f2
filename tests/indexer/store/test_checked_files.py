"""Files whose checksum is known: small ones read, large ones mapped and verified once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.errors import ReelwiseError
from data.home import Home
from data.sealed import FileSum, file_sum
from indexer.store import checked_files
from indexer.store.checked_files import CheckedFiles

CONTENT = bytes(range(256)) * 64


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a kilobyte are large."""
    monkeypatch.setattr(checked_files, "LARGE_BYTES", 1024)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of which every byte was read for its checksum."""
    read: list[Path] = []

    def watched(path: Path) -> FileSum:
        read.append(path)
        return file_sum(path)

    monkeypatch.setattr(checked_files, "file_sum", watched)
    return read


def written(home: Home, content: bytes = CONTENT) -> tuple[Path, FileSum]:
    path = home.index / "x"
    home.index.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path, file_sum(path)


def test_a_small_file_is_read_and_verified_each_time(home: Home, hashed: list[Path]) -> None:
    path, known = written(home)
    content = CheckedFiles(home).content(home.index, "x", known)
    assert not isinstance(content, np.memmap)
    assert content.tobytes() == CONTENT
    path.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(ReelwiseError, match="x is not as it was written"):
        CheckedFiles(home).content(home.index, "x", known)
    assert hashed == []


@pytest.mark.usefixtures("small")
def test_a_large_file_is_mapped_and_verified_once(home: Home, hashed: list[Path]) -> None:
    path, known = written(home)
    for _ in range(3):
        content = CheckedFiles(home).content(home.index, "x", known)
        assert isinstance(content, np.memmap)
        assert content.tobytes() == CONTENT
    assert hashed == [path]
    CheckedFiles(home).check(home.index, "x", known, anew=True)
    assert hashed == [path, path]


@pytest.mark.usefixtures("small")
def test_what_was_just_written_is_not_read_again(home: Home, hashed: list[Path]) -> None:
    path, known = written(home)
    CheckedFiles(home).remember(path.parent, {"x": known})
    CheckedFiles(home).check(home.index, "x", known)
    assert hashed == []


@pytest.mark.usefixtures("small")
def test_a_file_that_got_or_lost_another_name_is_not_read_again(
    home: Home, hashed: list[Path]
) -> None:
    path, known = written(home)
    checks, other = CheckedFiles(home), home.index / "y"
    checks.check(home.index, "x", known)
    with checks.links_change(home.index, {"x": known}):
        other.hardlink_to(path)
    with checks.links_change(home.index, {"x": known}):
        other.unlink()
    checks.check(home.index, "x", known)
    assert hashed == [path]


@pytest.mark.usefixtures("small")
def test_bytes_that_changed_while_links_did_are_seen(home: Home) -> None:
    path, known = written(home)
    checks = CheckedFiles(home)
    checks.check(home.index, "x", known)
    with checks.links_change(home.index, {"x": known}):
        flip(path)
    with pytest.raises(ReelwiseError, match="x is not as it was written"):
        checks.check(home.index, "x", known)
    path.write_bytes(CONTENT)
    with checks.links_change(home.index, {"x": known}):  # was never verified as it is now
        (home.index / "y").hardlink_to(path)
    flip(path)
    with pytest.raises(ReelwiseError, match="x is not as it was written"):
        checks.check(home.index, "x", known)


def flip(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(5000)
        file.write(b"?")


def flip_and_set_the_time_back(path: Path) -> None:
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def put_another_in_its_place(path: Path) -> None:
    before = path.stat()
    other = path.with_name("y")
    other.write_bytes(CONTENT[::-1])
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("change", [flip, flip_and_set_the_time_back, put_another_in_its_place])
def test_a_large_file_that_changed_is_verified_again(
    home: Home, change: Callable[[Path], None]
) -> None:
    path, known = written(home)
    CheckedFiles(home).check(home.index, "x", known)
    change(path)
    with pytest.raises(ReelwiseError, match="x is not as it was written"):
        CheckedFiles(home).content(home.index, "x", known)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("cache", [b"", b"rubbish", None])
def test_without_a_whole_cache_files_are_verified(
    home: Home, hashed: list[Path], cache: bytes | None
) -> None:
    path, known = written(home)
    CheckedFiles(home).check(home.index, "x", known)
    kept = home.cache / "checked.json"
    if cache is None:
        kept.unlink()
    else:
        kept.write_bytes(cache)
    CheckedFiles(home).check(home.index, "x", known)
    assert hashed == [path, path]


@pytest.mark.usefixtures("small")
def test_a_missing_file_is_named(home: Home) -> None:
    path, known = written(home)
    path.unlink()
    with pytest.raises(ReelwiseError, match="x cannot be read"):
        CheckedFiles(home).content(home.index, "x", known)
