from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from data import durable, sealed
from data.catalogue.catalogue import Catalogue
from data.durable import arm_crash
from data.errors import ReelwiseError
from data.history.forgetting import current_model, model_names
from data.history.history import History
from data.home import Home
from indexer.build.record import writing_session
from recommender.answer.recommender import Recommender
from recommender.choosing.train import Basis, Choice, read_basis, train_recommender
from recommender.model.blend import weights_from
from recommender.model.manifest import read_model_manifest
from recommender.model.model import Settings, saved_names
from recommender.model.status import model_status
from recommender.model.store import ARRAYS_FILE, QUICK, open_model, require_undamaged
from recommender.service import LibraryRecommender
from recommender.sources.registry import CONTENT, EASE, RECENT_EASE, SOURCES, default_settings
from tests.indexer.build.disk_order import DiskOrder
from tests.recommender.people import DAY, around, axes, event
from tests.recommender.watched_library import add_videos, bytes_below, indexed_home, watch

EVERYTHING = Settings(
    weights_from([{kind.name: 1.0 for kind in SOURCES if not kind.slow}] * 4),
    {**default_settings(), "next_ridge": 3.0},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = indexed_home(tmp_path / "home")
    watch(home, 30)
    return home


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Training chooses these: all sources but the slow one."""
    choice = Choice(EVERYTHING, "history", "because", {})
    monkeypatch.setattr("recommender.choosing.train.choose", lambda basis, note: choice)
    return EVERYTHING


def basis_of(home: Home) -> Basis:
    with Catalogue(home) as catalogue:
        return read_basis(catalogue)


def page(recommender: Recommender, user: str, k: int = 40) -> dict[str, float]:
    return {item.title: item.score for item in recommender.recommend(user, k).items}


def test_the_saved_model_answers_as_the_one_in_memory(home: Home, settings: Settings) -> None:
    train_recommender(home)
    basis = basis_of(home)
    alike = Recommender(basis.videos, basis.log, settings)
    quick = Recommender(basis.videos, basis.log)
    with LibraryRecommender(home) as opened:
        served = opened.current()
        assert opened.model.name == "model-000001"
        assert opened.model.trouble is None
        for user in [f"person-0-{n}" for n in range(5)] + ["a stranger"]:
            expected = page(alike, user)
            found = page(served, user)
            assert list(found) == list(expected)
            assert list(found.values()) == pytest.approx(list(expected.values()), abs=1e-4)
        assert page(served, "person-0-1") != page(quick, "person-0-1")


def test_an_event_counts_at_once_and_nothing_is_fitted_anew(home: Home, settings: Settings) -> None:
    train_recommender(home)
    with LibraryRecommender(home) as opened, Catalogue(home) as catalogue:
        before = opened.current().live.sources
        history = History(catalogue)
        for n in range(40):
            history.add(f"new-{n}", "cat1", at=DAY + timedelta(days=90))
        history.add("anna", "sky1", at=DAY + timedelta(days=90))
        after = opened.current()
        assert list(page(after, "anna", 3)) != list(page(after, "a stranger", 3))
        assert "sky1" not in page(after, "anna")
        for name in saved_names(settings.weights):
            assert after.live.sources[name] is before[name]
        assert opened.model.name == "model-000001"


def test_videos_that_came_and_went_since_are_matched_by_id(home: Home, settings: Settings) -> None:
    train_recommender(home)
    basis = basis_of(home)
    before = Recommender(basis.videos, basis.log, settings)
    before.warm_up()
    watched = [event("anna", basis.videos.titles.index(f"cat{n}") + 1, day=90.0) for n in (1, 2, 3)]
    before.observe(watched)
    with Catalogue(home) as catalogue:
        gone = catalogue.video("cat0").path
    with LibraryRecommender(home) as opened:
        add_videos(home, ["aaa", "cat90", "cat91"], around(axes(4)[:1], 3, seed=5))
        with writing_session(home) as catalogue:
            catalogue.files.remove([gone])
        with Catalogue(home) as catalogue:
            for title in ("cat1", "cat2", "cat3"):
                History(catalogue).add("anna", title, at=DAY + timedelta(days=90))
        served = opened.current()
        assert opened.model.name == "model-000001"
        found = page(served, "anna", 39)
        assert "cat0" not in found
        assert {"aaa", "cat90", "cat91"} <= set(found)
        rows = {title: row for row, title in enumerate(served.videos.titles)}
        history = served.live.taste("anna").history
        learned = {name: one.scores(history)[0] for name, one in served.live.sources.items()}
        assert learned[CONTENT][rows["aaa"]] > 0.0
        assert learned[RECENT_EASE][rows["aaa"]] == 0.0
        # The same links as before, by title: rows have moved.
        then = before.videos.titles.index("cat4")
        now = served.live.taste("anna").history
        expected = before.live.sources[EASE].links(before.live.taste("anna").history, then)
        found_links = served.live.sources[EASE].links(now, rows["cat4"])
        assert rows["cat4"] != then
        assert expected.any()
        assert found_links == pytest.approx(expected, abs=1e-5)


def open_model_of(home: Home):  # type: ignore[no-untyped-def]
    with Catalogue(home) as catalogue:
        return open_model(home, catalogue)


def test_a_training_is_picked_up_without_a_restart(home: Home) -> None:
    with LibraryRecommender(home) as opened:
        opened.recommend("person-0-1")
        assert opened.model.name == QUICK
        train_recommender(home)
        opened.recommend("person-0-1")
        assert opened.model.name == "model-000001"
        train_recommender(home)
        opened.recommend("person-0-1")
        assert opened.model.name == "model-000002"


def test_after_forget_the_quick_model_answers_until_the_next_training(home: Home) -> None:
    train_recommender(home)
    with LibraryRecommender(home) as opened, Catalogue(home) as catalogue:
        opened.recommend("person-0-1")
        forgotten = History(catalogue).forget("person-0-1")
        assert (forgotten.events, forgotten.models) == (6, 1)
        assert [path.name for path in home.recommender.iterdir()] == ["training.lock"]
        assert opened.recommend("person-0-1").items
        assert opened.model.name == QUICK
        assert "person-0-1" not in opened.current().live.log.users
        train_recommender(home)
        opened.recommend("person-0-2")
        assert opened.model.name == "model-000002", "names are never used again"


def test_no_byte_of_a_forgotten_person_is_left_anywhere(home: Home) -> None:
    with Catalogue(home) as catalogue:
        History(catalogue).add("carla-secret", "cat1", at=DAY)
        train_recommender(home)
        assert b"carla-secret" in bytes_below(home.root)
        History(catalogue).forget("carla-secret")
        assert b"carla-secret" not in bytes_below(home.root)
    assert current_model(home) is None


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def from_another_home(home: Home, folder: Path) -> None:
    folder.rename(home.recommender / "model-000007")
    home.current_model.write_text("model-000007\n")


def of_a_later_version(home: Home, folder: Path) -> None:
    manifest = read_model_manifest(folder)
    names = ["crystal ball", *manifest.settings["weights"]["names"][1:]]
    weights = manifest.settings["weights"] | {"names": names}
    newer = replace(manifest, settings=manifest.settings | {"weights": weights})
    (folder / "manifest.json").write_bytes(sealed.seal(asdict(newer)))


def of_another_format(home: Home, folder: Path) -> None:
    older = replace(read_model_manifest(folder), format=1)
    (folder / "manifest.json").write_bytes(sealed.seal(asdict(older)))


def without_a_source(home: Home, folder: Path) -> None:
    less = replace(read_model_manifest(folder), sources=[])
    (folder / "manifest.json").write_bytes(sealed.seal(asdict(less)))


def encoded_anew(home: Home, folder: Path) -> None:
    with Catalogue(home) as catalogue:
        names = [video.title for video in catalogue.videos()]
    add_videos(home, names, around(axes(4), 10, seed=2), "themes-2")


SPOILED: dict[str, Callable[[Home, Path], object]] = {
    "a flipped byte": lambda home, folder: edit(
        folder / ARRAYS_FILE, lambda found: found[:-9] + bytes([found[-9] ^ 1]) + found[-8:]
    ),
    "cut": lambda home, folder: os.truncate(folder / ARRAYS_FILE, 100),
    "missing": lambda home, folder: (folder / ARRAYS_FILE).unlink(),
    "no manifest": lambda home, folder: (folder / "manifest.json").unlink(),
    "manifest": lambda home, folder: edit(
        folder / "manifest.json", lambda found: found.replace(b'"videos": 40', b'"videos": 41')
    ),
    "no folder": lambda home, folder: home.current_model.write_text("model-000003\n"),
    "no name": lambda home, folder: home.current_model.write_text("m\x6fdel-00000\n"),
    "of another home": from_another_home,
    "a later version": of_a_later_version,
    "an earlier format": of_another_format,
    "a source too few": without_a_source,
    "another encoder": encoded_anew,
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_cannot_be_trusted_is_refused_and_the_quick_model_answers(
    home: Home, how: str
) -> None:
    train_recommender(home)
    SPOILED[how](home, home.recommender / "model-000001")
    with LibraryRecommender(home) as opened:
        assert len(opened.recommend("person-0-1", 3).items) == 3
        assert opened.model.name == QUICK
        assert opened.model.trouble is not None
        assert "cannot be used" in opened.model.trouble.problem
        assert "reelwise train recommender" in opened.model.trouble.fix
        train_recommender(home)
        opened.recommend("person-0-1")
        assert opened.model.trouble is None
        assert opened.model.name == current_model(home)


@pytest.mark.parametrize("how", list(SPOILED)[:7])
def test_damage_of_the_model_is_found_without_answering(home: Home, how: str) -> None:
    train_recommender(home)
    require_undamaged(home)
    SPOILED[how](home, home.recommender / "model-000001")
    with pytest.raises(ReelwiseError, match="cannot be used"):
        require_undamaged(home)
    with Catalogue(home) as catalogue:
        assert model_status(catalogue).trouble is not None


def test_a_folder_that_is_gone_is_told_and_the_quick_model_answers(home: Home) -> None:
    train_recommender(home)
    shutil.rmtree(home.recommender)
    with Catalogue(home) as catalogue:
        trouble = model_status(catalogue).trouble
        assert trouble is not None
        assert "the recommender's folder is gone" in trouble.problem
    with LibraryRecommender(home) as opened:
        assert len(opened.recommend("person-0-1", 3).items) == 3
        assert opened.model.trouble is not None
        assert "folder is gone" in opened.model.trouble.problem


def test_a_model_of_another_version_is_no_damage(home: Home) -> None:
    train_recommender(home)
    of_another_format(home, home.recommender / "model-000001")
    require_undamaged(home)


def test_nothing_is_parsed_before_its_checksum_is_right(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_recommender(home)
    SPOILED["a flipped byte"](home, home.recommender / "model-000001")
    monkeypatch.setattr("recommender.model.store.map_arrays", lambda path: pytest.fail("parsed"))
    with pytest.raises(ReelwiseError, match="wrong checksum"):
        open_model_of(home)


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


@pytest.fixture
def answering(home: Home) -> Iterator[list[BaseException]]:
    """Threads that ask all the time; gives what went wrong."""
    wrong: list[BaseException] = []
    done = threading.Event()
    with LibraryRecommender(home) as opened:

        def ask() -> None:
            while not done.is_set():
                try:
                    assert len(opened.recommend("person-0-1", 3).items) == 3
                except BaseException as error:  # noqa: BLE001 - the test must hear of any
                    wrong.append(error)
                    return

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        yield wrong
        done.set()
        for thread in threads:
            thread.join()


def test_answers_go_on_while_models_come_and_go(home: Home, answering: list[BaseException]) -> None:
    for n in range(4):
        train_recommender(home)
        with Catalogue(home) as catalogue:
            History(catalogue).forget(f"person-0-{10 + n}")
    assert answering == []


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
