from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from data.history import Event, History, Origin, RecordedEvents, events_since
from data.home import Home, resolve_home
from data.review.deciding import Deciding, Decision
from indexer.copies.stored import Duplicates, Pair, Stretch, write_duplicates
from recommender.events.log import read_events
from recommender.service import LibraryRecommender
from tests.data.review.made import find, set_policy
from tests.recommender.people import DAY, around, axes
from tests.recommender.watched_library import add_videos


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = resolve_home(tmp_path / "home")
    names = [f"{theme}{i}" for theme in ("cat", "car", "sea") for i in range(6)]
    add_videos(home, names, around(axes(3), 6))
    return home


@pytest.fixture
def history(home: Home) -> Iterator[History]:
    with Catalogue(home) as catalogue:
        yield History(catalogue)


@pytest.fixture
def recommender(home: Home) -> Iterator[LibraryRecommender]:
    with LibraryRecommender(home) as opened:
        yield opened


def titles(recommender: LibraryRecommender, user: str, k: int = 3) -> list[str]:
    return [item.title for item in recommender.recommend(user, k).items]


def test_a_home_without_videos_recommends_nothing(tmp_path: Path) -> None:
    with LibraryRecommender(resolve_home(tmp_path / "empty")) as opened:
        assert opened.recommend("anna").items == []


def test_items_carry_path_and_title(recommender: LibraryRecommender, history: History) -> None:
    history.add("anna", "cat0")
    item = recommender.recommend("anna", 1).items[0]
    assert item.path == Path(f"/films/{item.title}.mp4")
    assert item.because is not None
    assert item.because.title == "cat0"


def test_events_of_another_process_change_the_next_answer(
    recommender: LibraryRecommender, history: History
) -> None:
    assert len(titles(recommender, "anna")) == 3
    history.add("anna", "car0")
    assert all(title.startswith("car") for title in titles(recommender, "anna"))
    history.add("anna", "car1", kind="dislike")
    assert "car1" not in titles(recommender, "anna", 18)


def test_each_change_and_removal_of_an_event_changes_the_next_answer(
    recommender: LibraryRecommender, history: History, home: Home
) -> None:
    with Catalogue(home) as catalogue:
        events = RecordedEvents(catalogue, history)
        at_first = titles(recommender, "anna", 18)
        event = events.add("anna", "car0", kind="like").event
        assert event is not None
        assert all(title.startswith("car") for title in titles(recommender, "anna"))
        events.change("anna", event.id, kind="hide")
        assert set(titles(recommender, "anna", 18)) == {*at_first} - {"car0"}
        assert recommender.current().live.taste("anna").history.item.tolist() == []
        events.remove("anna", event.id)
        assert titles(recommender, "anna", 18) == at_first


def test_shelves_follow_every_event_of_the_person(
    recommender: LibraryRecommender, history: History
) -> None:
    assert recommender.shelves("anna").is_new
    history.add("anna", "cat0", kind="like")
    history.add("anna", "sea0", watched_s=2.0)
    page = recommender.shelves(" anna ")
    because = next(shelf for shelf in page.shelves if shelf.kind == "because")
    assert because.because is not None
    assert (because.because.title, because.verb) == ("cat0", "liked")
    assert all(item.title.startswith("cat") for item in because.items)
    assert not page.is_new
    with pytest.raises(ReelwiseError):
        recommender.shelves(" ")
    assert recommender.shelves("").is_new, "a guest"


def test_a_view_that_grows_has_no_video_read_again(
    recommender: LibraryRecommender, history: History, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalogue(home) as catalogue:
        events = RecordedEvents(catalogue, history)
        events.add("anna", "car0", watched_s=1.0, origin=Origin("page", "m1", 1))
        titles(recommender, "anna")
        monkeypatch.delattr("recommender.service.read_video_table")
        for number, seconds in ((2, 4.0), (3, 9.0)):
            origin = Origin("page", "m1", number)
            events.add("anna", "car0", watched_s=seconds, origin=origin)
            weights = recommender.current().live.taste("anna").history.weight
            fresh = read_events(history.events(), recommender.current().videos)
            assert weights.tolist() == fresh.histories.weight.tolist()


def test_an_event_counts_once(recommender: LibraryRecommender, history: History) -> None:
    history.add("anna", "car0")
    recommender.recommend("anna")
    history.add("anna", "cat0")
    weights = recommender.current().live.taste("anna").history.weight
    fresh = LibraryRecommender(recommender._home)
    assert weights.tolist() == fresh.current().live.taste("anna").history.weight.tolist()
    fresh.close()


def test_an_event_that_comes_in_while_all_is_read_counts_once_too(
    home: Home, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, pending = History.events, ["car0"]

    def read_while_somebody_watches(self: History) -> list[Event]:
        while pending:
            history.add("anna", pending.pop(), watched_s=2.0, at=DAY)
        return read(self)

    monkeypatch.setattr(History, "events", read_while_somebody_watches)
    with LibraryRecommender(home) as opened:
        assert len(opened.current().live.taste("anna").seen) == 1
        assert len(opened.current().live.log) == 1


def test_an_event_waits_for_its_video(
    home: Home, recommender: LibraryRecommender, history: History
) -> None:
    history.add("anna", "sky0")
    recommender.recommend("anna")
    add_videos(home, ["sky0", "sky1"], around([axes(4)[3]], 2))
    assert titles(recommender, "anna", 1) == ["sky1"]


def test_a_new_video_can_be_recommended_at_once(
    home: Home, recommender: LibraryRecommender
) -> None:
    recommender.recommend("anna")
    add_videos(home, ["sky0"], around([axes(4)[3]], 1))
    assert "sky0" in titles(recommender, "anna", 19)


def test_nothing_of_a_forgotten_person_is_left(
    recommender: LibraryRecommender, history: History
) -> None:
    for i in range(3):
        history.add("anna", f"sea{i}")
        history.add("ben", f"sea{i + 1}")
    recommender.recommend("anna")
    history.forget("anna")
    current = recommender.current()
    assert "anna" not in current.live.log.users
    assert not len(current.live.taste("anna").seen)
    assert current.live.log.whole.liked.shape[0] == 1


def test_exclude_takes_names_and_refuses_unknown_ones(recommender: LibraryRecommender) -> None:
    left = [
        item.title for item in recommender.recommend("x", 18, exclude=["cat0", "car1.mp4"]).items
    ]
    assert len(left) == 16
    assert not {"cat0", "car1"} & set(left)
    with pytest.raises(ReelwiseError, match="nowhere"):
        recommender.recommend("x", exclude=["nowhere"])


@pytest.mark.parametrize("explore", [0.0, 0.5])
def test_a_library_that_cannot_be_written_recommends_and_says_what_is_not_logged(
    home: Home, explore: float
) -> None:
    # The place of the log's index is taken: SQLite can then only be asked in memory.
    (home.root / "catalogue.db-shm").symlink_to("no folder/no file")
    with LibraryRecommender(home) as opened:
        shown = opened.recommend("anna", 3, explore=explore)
        if not explore:
            assert shown.not_logged is None
            shown = opened.log(shown)
    assert len(shown.items) == 3
    assert shown.not_logged is not None
    assert "catalogue.db" in shown.not_logged


def test_the_time_an_answer_took_includes_taking_in_what_is_new(
    recommender: LibraryRecommender, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.add("anna", "cat0")

    def slowly(*args: Any) -> Any:
        time.sleep(0.25)
        return events_since(*args)

    monkeypatch.setattr("recommender.service.events_since", slowly)
    assert recommender.recommend("anna").took_ms >= 250


def test_one_person_is_met_under_every_spelling(
    recommender: LibraryRecommender, history: History
) -> None:
    history.add("Zoe\u0308", "cat0")
    answer = recommender.recommend(" Zo\u00eb ", 3)
    assert answer.user == "Zo\u00eb"
    assert all(item.title.startswith("cat") for item in answer.items)
    for blank in ("", " \u200b"):
        with pytest.raises(ReelwiseError, match="needs a name"):
            recommender.recommend(blank)


def test_an_event_that_a_wrong_clock_dated_ahead_leads_nobodys_page(
    recommender: LibraryRecommender, history: History, home: Home
) -> None:
    for n in range(8):
        history.add(f"person-{n}", "car1", at=datetime.now(UTC) - timedelta(days=1))
    assert titles(recommender, "new")[0] == "car1"
    with Catalogue(home) as catalogue, catalogue.writing("test") as connection:
        connection.exec_driver_sql(
            'INSERT INTO events ("user", video_ref, video_id, at, kind, fingerprint)'
            " SELECT 'zed', 'sea1', id, 4e15, 'like', 'f' FROM videos WHERE title = 'sea1'"
        )
    assert titles(recommender, "new")[0] == "car1"
    with LibraryRecommender(home) as anew:
        assert titles(anew, "new")[0] == "car1"


def test_copies_that_were_found_meanwhile_share_one_place_of_the_next_page(
    home: Home, recommender: LibraryRecommender
) -> None:
    assert len(recommender.recommend("anna", 18).items) == 18
    with Catalogue(home) as catalogue:
        encoder_id = str(catalogue.encoder)
        ids = [video.id for video in catalogue.videos(encoder_id)][:3]
        whole = (Stretch(0, 9, 0, 9, 0.9),)
        pairs = tuple(Pair(ids[0], each, 3.0, whole, True, True) for each in ids[1:])
        keys = catalogue.files.content_keys(ids)
        write_duplicates(home, Duplicates(encoder_id, 18, frozenset(ids), {}, keys, pairs))
    shown = {item.video_id for item in recommender.recommend("anna", 18).items}
    assert len(shown) == 16
    assert len(shown & set(ids)) == 1


def test_a_video_with_a_withheld_stretch_is_on_no_page_from_the_next_answer_on(
    recommender: LibraryRecommender, history: History, home: Home
) -> None:
    history.add("anna", "cat0", watched_s=2.0)
    with Catalogue(home) as catalogue:
        best = recommender.recommend("anna", 1).items[0].video_id
        begun = catalogue.video("cat0.mp4").id
        set_policy(catalogue)
        find(catalogue, "fights", (best, 0.0, 1.0, 0.9), (begun, 0.0, 1.0, 0.9))
        fitted = recommender.current()
        assert best not in {item.video_id for item in recommender.recommend("anna", 30).items}
        shelves = recommender.shelves("anna").shelves
        assert shelves
        assert not {best, begun} & {item.video_id for each in shelves for item in each.items}
        Deciding(catalogue).decide(1, Decision("allow", "ann", "fine"))
        assert recommender.recommend("anna", 1).items[0].video_id == best
        # Nothing is fitted again for a decision.
        assert recommender.current() is fitted
