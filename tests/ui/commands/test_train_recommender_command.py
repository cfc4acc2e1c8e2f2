"""The recommender's model from the command line and beside a running server."""

import json
import time
from datetime import timedelta

import pytest

from data.catalogue.catalogue import Catalogue
from data.history.history import History
from data.home import TrainingLock
from recommender.model.status import DUE_EVENTS, DUE_SHARE, ModelStatus, model_status
from recommender.model.store import ARRAYS_FILE
from tests.recommender.people import DAY
from tests.recommender.watched_library import bytes_below, indexed_home, watch
from tests.ui.conftest import serving
from ui.cli import run

PATIENCE_S = 60


def ask(capsys, *args, home, code=0):
    capsys.readouterr()
    assert run([*args, "--home", str(home.root), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def tell(capsys, *args, home, code=0):
    capsys.readouterr()
    assert run([*args, "--home", str(home.root)]) == code
    return capsys.readouterr()


@pytest.fixture
def library(tmp_path):
    home = indexed_home(tmp_path / "home")
    watch(home, 12)
    with Catalogue(home) as catalogue:
        for n in range(6):
            History(catalogue).add("carla-secret", f"sea{n}", at=DAY + timedelta(days=n))
    return home


def test_training_tells_what_it_chose_and_status_repeats_it(library, capsys) -> None:
    before = ask(capsys, "status", home=library)["recommender"]
    assert (before["model"], before["fitted_at"], before["stale"]) == ("quick", None, False)
    assert before["events_since"] == 78
    assert before["training_due"]
    told = ask(capsys, "train", "recommender", home=library)
    assert told["model"] == "model-000001"
    assert (told["chosen"], told["events"], told["people"]) == ("shipped", 78, 13)
    assert "too few events" in told["why"]
    assert told["weights"]["co-watch"][1] > 0.0
    assert told["kept"]["what"].startswith("item-item sums over people")
    status = ask(capsys, "status", home=library)["recommender"]
    assert {name: told[name] for name in status} == status
    assert (status["events_since"], status["stale"], status["training_due"]) == (0, False, False)
    assert ask(capsys, "recommend", "person-0-1", home=library)["model"] == "model-000001"
    watch(library, 9, seed=1)
    status = ask(capsys, "status", home=library)["recommender"]
    assert (status["events_since"], status["stale"]) == (54, True)
    assert "stale: reelwise train recommender" in tell(capsys, "status", home=library).out


def test_training_is_told_to_a_person_too(library, capsys) -> None:
    told = tell(capsys, "train", "recommender", home=library)
    assert told.out.startswith("model-000001 answers from now on: fitted in ")
    assert "78 events of 13 people" in told.out
    assert "too few events to choose by" in told.out
    assert "no names, no single history" in told.out
    assert "fitting on everything" in told.err


def test_forget_says_what_it_removed_and_what_is_out_of_reach(library, capsys, tmp_path) -> None:
    out = tmp_path / "copy"
    assert ask(capsys, "train", "recommender", "--export", str(out), home=library)["export"] == str(
        out
    )
    told = ask(capsys, "history", "forget", "carla-secret", home=library)
    assert (told["forgotten"], told["models"]) == (6, 1)
    assert told["export_out_of_reach"]["to"] == str(out)
    assert told["export_out_of_reach"]["at"]
    assert b"carla-secret" not in bytes_below(library.root)
    assert ask(capsys, "recommend", "person-0-2", home=library)["model"] == "quick"
    ask(capsys, "train", "recommender", home=library)
    text = tell(capsys, "history", "forget", "person-0-2", home=library).out
    assert "person-0-2 is forgotten: 6 events removed" in text
    assert "1 model fitted on everybody's events removed" in text
    assert f"out of reach: the model exported to {out}" in text


def test_a_damaged_model_is_told_and_a_quick_one_answers(library, capsys) -> None:
    ask(capsys, "train", "recommender", home=library)
    path = library.recommender / "model-000001" / ARRAYS_FILE
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    status = ask(capsys, "status", home=library)["recommender"]
    assert (status["model"], status["stale"]) == ("quick", True)
    assert "wrong checksum" in status["warning"]
    assert "wrong checksum" in tell(capsys, "status", home=library).err
    answer = ask(capsys, "recommend", "person-0-1", home=library)
    assert answer["model"] == "quick"
    assert "wrong checksum" in answer["warning"]
    assert len(answer["items"]) == 10
    assert "a quick model answers" in tell(capsys, "recommend", "person-0-1", home=library).err


def test_wrong_targets_of_an_export_are_known_errors(library, capsys, tmp_path) -> None:
    inside = str(library.root / "copy")
    assert (
        "lies in the library"
        in ask(capsys, "train", "recommender", "--export", inside, home=library, code=1)["error"]
    )
    assert ask(capsys, "status", home=library)["recommender"]["model"] == "quick"


@pytest.mark.parametrize("value", ["-1", "soon", "nan", "inf"])
def test_hours_that_are_none_are_wrong_usage(value, library, capsys) -> None:
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
def test_a_training_is_due_after_a_share_and_a_number_of_events(fitted_on, since, due) -> None:
    class Of:
        class history:
            n_events = fitted_on

    status = ModelStatus("model-000001", Of if fitted_on else None, fitted_on + since)
    assert status.due == due


def wait_for(told, what):
    """Ask the server until something is as it should be."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        found = told()
        if what(found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"it never came to this: {found}")


def test_a_server_trains_beside_its_answers_and_forgets_at_once(library) -> None:
    with serving(library.root, "--refit-every", "0") as server:

        def status():
            return server.json("/api/status")[1]["recommender"]

        def model():
            return server.json("/api/recommend?user=person-0-1")[1]["model"]

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
        with Catalogue(library) as catalogue:
            for n in range(DUE_EVENTS):
                History(catalogue).add("zoe", "cat1", at=DAY + timedelta(hours=n))
        wait_for(model, lambda one: one == "model-000003")


def test_a_server_that_shall_not_train_does_not(library) -> None:
    with serving(library.root, "--refit-every", "off") as server:
        time.sleep(1.5)
        found = server.json("/api/status")[1]["recommender"]
        assert (found["model"], found["refits"]) == ("quick", "off")
    with Catalogue(library) as catalogue:
        assert model_status(catalogue).name is None
