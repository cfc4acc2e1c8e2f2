"""Saved models answer as they were fitted, and follow events, videos and trainings."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from data.catalogue.catalogue import Catalogue
from data.history.forgetting import current_model
from data.history.history import History
from data.home import Home
from indexer.build.recording.record import writing_session
from recommender.answer.recommender import Recommender
from recommender.choosing.train import train_recommender
from recommender.model.model import Settings, saved_names
from recommender.model.status import model_status
from recommender.model.store import QUICK
from recommender.service import LibraryRecommender
from recommender.sources.registry import CONTENT, EASE, RECENT_EASE
from tests.recommender.model.trained import basis_of, page
from tests.recommender.people import DAY, around, axes, event
from tests.recommender.watched_library import add_videos, bytes_below


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
