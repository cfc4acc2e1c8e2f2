"""What is searched while the library changes: published, new, removed and damaged clips."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home, resolve_home
from indexer.build.pipeline import rebuild
from indexer.build.recording.record import writing_session
from indexer.search.query import Query
from indexer.search.searcher import Searcher
from indexer.search.spans import Span
from indexer.store.generations import Generation, open_generation
from tests.fakes import ColourEncoder, RandomEncoder
from tests.indexer.made import store
from tests.indexer.search.found import colour, names, random_library, stretches


def test_new_clips_are_searched_before_publication_and_removed_ones_never(home: Home) -> None:
    store(home, {"old": colour("red"), "gone": colour("blue")})
    searcher = Searcher(home, ColourEncoder())
    assert searcher.search(Query(text="red")).generation == 1
    assert not searcher.refresh()
    store(home, {"new": colour("green")}, published=False)
    with Catalogue(home) as catalogue:
        catalogue.files.remove([Path("/videos/gone")])
    assert "gone" in names(searcher.search(Query(text="blue")))
    assert searcher.refresh()
    assert names(searcher.search(Query(text="green"), k=1)) == ["new"]
    assert sorted(names(searcher.search(Query(text="blue")))) == ["new", "old"]
    rebuild(home)
    assert searcher.refresh()
    result = searcher.search(Query(text="green"), k=1)
    assert (names(result), result.generation) == (["new"], 2)
    assert not searcher.refresh()


def test_scores_do_not_change_when_clips_are_published(home: Home) -> None:
    random_library(home, 30, seed=7, published=False)
    searcher = Searcher(home, RandomEncoder())
    before = searcher.search(Query(text="x"))
    assert before.generation is None
    rebuild(home)
    searcher.refresh()
    after = searcher.search(Query(text="x"))
    assert after.generation == 1
    assert after.hits == before.hits


def test_an_index_of_another_encoder_is_not_mixed_in(home: Home) -> None:
    store(home, {"a": colour("red")}, encoder_id="colour-2")
    store(home, {"b": colour("red")}, encoder_id="colour-1", published=False)
    result = Searcher(home, ColourEncoder()).search(Query(text="red"))
    assert names(result) == ["b"]
    assert result.generation is None


def test_an_empty_library_answers_with_nothing(home: Home) -> None:
    searcher = Searcher(home, ColourEncoder())
    result = searcher.search(Query(text="red", without="blue"))
    assert (result.hits, result.confident, result.generation) == ([], False, None)
    assert len(searcher.view.video_matrix[0]) == 0


def test_threads_that_search_while_the_library_changes_see_whole_generations(home: Home) -> None:
    random_library(home, 40, seed=10)
    searcher = Searcher(home, RandomEncoder())
    problems: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                result = searcher.search(Query(text="x"), k=5)
                assert len(result.hits) == 5
        except BaseException as error:  # noqa: BLE001
            problems.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for seed in range(11, 16):
        random_library(home, 10, seed=seed, published=seed % 2 == 0)
        searcher.refresh()
    stop.set()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(searcher.view.videos) == 90


def test_with_a_damaged_index_the_stored_vectors_are_searched(home: Home) -> None:
    store(home, {"a": colour("red"), "b": colour("blue")})
    index = next(home.index.glob("segments/*/clips.f16"))
    content = bytearray(index.read_bytes())
    content[-1] ^= 1
    index.write_bytes(content)
    searcher = Searcher(home, ColourEncoder())
    assert names(searcher.search(Query(text="red"), k=1)) == ["a"]
    assert len(searcher.view.warnings) == 1
    assert "rebuild" in searcher.view.warnings[0]


def test_an_open_searcher_still_answers_after_a_video_was_embedded_again(home: Home) -> None:
    ids = store(home, {"a": colour("red", "green"), "b": colour("red")})
    searcher = Searcher(home, ColourEncoder())
    searcher.similar(ids["a"])
    store(home, {"a": colour("blue", "white"), "c": colour("blue")}, published=False)
    assert names(searcher.similar(ids["a"])) == ["b"]
    searcher.refresh()
    assert stretches(searcher.similar(ids["a"], Span(0, 4), k=1)) == [("c", 0.0, 4.0)]


def test_a_published_index_is_loaded_once_however_often_the_library_changes(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Home] = []

    def counted(home: Home, *, before: Generation | None = None) -> Generation | None:
        loads.append(home)
        return open_generation(home, before=before)

    monkeypatch.setattr("indexer.search.view.open_generation", counted)
    random_library(home, 5, 1)
    searcher = Searcher(home, RandomEncoder())
    for seed in (2, 3):
        random_library(home, 5, seed, published=False)
        assert searcher.refresh()
    assert (len(loads), len(searcher.view.videos)) == (1, 15)
    random_library(home, 5, 4)
    assert searcher.refresh()
    assert (len(loads), len(searcher.view.videos)) == (2, 20)
    with writing_session(home) as catalogue:
        catalogue.files.remove([searcher.view.videos[next(iter(searcher.view.videos))].path])
    assert searcher.refresh()
    assert (len(loads), len(searcher.view.videos)) == (2, 19)


def test_another_index_of_the_same_name_is_loaded(home: Home, tmp_path: Path) -> None:
    random_library(home, 5, 1)
    searcher = Searcher(home, RandomEncoder())
    before = searcher.view.opened
    assert before is not None
    other = resolve_home(tmp_path / "other")
    other.make()
    random_library(other, 7, 2)
    name = before.name
    for folder in (name, "segments"):
        shutil.rmtree(home.index / folder)
        shutil.copytree(other.index / folder, home.index / folder)
    random_library(home, 1, 3, published=False)
    assert searcher.refresh()
    assert searcher.view.opened is not before


def test_the_clips_of_some_videos_are_those_of_the_table(home: Home) -> None:
    random_library(home, 30, 5)
    view = Searcher(home, RandomEncoder()).view
    every = list(view.videos)
    for wanted in ([], every[:1], every[3:9], [*every[4:5], 10_000], every[::-1]):
        owners = view.clips(view.every_row).video_ids
        right = np.flatnonzero(np.isin(owners, np.asarray(wanted, np.int64)))
        assert view.rows_of(wanted).tolist() == right.tolist()
