"""A model that is saved or forgotten survives kills and power cuts."""

from __future__ import annotations

import os
import signal

import pytest

from data import durable
from data.catalogue.catalogue import Catalogue
from data.durable import arm_crash
from data.errors import ReelwiseError
from data.history.forgetting import current_model, model_names
from data.history.history import History
from data.home import Home
from recommender.choosing.train import train_recommender
from recommender.model.store import ARRAYS_FILE, QUICK
from recommender.service import LibraryRecommender
from tests.indexer.build.disk_order import DiskOrder
from tests.recommender.model.trained import open_model_of

pytestmark = pytest.mark.long(10)


class Passings(dict[str, int]):
    """Stands in for the armed crash points and counts every passing instead."""

    def __bool__(self) -> bool:
        return True

    def __contains__(self, name: object) -> bool:
        self[str(name)] = self.get(str(name), 0) + 1
        return False


def passings_of(deed, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:  # type: ignore[no-untyped-def]
    counted = Passings()
    with monkeypatch.context() as patch:
        patch.setattr(durable, "_armed", counted)
        deed()
    return dict(counted.items())


def killed_at(point: str, deed) -> bool:  # type: ignore[no-untyped-def]
    """Do something in a process that dies at a crash point."""
    pid = os.fork()
    if pid == 0:
        arm_crash(point)
        try:
            deed()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_a_kill_at_any_named_point_leaves_the_old_or_the_new_model(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_recommender(home)
    points = passings_of(lambda: train_recommender(home), monkeypatch)
    written = {f"model.after_fsync_{what}" for what in ("arrays", "manifest", "folder")}
    written |= {f"model.current.after_{what}" for what in ("fsync", "rename", "fsync_dir")}
    written |= {"model.after_rename", "model.after_cleaning", "model.publish.before_commit"}
    assert written | {"model.publish.after_commit", "discard_dir.after_rename"} <= set(points)
    seen = set()
    for point in sorted(points):
        before = current_model(home)
        assert killed_at(point, lambda: train_recommender(home)), point
        after = open_model_of(home)
        assert after is not None
        seen.add(after.name == before)
        with LibraryRecommender(home) as opened:
            opened.recommend("person-0-1")
            assert opened.model.name == after.name
        # The lock is free, and the next training tidies up.
        train_recommender(home)
        left = {path.name for path in home.recommender.iterdir()}
        assert left == {"training.lock", "CURRENT", str(current_model(home))}
    assert seen == {True, False}


def test_a_kill_while_forgetting_leaves_no_model_that_is_used(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(user: str) -> None:
        with Catalogue(home) as catalogue:
            History(catalogue).forget(user)

    train_recommender(home)
    points = passings_of(lambda: forget("person-0-29"), monkeypatch)
    assert {"history.forget.after_commit", "remove_models.after_current"} <= set(points)
    for n, point in enumerate(sorted(points)):
        user = f"person-0-{n}"
        train_recommender(home)
        assert killed_at(point, lambda user=user: forget(user)), point
        with Catalogue(home) as catalogue, LibraryRecommender(home) as opened:
            opened.recommend("a stranger")
            deleted = user not in History(catalogue).users()
            assert (opened.model.name == QUICK) == deleted, point
        forget(user)
        assert model_names(home) == []
        assert not [path for path in home.recommender.iterdir() if path.is_dir()]


def test_nothing_is_published_before_it_survives_a_power_cut(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = DiskOrder(home.root, monkeypatch)
    train_recommender(home)
    order.finish()
    assert order.faults == []
    assert order.renames == 2


def test_an_fsync_that_is_left_out_is_seen(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    order = DiskOrder(home.root, monkeypatch)
    monkeypatch.setattr("recommender.model.arrays.fsync_file", lambda path: None)
    train_recommender(home)
    assert any(ARRAYS_FILE in fault for fault in order.faults)


def test_a_training_finishes_a_forgetting_that_was_killed(home: Home) -> None:
    def forget(user: str) -> int:
        with Catalogue(home) as catalogue:
            return History(catalogue).forget(user).models

    train_recommender(home)
    assert killed_at("history.forget.after_commit", lambda: forget("person-0-3"))
    assert current_model(home) == "model-000001"
    train_recommender(home)
    assert model_names(home) == ["model-000002"]
    assert forget("nobody") == 0  # it ends what the killed one began, and finds nothing more
    with pytest.raises(ReelwiseError, match="nobody is called"):
        forget("nobody")
    assert current_model(home) == "model-000002"
