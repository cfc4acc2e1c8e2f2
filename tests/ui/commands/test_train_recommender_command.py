"""The recommender's model from the command line and beside a running server."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest

from data.catalogue.catalogue import Catalogue
from data.history.history import History
from data.home import Home, TrainingLock
from recommender.model.manifest import ModelManifest
from recommender.model.status import DUE_EVENTS, DUE_SHARE, ModelStatus, model_status
from recommender.model.store import ARRAYS_FILE
from tests.recommender.people import DAY
from tests.recommender.watched_library import bytes_below, indexed_home, watch
from tests.ui.conftest import PATIENCE_S, ask, serving, tell
from ui.cli import run
from ui.library.library import Library
from ui.server.refits import Refits

pytestmark = pytest.mark.long(29)

Value = TypeVar("Value")


@pytest.fixture
def library(tmp_path: Path) -> Home:
    home = indexed_home(tmp_path / "home")
    watch(home, 12)
    with Catalogue(home) as catalogue:
        for n in range(6):
            History(catalogue).add("carla-secret", f"sea{n}", at=DAY + timedelta(days=n))
    return home


def test_training_tells_what_it_chose_and_status_repeats_it(
    library: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = ask(capsys, "status", home=library.root)["recommender"]
    assert (before["model"], before["fitted_at"], before["stale"]) == ("quick", None, False)
    assert before["events_since"] == 78
    assert before["training_due"]
    told = ask(capsys, "train", "recommender", home=library.root)
    assert told["model"] == "model-000001"
    assert (told["settings_from"], told["events"], told["people"]) == ("default", 78, 13)
    assert "too few events" in told["why"]
    assert told["weights"]["recent ease"][1] > 0.0
    assert told["kept"]["what"].startswith("item-item sums over people")
    status = ask(capsys, "status", home=library.root)["recommender"]
    assert {name: told[name] for name in status} == status
    assert (status["events_since"], status["stale"], status["training_due"]) == (0, False, False)
    assert ask(capsys, "recommend", "person-0-1", home=library.root)["model"] == "model-000001"
    watch(library, 9, seed=1)
    status = ask(capsys, "status", home=library.root)["recommender"]
    assert (status["events_since"], status["stale"]) == (54, True)
    assert "stale: reelwise train recommender" in tell(capsys, "status", home=library.root).out


def test_training_is_told_to_a_person_too(
    library: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tell(capsys, "train", "recommender", home=library.root)
    assert told.out.startswith("model-000001 answers from now on: fitted in ")
    assert "78 events of 13 people" in told.out
    assert "too few events to choose settings" in told.out
    assert "no names, no single history" in told.out
    assert "fitting on everything" in told.err


def test_forget_says_what_it_removed_and_what_is_out_of_reach(
    library: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "copy"
    assert ask(capsys, "train", "recommender", "--export", str(out), home=library.root)[
        "export"
    ] == str(out)
    told = ask(capsys, "history", "forget", "carla-secret", home=library.root)
    assert (told["forgotten"], told["models"]) == (6, 1)
    assert told["export_out_of_reach"]["to"] == str(out)
    assert told["export_out_of_reach"]["at"]
    assert b"carla-secret" not in bytes_below(library.root)
    assert ask(capsys, "recommend", "person-0-2", home=library.root)["model"] == "quick"
    ask(capsys, "train", "recommender", home=library.root)
    text = tell(capsys, "history", "forget", "person-0-2", home=library.root).out
    assert "person-0-2 is forgotten: 6 events deleted" in text
    assert "1 model fitted on the events of all users deleted" in text
    assert f"out of reach: the model exported to {out}" in text


def test_a_damaged_model_is_told_and_a_quick_one_answers(
    library: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(capsys, "train", "recommender", home=library.root)
    path = library.recommender / "model-000001" / ARRAYS_FILE
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    status = ask(capsys, "status", home=library.root)["recommender"]
    assert (status["model"], status["stale"]) == ("quick", True)
    assert "wrong checksum" in status["warning"]
    assert "wrong checksum" in tell(capsys, "status", home=library.root).err
    answer = ask(capsys, "recommend", "person-0-1", home=library.root)
    assert answer["model"] == "quick"
    assert "wrong checksum" in answer["warning"]
    assert len(answer["items"]) == 10
    assert (
        "a model with default settings answers"
        in tell(capsys, "recommend", "person-0-1", home=library.root).err
    )


def test_verify_finds_a_damaged_model_and_a_repair_removes_it(
    library: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(capsys, "rebuild", home=library.root)
    ask(capsys, "train", "recommender", home=library.root)
    assert ask(capsys, "verify", home=library.root)["ok"]
    arrays = library.recommender / "model-000001" / ARRAYS_FILE
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"?")
    (problem,) = ask(capsys, "verify", home=library.root, code=1)["problems"]
    assert "wrong checksum" in problem["what"]
    assert "train recommender" in problem["fix"]
    repaired = ask(capsys, "verify", "--repair", home=library.root)
    assert repaired["ok"]
    assert "default settings answer" in repaired["repaired"][0]
    assert not arrays.exists()
    assert ask(capsys, "recommend", "person-0-1", home=library.root)["warning"] is None


def test_wrong_targets_of_an_export_are_known_errors(
    library: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    inside = str(library.root / "copy")
    assert (
        "lies in the library"
        in ask(capsys, "train", "recommender", "--export", inside, home=library.root, code=1)[
            "error"
        ]
    )
    assert ask(capsys, "status", home=library.root)["recommender"]["model"] == "quick"


@pytest.mark.parametrize("value", ["-1", "soon", "nan", "inf"])
def test_hours_that_are_none_are_wrong_usage(
    value: str, library: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", "--refit-every", value, "--home", str(library.root)]) == 2


@pytest.mark.parametrize(
    ("fitted_on", "since", "due"),
    [
        (0, DUE_EVENTS - 1, False),
        (0, DUE_EVENTS, True),
        (100_000, int(DUE_SHARE * 100_000) - 1, False),
        (100_000, int(DUE_SHARE * 100_000), True),
    ],
)
def test_a_training_is_due_after_a_share_and_a_number_of_events(
    fitted_on: int, since: int, due: bool
) -> None:
    manifest = SimpleNamespace(history=SimpleNamespace(n_events=fitted_on))
    known = cast(ModelManifest, manifest) if fitted_on else None
    status = ModelStatus("model-000001", known, fitted_on + since)
    assert status.due == due


def wait_for(told: Callable[[], Value], what: Callable[[Value], object]) -> Value:
    """Ask the server until something is as it should be."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        found = told()
        if what(found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"it never came to this: {found}")


def test_a_server_trains_beside_its_answers_and_forgets_at_once(library: Home) -> None:
    with serving(library.root, "--refit-every", "0") as server:

        def status() -> Any:
            return server.json("/api/v1/status")[1]["recommender"]

        def model() -> Any:
            return server.json("/api/v1/recommend?user=person-0-1")[1]["model"]

        found = wait_for(status, lambda one: one["model"] == "model-000001")
        assert model() == "model-000001"
        last = wait_for(status, lambda one: one["refits"]["last"])["refits"]["last"]
        assert (last["ok"], last["error"]) == (True, None)
        assert found["events_since"] == 0
        with TrainingLock(library), Catalogue(library) as catalogue:
            # No training can start: what is forgotten must be gone all the same, at once.
            assert History(catalogue).forget("carla-secret").models == 1
            assert model() == "quick"
            assert b"carla-secret" not in bytes_below(library.root)
            failed = wait_for(status, lambda one: not one["refits"]["last"]["ok"])
            assert "is being trained by" in failed["refits"]["last"]["error"]
            assert failed["model"] == "quick"
        # It is tried again, and the new model answers without a restart.
        wait_for(status, lambda one: one["model"] == "model-000002")
        assert wait_for(model, lambda one: one == "model-000002")


def test_a_training_is_wanted_again_when_enough_is_new_and_the_hours_are_over(
    library: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(capsys, "train", "recommender", home=library.root)
    with Library(library.root) as opened, Catalogue(library) as catalogue:
        always, seldom = Refits(opened, 0.0), Refits(opened, 1000.0)
        assert not always._wanted()
        for n in range(DUE_EVENTS):
            History(catalogue).add("zoe", "cat1", at=DAY + timedelta(hours=n))
        assert always._wanted()
        assert seldom._wanted()  # it has not trained yet
        for refits in (always, seldom):
            refits._tried_s = time.monotonic()
        assert always._wanted()
        assert not seldom._wanted()


def test_a_server_that_shall_not_train_does_not(library: Home) -> None:
    with serving(library.root, "--refit-every", "off") as server:
        time.sleep(1.5)
        found = server.json("/api/v1/status")[1]["recommender"]
        assert (found["model"], found["refits"]) == ("quick", "off")
    with Catalogue(library) as catalogue:
        assert model_status(catalogue).name is None
