"""A week of a household through the page's player and the API, the server killed in its midst."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.page import household
from benchmarks.page.household import kept_of, plays_kept, repeated, send
from benchmarks.page.household_plays import plays_of
from tests.ui.conftest import Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long(46)

N_EVENTS, N_PLAYS = 120, 4


@pytest.mark.browser
def test_a_week_of_four_people_survives_a_kill_and_nothing_is_lost_or_doubled(
    home: Path,
    tmp_path: Path,
    browser: Browser,
) -> None:
    own = shutil.copytree(home, tmp_path / "home")
    found = household.measured(own, N_EVENTS, browser, N_PLAYS)
    by_api = N_EVENTS - N_PLAYS
    assert by_api // 2 <= found["answered_before_the_kill"] < by_api
    assert found["answered"] == by_api
    assert found["sent_again"] >= by_api // 4
    assert found["recommended"] > 0
    assert found["asked_about_others"] == 48
    wrong = ("lost", "doubled", "seen_by_others", "repeated")
    assert [found[name] for name in wrong] == [0, 0, 0, 0]
    assert found["played"] == N_PLAYS
    assert found["played_s"] >= 2.2 * N_PLAYS
    wrong = ("plays_lost", "plays_doubled", "plays_invented", "plays_off")
    assert [found[name] for name in wrong] == [0, 0, 0, 0], found


def test_plays_that_are_lost_doubled_invented_or_of_other_length_are_counted() -> None:
    played = {("anna", 1): 2.0, ("anna", 2): 3.0, ("ben", 1): 4.0, ("ben", 3): 5.0}
    seconds = {("anna", 1): [2.3], ("anna", 2): [1.5, 1.5], ("ben", 1): [3.6], ("ben", 2): [1.0]}
    stored = [
        {"user": user, "video_id": video_id, "watched_s": watched_s}
        for (user, video_id), each in seconds.items()
        for watched_s in each
    ]
    assert plays_kept(played, stored) == {
        "played": 4,
        "played_s": 14.0,
        "plays_lost": 1,
        "plays_doubled": 1,
        "plays_invented": 1,
        "plays_off": 1,
        "worst_off_s": 0.4,
    }


def test_nobody_plays_a_video_twice_and_all_play_alike_often() -> None:
    plays = plays_of(("anna", "ben"), [1, 2, 3], 6)
    assert len({(play.person, play.video_id) for play in plays}) == 6
    assert [play.person for play in plays] == ["anna", "ben"] * 3
    with pytest.raises(ValueError, match="cannot play 7"):
        plays_of(("anna", "ben"), [1, 2, 3], 7)


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


@pytest.fixture(scope="module")
def own_server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server to which no browser has come."""
    own = shutil.copytree(home, tmp_path_factory.mktemp("own") / "home")
    with serving(own, "--refit-every", "off") as server:
        yield server


@pytest.mark.parametrize("page", ["", "library"])
def test_what_a_page_names_is_there_for_the_first_who_comes(own_server: Server, page: str) -> None:
    status, _, body = own_server.ask(f"/{page}")
    assert status == 200
    named = re.findall(r'<link rel="\w+"[^>]* href="(/_stcore/[^"]+)"', body.decode())
    assert len(named) > 10
    assert [each for each in named if own_server.ask(each)[0] != 200] == []


def test_an_event_that_is_taken_back_stays_away_when_it_is_sent_again(
    own_server: Server,
) -> None:
    server = own_server
    listed = household.Person("week-ben").videos(server)
    videos = [int(each["video_id"]) for each in listed]
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
