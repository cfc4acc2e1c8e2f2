from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.errors import CannotWrite, ReelwiseError
from data.history.forgetting import current_model, model_names
from data.history.history import History
from data.home import Home, TrainingLock, resolve_home
from recommender.choosing.splits import HELD_OUT
from recommender.choosing.train import (
    dense_limit,
    held_out_cases,
    read_basis,
    train_recommender,
)
from recommender.choosing.weights import FEWEST
from recommender.model.manifest import FEW_PEOPLE, read_model_manifest
from recommender.model.model import DEFAULT_WEIGHTS, saved_names, settings_from_json
from recommender.model.store import open_model
from tests.recommender.tables import interactions
from tests.recommender.watched_library import bytes_below, indexed_home, watch


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return indexed_home(tmp_path / "home")


def test_with_few_events_the_default_settings_stay_and_it_says_so(home: Home) -> None:
    watch(home, 5)
    manifest = train_recommender(home)
    assert manifest.settings_from == "default"
    assert "too few events" in manifest.why
    assert str(FEWEST) in manifest.why
    assert settings_from_json(manifest.settings).weights.used == DEFAULT_WEIGHTS.used
    assert manifest.sources == saved_names(DEFAULT_WEIGHTS)


def test_with_enough_events_settings_are_chosen_on_the_later_ones(home: Home) -> None:
    watch(home, 120)
    notes: list[str] = []
    manifest = train_recommender(home, note=notes.append)
    assert manifest.settings_from == "history"
    assert manifest.figures["questions"] >= FEWEST
    assert manifest.figures["fitted"] >= manifest.figures["default"] > 0.0
    settings = settings_from_json(manifest.settings)
    assert settings.weights.table.shape == (4, len(settings.weights.names))
    assert manifest.settings["weights"] == {
        "names": list(settings.weights.names),
        "table": settings.weights.table.tolist(),
    }
    assert notes[-1] == "publishing"
    with Catalogue(home) as catalogue:
        saved = open_model(home, catalogue)
        assert saved is not None
        assert saved.manifest == manifest
        assert saved.settings.of_sources == settings.of_sources
        assert saved.arrays["video_ids"].tolist() == [v.id for v in catalogue.videos()]


def test_the_later_part_is_asked_from_what_was_before_it(home: Home) -> None:
    watch(home, 60)
    with Catalogue(home) as catalogue:
        basis = read_basis(catalogue)
    cases = held_out_cases(basis.log)
    assert sum(len(case.test) for case in cases) >= HELD_OUT * len(basis.log) - 1
    for case in cases:
        assert case.train.at_s.max() < case.test.at_s.min()


def test_events_of_one_instant_are_held_out_by_chance() -> None:
    line = " ".join(f"p{person}:{item}@7" for person in range(20) for item in range(4))
    (case,) = held_out_cases(interactions(line, n_people=20, n_items=8))
    assert len(case.train) == 72
    assert len(case.test) == 8


def test_what_is_kept_of_people_is_told(home: Home) -> None:
    watch(home, 3)
    kept = train_recommender(home).kept
    assert (kept.people, kept.events) == (3, 18)
    assert kept.until is not None
    assert kept.what.startswith("item-item sums over people; no names, no single history")
    assert "with only 3 people" in kept.what
    watch(home, FEW_PEOPLE, seed=1)
    kept = train_recommender(home).kept
    assert kept.what == "item-item sums over people; no names, no single history"
    assert kept.sources["recent ease"] == "item-item weights"


def test_no_name_is_in_the_model(home: Home) -> None:
    watch(home, 40)
    train_recommender(home)
    assert b"person-0-" not in bytes_below(home.recommender)
    assert b"person-0-" in bytes_below(home.root)


def test_without_videos_or_events_there_is_nothing_to_train_on(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ReelwiseError, match="has been watched yet"):
        train_recommender(home)
    with pytest.raises(ReelwiseError, match="there is no library in"):
        train_recommender(resolve_home(tmp_path / "empty"))
    assert not (tmp_path / "empty").exists()
    assert current_model(home) is None


def test_two_trainings_never_run_at_once(home: Home) -> None:
    watch(home, 3)
    with TrainingLock(home), pytest.raises(ReelwiseError, match="is being trained by"):
        train_recommender(home)
    train_recommender(home)
    train_recommender(home)
    assert model_names(home) == ["model-000002"]


def test_whoever_is_forgotten_meanwhile_spoils_the_training(home: Home) -> None:
    watch(home, 4)
    train_recommender(home)

    def forget(line: str) -> None:
        if line == "publishing":
            with Catalogue(home) as catalogue:
                assert History(catalogue).forget("person-0-1").models == 1

    with pytest.raises(ReelwiseError, match="forgotten while"):
        train_recommender(home, note=forget)
    assert current_model(home) is None
    assert [path.name for path in home.recommender.iterdir()] == ["training.lock"]
    assert train_recommender(home).kept.people == 3


def test_a_forgetting_while_files_are_written_spoils_the_training(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommender.model import arrays, store

    watch(home, 4)
    write = arrays.write_arrays

    def write_slowly(path: Path, named: dict[str, NDArray[Any]]) -> None:
        write(path, named)
        with Catalogue(home) as catalogue:
            History(catalogue).forget("person-0-1")
        assert not path.exists()

    monkeypatch.setattr(store, "write_arrays", write_slowly)
    with pytest.raises(ReelwiseError, match="forgotten while"):
        train_recommender(home)
    assert [path.name for path in home.recommender.iterdir()] == ["training.lock"]


def test_an_export_is_a_whole_copy_and_forget_tells_of_it(home: Home, tmp_path: Path) -> None:
    watch(home, 12)
    out = tmp_path / "copies" / "model"
    manifest = train_recommender(home, export=out)
    assert read_model_manifest(out) == manifest
    copy = json.loads((out / "manifest.json").read_text())
    assert copy["kept"]["people"] == 12
    assert copy["kept"]["sources"]
    with pytest.raises(ReelwiseError, match="exists already"):
        train_recommender(home, export=out)
    with pytest.raises(ReelwiseError, match="lies in the library"):
        train_recommender(home, export=home.root / "copy")
    with Catalogue(home) as catalogue:
        export = History(catalogue).forget("person-0-1").export
    assert export is not None
    assert export.to == out
    assert out.is_dir()


@pytest.mark.parametrize(
    ("n_videos", "limit"), [(100, 12_000), (12_000, 12_000), (20_000, 3_000), (600_000, 100)]
)
def test_dense_matrices_stay_small_enough_to_be_asked(n_videos: int, limit: int) -> None:
    assert dense_limit(n_videos) == limit


def test_a_copy_without_room_names_its_own_place(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise shutil.Error([("a", "b", "[Errno 28] No space left on device")])

    monkeypatch.setattr(shutil, "copytree", full)
    watch(home, 12)
    with pytest.raises(CannotWrite) as caught:
        train_recommender(home, export=tmp_path / "out")
    assert caught.value.problem == f"no space left on the disk: {tmp_path / 'out'}"
    assert current_model(home) is not None
