"""Checking a library, and repairing it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import FileRecord
from data.errors import DamagedFile, ReelwiseError
from data.home import Home
from data.sealed import file_sum, seal
from data.video.content import content_key
from indexer.build.recording.record import writing_session
from indexer.duplicates.stored_looks import looks_file, write_looks
from indexer.search.view import open_view
from indexer.store.generations import open_generation
from indexer.store.published import generation_names, lost_index, note_nothing
from indexer.store.rows.half_matrix import writing
from indexer.store.segments.segment import segment_folder
from indexer.verify import Problem, verify_library
from tests.indexer.stored import ENCODER, add, new_home, published

pytestmark = pytest.mark.long(11)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = new_home(tmp_path)
    published(home, ["a", "b"])
    published(home, ["c"])
    return home


def sql(home: Home, statement: str) -> None:
    with sqlite3.connect(home.catalogue) as raw:
        raw.execute(statement)
    raw.close()


def parts(home: Home) -> list[Path]:
    with Catalogue(home) as catalogue:
        return [home.vectors(ENCODER) / part.name for part in catalogue.embeddings.parts(ENCODER)]


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def contents(home: Home) -> set[str]:
    with Catalogue(home) as catalogue:
        return {video.content_key for video in catalogue.videos(ENCODER)}


def test_a_sound_home_has_no_problems(home: Home) -> None:
    report = verify_library(home)
    assert report.problems == []
    assert report.checked == {"parts": 2, "videos": 3, "generations": 2}
    assert verify_library(home, repair=True).repaired == []
    assert generation_names(home) == ["gen-000001", "gen-000002"]


def test_damaged_looks_and_lists_of_duplicates_are_told_and_removed(home: Home) -> None:
    write_looks(looks_file(home, ENCODER), {1: np.zeros((2, 55), np.int8)})
    assert verify_library(home).checked["duplicates"] == 1
    spoil(looks_file(home, ENCODER))
    home.duplicates(ENCODER).write_text("{}")
    report = verify_library(home)
    assert {each.path for each in report.problems} == {
        looks_file(home, ENCODER),
        home.duplicates(ENCODER),
    }
    verify_library(home, repair=True)
    assert verify_library(home).problems == []


def test_no_library_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="no library"):
        verify_library(Home(tmp_path))


def test_an_empty_library_is_sound(tmp_path: Path) -> None:
    home = new_home(tmp_path)
    Catalogue(home).close()
    assert verify_library(home).problems == []


@pytest.mark.parametrize("damage", [Path.unlink, spoil])
def test_a_missing_or_altered_part_is_found_and_its_videos_embedded_again(
    home: Home, damage: Callable[[Path], None]
) -> None:
    path = parts(home)[0]
    damage(path)
    problems = verify_library(home).problems
    assert [problem.path for problem in problems] == [path]
    assert verify_library(home).problems == problems, "looking must change nothing"
    report = verify_library(home, repair=True)
    assert report.problems == []
    assert "2 videos" in report.repaired[0]
    assert contents(home) == {"c"}
    generation = open_generation(home)
    assert generation is not None
    assert generation.manifest.videos == 1
    with writing_session(home) as catalogue:
        pending = {p.path.stem for p in catalogue.embeddings.missing(ENCODER)}
        assert pending == {"a", "b"}
        add(catalogue, sorted(pending))
    assert contents(home) == {"a", "b", "c"}
    assert verify_library(home).problems == []


@pytest.mark.parametrize("damage", [Path.unlink, spoil])
@pytest.mark.parametrize("generation", ["gen-000001", "gen-000002"])
def test_a_missing_or_altered_index_file_is_found_and_rebuilt(
    home: Home, damage: Callable[[Path], None], generation: str
) -> None:
    damage(home.index / generation / "manifest.json")
    assert [problem.path for problem in verify_library(home).problems] == [home.index / generation]
    report = verify_library(home, repair=True)
    assert report.problems == []
    assert contents(home) == {"a", "b", "c"}
    opened = open_generation(home)
    assert opened is not None
    assert (opened.name, opened.warning) == ("gen-000003", None)


@pytest.mark.parametrize("text", ["gen-000077\n", "", "rubbish", None])
def test_a_current_that_names_no_generation_is_reported_and_mended(
    home: Home, text: str | None
) -> None:
    if text is None:
        home.current.unlink()
    else:
        home.current.write_text(text)
    assert [problem.path for problem in verify_library(home).problems] == [home.current]
    assert verify_library(home, repair=True).problems == []
    opened = open_generation(home)
    assert opened is not None
    assert opened.warning is None


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM clips WHERE id = (SELECT min(id) FROM clips)",
        "UPDATE clips SET id = 1000 WHERE id = (SELECT min(id) FROM clips)",
        "UPDATE embeddings SET n_clips = n_clips + 1 WHERE video_id = 1",
        "UPDATE embeddings SET part = (SELECT max(part) FROM embeddings WHERE part !="
        " (SELECT part FROM embeddings WHERE video_id = 1)) WHERE video_id = 1",
        "UPDATE embeddings SET part = NULL WHERE video_id = 1",
    ],
)
def test_rows_that_do_not_fit_the_vectors_are_found_and_embedded_again(
    home: Home, statement: str
) -> None:
    sql(home, statement)
    assert verify_library(home).problems != []
    assert verify_library(home, repair=True).problems == []
    with Catalogue(home) as catalogue:
        assert [p.path.stem for p in catalogue.embeddings.missing(ENCODER)] == ["a"]
    assert contents(home) == {"b", "c"}


def test_an_index_that_is_gone_is_told_and_brought_back(home: Home) -> None:
    shutil.rmtree(home.index)
    (problem,) = verify_library(home).problems
    assert "the index is gone" in problem.what
    with Catalogue(home) as catalogue:
        view = open_view(home, catalogue, ENCODER)
        assert (view.n_clips > 0, "searching the stored vectors" in view.warnings[0]) == (
            True,
            True,
        )
    report = verify_library(home, repair=True)
    assert report.problems == []
    assert open_generation(home) is not None
    with Catalogue(home) as catalogue:
        assert open_view(home, catalogue, ENCODER).warnings == ()


def test_an_index_that_is_being_made_for_the_first_time_is_not_lost(tmp_path: Path) -> None:
    home = new_home(tmp_path / "first")
    with Catalogue(home) as catalogue:
        assert lost_index(catalogue) is None
        note_nothing(home)
        catalogue.set_encoder(ENCODER, "encoder", None)
        assert lost_index(catalogue) is None
        assert open_generation(home) is None


def test_a_part_unknown_to_the_catalogue_is_reported_and_never_deleted(home: Home) -> None:
    stray = home.vectors(ENCODER) / "part-0000.parquet"
    stray.write_bytes(b"?")
    for repair in (False, True):
        problems = verify_library(home, repair=repair).problems
        assert [problem.path for problem in problems] == [stray]
    assert stray.exists()


def smash(home: Home) -> None:
    size = home.catalogue.stat().st_size
    with home.catalogue.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))


def test_a_damaged_database_is_reported_and_nothing_is_written_into_it(home: Home) -> None:
    smash(home)
    damaged = home.catalogue.read_bytes()
    problems = verify_library(home).problems
    assert {problem.path for problem in problems} == {home.catalogue}
    assert "damaged" in problems[0].what
    assert "verify --repair" in problems[0].fix
    with pytest.raises(DamagedFile, match="damaged"), writing_session(home):
        pass
    assert home.catalogue.read_bytes() == damaged


@pytest.mark.parametrize("damage", [smash, lambda home: home.catalogue.unlink()])
def test_repairing_brings_the_newest_copy_of_the_catalogue_back(
    home: Home, damage: Callable[[Home], None]
) -> None:
    damage(home)
    report = verify_library(home, repair=True)
    assert "brought back the copy" in " ".join(report.repaired)
    # The copy is of the first publication: what came after it is said to be missing.
    assert contents(home) == {"a", "b"}
    assert ["does not know this vector part" in each.what for each in report.problems] == [True]
    assert "accepted that the catalogue lacks" in " ".join(report.repaired)


def test_a_damaged_database_without_any_copy_is_not_repaired_away(home: Home) -> None:
    shutil.rmtree(home.copies)
    smash(home)
    damaged = home.catalogue.read_bytes()
    with pytest.raises(DamagedFile, match="no copy to bring back"):
        verify_library(home, repair=True)
    assert home.catalogue.read_bytes() == damaged


def test_a_lost_catalogue_without_any_copy_is_made_anew_and_gives_no_number_twice(
    home: Home,
) -> None:
    shutil.rmtree(home.copies)
    home.catalogue.unlink()
    with pytest.raises(ReelwiseError, match="lost its catalogue"):
        verify_library(home)
    assert "made an empty catalogue" in " ".join(verify_library(home, repair=True).repaired)
    with writing_session(home) as catalogue:
        assert min(add(catalogue, ["d"]).video_ids) > 3


def test_dangling_references_are_reported(home: Home) -> None:
    sql(home, "DELETE FROM videos WHERE id = 1")
    assert "refers to a row" in verify_library(home).problems[0].what


def test_repairing_while_another_writes_is_refused_but_checking_is_not(home: Home) -> None:
    with writing_session(home):
        assert verify_library(home).problems == []
        with pytest.raises(ReelwiseError, match="being written"):
            verify_library(home, repair=True)


def test_deep_sees_video_files_that_changed(tmp_path: Path) -> None:
    home, videos = new_home(tmp_path), tmp_path / "videos"
    videos.mkdir()
    for name in ("kept", "edited", "rotted", "gone"):
        (videos / f"{name}.mp4").write_bytes(name.encode() * 1000)
    with Catalogue(home) as catalogue:
        for path in videos.iterdir():
            stat = path.stat()
            key = content_key(path)
            catalogue.files.put(
                [FileRecord(path, stat.st_size, stat.st_mtime_ns, stat.st_ino, key)]
            )
    assert verify_library(home, deep=True).problems == []
    rotted = videos / "rotted.mp4"
    stat = rotted.stat()
    rotted.write_bytes(b"R" + rotted.read_bytes()[1:])
    os.utime(rotted, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (videos / "edited.mp4").write_bytes(b"other")
    (videos / "gone.mp4").unlink()
    assert verify_library(home).problems == []
    problems = {
        problem.path.stem: problem.what for problem in verify_library(home, deep=True).problems
    }
    assert set(problems) == {"rotted", "edited", "gone"}
    assert "other bytes" in problems["rotted"]
    assert "changed after" in problems["edited"]
    assert "cannot be read" in problems["gone"]


def deep_index_problems(home: Home) -> list[Problem]:
    """What is wrong but that the videos of these homes never existed."""
    problems = verify_library(home, deep=True).problems
    return [problem for problem in problems if problem.path.suffix != ".mp4"]


def test_deep_sees_an_index_that_was_made_of_other_vectors(home: Home) -> None:
    # Right checksums over wrong vectors: what a bug in a build would leave.
    assert deep_index_problems(home) == []
    generation = open_generation(home)
    assert generation is not None
    facts = generation.segments[-1].facts
    assert facts is not None
    folder = segment_folder(home, facts.name)
    half = generation.segments[-1].vectors.half[::-1].copy()
    (folder / "clips.f16").unlink()
    with writing(folder / "clips.f16", half.shape[1]) as file:
        file.add(half)
    files = {**facts.files, "clips.f16": file_sum(folder / "clips.f16")}
    (folder / "manifest.json").write_bytes(seal(asdict(replace(facts, files=files))))
    assert verify_library(home).problems == []
    assert ["other vectors" in problem.what for problem in deep_index_problems(home)] == [True]
    verify_library(home, deep=True, repair=True)
    assert deep_index_problems(home) == []
