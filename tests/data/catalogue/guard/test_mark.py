"""How far the catalogue had come: lost commits are noticed, numbers are never given out twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.guard.mark import mark_in
from data.home import Home
from tests.data.made import LIB, embed, file_record


def put(home: Home, *names: str) -> list[int]:
    """Record videos with two clips each; gives the numbers of the videos."""
    with Catalogue(home) as catalogue:
        files = catalogue.files.put([file_record(f"{name}.mp4", name) for name in names])
        ids = [files[LIB / f"{name}.mp4"] or 0 for name in names]
        for name, video_id in zip(names, ids, strict=True):
            embed(catalogue, f"part-{home.root.name}-{name}", video_id)
        return ids


def lost(home: Home) -> int:
    with Catalogue(home) as catalogue:
        return catalogue.lost_commits()


def last_ids(home: Home) -> dict[str, int]:
    mark = mark_in(home.catalogue_mark)
    assert mark is not None
    return mark.last_ids


def test_a_catalogue_knows_all_that_was_committed(home: Home) -> None:
    assert put(home, "a", "b") == [1, 2]
    assert lost(home) == 0
    assert last_ids(home)["videos"] == 2


def test_an_older_copy_is_noticed_and_its_numbers_go_on_where_the_library_was(
    home: Home, tmp_path: Path
) -> None:
    put(home, "a")
    shutil.copy(home.catalogue, tmp_path / "older.db")
    put(home, "b", "c")
    before = last_ids(home)
    shutil.copy(tmp_path / "older.db", home.catalogue)
    behind = lost(home)
    assert behind > 0
    assert put(home, "d") == [before["videos"] + 1]
    assert last_ids(home)["clips"] > before["clips"]
    assert lost(home) == behind  # until somebody has taken note


@pytest.mark.parametrize("catalogue", ["missing", "of another library"])
def test_a_catalogue_that_never_had_the_commits_is_noticed(
    home: Home, tmp_path: Path, catalogue: str
) -> None:
    put(home, "a", "b")
    home.catalogue.unlink()
    if catalogue == "of another library":
        other = Home(tmp_path / "other")
        other.root.mkdir()
        put(other, "x", "y", "z", "u", "v")
        shutil.copy(other.catalogue, home.catalogue)
    assert lost(home) > 0
    assert put(home, "c")[0] > 2


@pytest.mark.parametrize("damage", ["gone", "torn", "empty"])
def test_a_mark_that_cannot_be_read_is_made_anew(home: Home, damage: str) -> None:
    put(home, "a")
    content = home.catalogue_mark.read_bytes()
    if damage == "gone":
        home.catalogue_mark.unlink()
    else:
        home.catalogue_mark.write_bytes(content[:40] if damage == "torn" else b"")
    assert lost(home) == 0
    put(home, "b")
    assert last_ids(home)["videos"] == 2
    assert home.catalogue_mark.stat().st_size == len(content)


def test_commits_that_a_damaged_log_lost_are_noticed(home: Home, tmp_path: Path) -> None:
    put(home, "a")
    with Catalogue(home) as catalogue:
        catalogue.files.put([file_record(f"{n}.mp4", str(n)) for n in range(20)])
        catalogue.files.put([file_record(f"{n}.mp4", str(n)) for n in range(20, 40)])
        for name in ("catalogue.db", "catalogue.db-wal", "catalogue.mark"):
            shutil.copy(home.root / name, tmp_path / name)  # as a killed process leaves them
    log = bytearray((tmp_path / "catalogue.db-wal").read_bytes())
    log[len(log) * 3 // 4] ^= 1
    (tmp_path / "catalogue.db-wal").write_bytes(log)
    assert lost(Home(tmp_path)) == 1
