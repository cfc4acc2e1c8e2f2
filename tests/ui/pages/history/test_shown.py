"""What the History page lists: the person's own, the latest first, in parts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data.errors import ReelwiseError
from data.history import Event
from tests.recommender.watched_library import indexed_home
from ui.library.library import Library
from ui.pages.history import shown
from ui.pages.history.shown import KINDS, history_data, is_mark


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    home = indexed_home(tmp_path_factory.mktemp("history") / "home")
    with Library(home.root) as opened:
        opened.events.add("anna", "cat0", watched_s=2.5)
        opened.events.add("anna", "cat1", kind="like")
        opened.events.add("anna", "gone\u202e.mp4", kind="view")
        opened.events.add("anna", "cat2", kind="hide")
        opened.events.add("amir", "cat3", kind="like")
        yield opened


def test_rows_say_what_was_done_with_which_video(library: Library) -> None:
    rows = history_data(library, "anna", kind="", before=None)["rows"]
    assert [row["kind"] for row in rows] == ["hide", "view", "like", "view"]
    assert [row["title"] for row in rows] == ["cat2", "gone\\u202e.mp4", "cat1", "cat0"]
    assert rows[1]["video"] is None
    assert rows[3]["watched_s"] == 2.5
    assert rows[3]["video"]["duration_s"] > 0
    assert all(row["at"].endswith("+00:00") for row in rows), "the browser knows the day"


def test_each_word_in_the_address_takes_its_kinds_and_together_all(library: Library) -> None:
    parts = {
        word: [row["id"] for row in history_data(library, "anna", kind=word, before=None)["rows"]]
        for word in KINDS
    }
    assert [len(ids) for ids in parts.values()] == [2, 1, 1]
    whole = [row["id"] for row in history_data(library, "anna", kind="", before=None)["rows"]]
    assert sorted(one for ids in parts.values() for one in ids) == sorted(whole)


def test_a_long_history_comes_in_parts(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "ROWS", 3)
    first = history_data(library, "anna", kind="", before=None)
    second = history_data(library, "anna", kind="", before=first["next"])
    assert len(first["rows"]) == 3
    assert len(second["rows"]) == 1
    assert second["next"] is None
    with pytest.raises(ReelwiseError):
        history_data(library, "anna", kind="", before="nonsense")


def test_what_somebody_marked_as_seen_is_told_from_what_they_watched() -> None:
    now = datetime.now(UTC)
    mark = Event("anna", 1, "cat0", now, 4.0, None, "view", source="page", client_id="pressed")
    assert is_mark(mark)
    assert not is_mark(replace(mark, client_number=3)), "the player counts its reports"
    assert not is_mark(replace(mark, source="api"))
    assert not is_mark(replace(mark, kind="like", watched_s=None))


def test_rows_say_which_of_them_are_marks(library: Library) -> None:
    rows = history_data(library, "anna", kind="", before=None)["rows"]
    assert [row["is_mark"] for row in rows] == [False] * 4
