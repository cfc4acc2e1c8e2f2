"""One opened library: what its threads share, and what it notices of other processes."""

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from data.errors import ReelwiseError
from data.toons.library import ToonLibrary
from embeddings.opening.deferred import DeferredEncoder
from tests.ui.conftest import ENCODER
from ui.cli import run
from ui.library.library import Library


def test_many_threads_load_the_encoder_once_and_get_the_same_answer(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from embeddings.opening import choice

    loads: list[object] = []
    load = choice.load_encoder

    def counted(*args: Any, **options: Any) -> object:
        loads.append(args)
        return load(*args, **options)

    monkeypatch.setattr("embeddings.opening.deferred.load_encoder", counted)
    answers: list[list[tuple[int, float]]] = []
    together = threading.Barrier(6)

    with Library(home) as library:

        def ask() -> None:
            together.wait()
            result = library.search("a red car", k=3)
            answers.append([(hit.video_id, hit.start_s) for hit in result.hits])
            assert isinstance(library.encoder, DeferredEncoder)
            library.encoder.prepare()

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(loads) == 1
    assert len(answers) == 6
    assert all(answer == answers[0] for answer in answers)


def test_what_is_indexed_and_watched_meanwhile_is_seen_by_the_next_question(
    toons: ToonLibrary, tmp_path: Path
) -> None:
    folder, home = tmp_path / "videos", tmp_path / "home"
    folder.mkdir()
    for number in (1, 2):
        shutil.copy(toons.folder / f"toon-000{number}.mp4", folder)
    with Library(home) as library:
        with pytest.raises(ReelwiseError, match="there is no library in"):
            _ = library.searcher
        assert not home.exists()
        assert run(["index", str(folder), "--encoder", ENCODER, "--home", str(home)]) == 0
        assert len(library.searcher.view.videos) == 2
        first = library.recommender
        assert {item.video_id for item in first.recommend("anna").items} == {1, 2}
        assert library.recommender is first

        shutil.copy(toons.folder / "toon-0003.mp4", folder)
        assert run(["index", str(folder), "--home", str(home)]) == 0
        assert len(library.searcher.view.videos) == 3
        assert {item.video_id for item in library.recommender.recommend("anna").items} == {1, 2, 3}
        assert run(["history", "add", "anna", "toon-0003.mp4", "--home", str(home)]) == 0
        assert {item.video_id for item in library.recommender.recommend("anna").items} == {1, 2}


def test_weights_that_are_not_the_librarys_are_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(home) as library:
        real = library.encoder

        class Other:
            id = "another-0000"

        monkeypatch.setattr("embeddings.opening.deferred.open_encoder", lambda *_, **__: Other())
    with Library(home) as library, pytest.raises(ReelwiseError, match=real.id):
        _ = library.encoder


def tried(args: list[str], home: Path) -> int:
    return run([*args, "--home", str(home)])


def test_what_cannot_be_done_makes_no_home(
    toons: ToonLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("embeddings.spatiotemporal.files.hub_answers", lambda: False)
    home, folder, empty = tmp_path / "deep" / "home", str(toons.folder), tmp_path / "empty"
    empty.mkdir()
    events = tmp_path / "events.csv"
    events.write_text("name,film\nanna,a.mp4\n", encoding="utf-8")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    for args in (
        ["index", folder, "--encoder", "ViT-B-32/openai"],
        ["index", folder, "--encoder", "ViT-B-32", "--weights", str(broken)],
        ["index", folder, "--encoder", "nosuch"],
        ["index", folder, "--encoder", "toon", "--exclude", "#x"],
        ["index", folder, "--encoder", "toon", "--exclude", "*"],
        ["index", str(empty), "--encoder", "toon"],
        ["index", "/dev/null", "--encoder", "toon"],
        ["history", "import", str(events)],
        ["history", "import", str(events), "--user", "\u200b"],
    ):
        assert tried(args, home) == 1, args
        assert not home.parent.exists(), args


def test_a_home_that_cannot_be_made_is_told_before_an_encoder_is_loaded(
    toons: ToonLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an encoder was loaded")

    monkeypatch.setattr("embeddings.opening.deferred.open_encoder", refuse)
    (tmp_path / "file").write_text("", encoding="utf-8")
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        with Library(home) as library, pytest.raises(ReelwiseError, match="cannot be made"):
            library.index([toons.folder], encoder="toon")


def test_what_pages_show_of_the_whole_library_is_found_out_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(home) as library:
        first = library.catalogue.videos()[0].id
        n_videos, found = library.n_videos, library.alike(first, 3)
        assert n_videos == len(library.catalogue.videos())
        assert len(set(found)) == 3
        assert first not in found
        similar = library.similar(first, k=60).hits
        assert found == tuple(dict.fromkeys(hit.video_id for hit in similar))[:3]

        def again(*_: object, **__: object) -> None:
            raise AssertionError("found out twice")

        monkeypatch.setattr(type(library.searcher), "similar", again)
        monkeypatch.setattr(type(library.catalogue), "number_and_length_s", again)
        assert library.n_videos == n_videos
        assert library.alike(first, 3) == found
