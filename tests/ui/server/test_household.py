"""A week of a household through the API, with the server killed in its midst."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks import household
from benchmarks.household import kept_of, repeated, send
from tests.ui.conftest import Server, serving

N_EVENTS = 200


def test_a_week_of_four_people_survives_a_kill_and_nothing_is_lost_or_doubled(
    home: Path, tmp_path: Path
) -> None:
    found = household.measured(shutil.copytree(home, tmp_path / "home"), N_EVENTS)
    assert N_EVENTS // 2 <= found["answered_before_the_kill"] < N_EVENTS
    assert found["answered"] == N_EVENTS
    assert found["sent_again"] >= N_EVENTS // 4
    assert found["recommended"] > 0
    assert found["asked_about_others"] == 48
    wrong = ("lost", "doubled", "seen_by_others", "repeated")
    assert [found[name] for name in wrong] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("kept", "lost", "doubled"),
    [(["a", "b"], 0, 0), (["a"], 1, 0), (["a", "b", "b"], 0, 1), (["c"], 2, 0), ([], 2, 0)],
)
def test_an_event_that_is_lost_or_counts_twice_is_counted(
    kept: list[str], lost: int, doubled: int
) -> None:
    outcomes = {"a": Counter(added=1), "b": Counter(added=1, known=2), "c": Counter(refused=1)}
    figures = kept_of(outcomes, kept)
    assert (figures["answered"], figures["sent_again"]) == (2, 2)
    assert (figures["lost"], figures["doubled"]) == (lost, doubled)
    assert kept_of({"a": Counter(added=2)}, ["a"])["doubled"] == 1


def test_what_was_watched_is_offered_again_only_where_the_heading_says_so() -> None:
    rows = [{"video_id": 1, "kind": "view"}, {"video_id": 2, "kind": "hide"}]
    both: list[dict[str, Any]] = [{"video_id": "1"}, {"video_id": "2"}, {"video_id": "3"}]
    assert repeated(rows, both, []) == 2
    assert repeated(rows, [], [{"kind": "week", "items": both}]) == 2
    assert repeated(rows, [], [{"kind": "begun", "items": both}]) == 1


def history(server: Server, user: str) -> list[dict[str, Any]]:
    """All events of a person, page by page."""
    return household.Person(user).read_all(server, f"history?user={user}&k=7")


def test_an_event_that_is_taken_back_stays_away_when_it_is_sent_again(
    home: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(home, tmp_path / "home")
    with serving(own, "--refit-every", "off") as server:
        videos = household.Person("week-ben").videos(server)
        rows = [row for row in household.week(videos, 60) if row["user"] == "week-ben"]
        assert set(send(server, rows)) == {"added"}
        kept = history(server, "week-ben")
        assert [row["at"] for row in kept] == sorted((row["at"] for row in kept), reverse=True)
        last = kept[0]
        status, _, _ = server.ask(f"/api/v1/events/{last['id']}?user=week-ben", method="DELETE")
        assert status == 200
        assert history(server, "week-ben") == kept[1:]
        (again,) = [row for row in rows if row["client_id"] == last["client_id"]]
        assert send(server, [again]) == ["removed"]
        assert history(server, "week-ben") == kept[1:]
