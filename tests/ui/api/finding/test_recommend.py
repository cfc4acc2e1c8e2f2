"""Recommendations through the JSON API and the command line: playing, chance, the log."""

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.history.impressions import Impressions
from tests.ui.conftest import ask as ask_command
from tests.ui.conftest import tell
from ui.api.application import build_api
from ui.api.served import Served
from ui.cli import run
from ui.library.library import Library

Ask = Callable[..., dict[str, Any]]
"""The document of a query string, and the expected status where it is not 200."""


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A copy of the indexed home, for tests that change it."""
    return shutil.copytree(home, tmp_path / "home")


@pytest.fixture
def library(own_home: Path) -> Iterator[Library]:
    with Library(own_home) as opened:
        yield opened


@pytest.fixture
def ask(library: Library) -> Iterator[Ask]:
    """The answer's document to a query string, asked of the real route."""
    with TestClient(build_api(Served(library))) as client:

        def document(query: str, status: int = 200) -> Any:
            writes = "explore=" in query or "log=" in query
            answer = client.request("POST" if writes else "GET", f"/recommend?{query}")
            assert answer.status_code == status, answer.text
            return answer.json()

        yield document


def ids(found: dict[str, Any]) -> list[int]:
    return [item["video_id"] for item in found["items"]]


def test_what_plays_is_never_recommended_and_is_the_reason_of_what_goes_with_it(ask: Ask) -> None:
    found = ask("user=stranger&k=12&playing=3")
    assert 3 not in ids(found)
    assert len(found["items"]) == 11
    near = [item for item in found["items"] if item["source"] == "playing"]
    assert near
    assert {item["because"]["video_id"] for item in near} == {3}
    assert ids(found) != ids(ask("user=stranger&k=12&playing=4"))
    plain = ask("user=stranger&k=12")
    assert not [item for item in plain["items"] if item["source"] == "playing"]


def test_propensities_are_told_and_logged_only_when_places_are_left_to_chance(
    ask: Ask, library: Library
) -> None:
    log = Impressions(library.catalogue)
    assert {item["propensity"] for item in ask("user=zora&k=5")["items"]} == {None}
    assert log.all() == []
    found = ask("user=zora&k=5&explore=0.5")
    logged = log.all()
    assert [(one.video_id, one.rank, one.source) for one in logged] == [
        (item["video_id"], item["rank"], item["source"]) for item in found["items"]
    ]
    assert [one.propensity for one in logged] == [item["propensity"] for item in found["items"]]
    assert all(0 < one.propensity < 1 for one in logged)
    assert len({one.at for one in logged}) == 1


def test_a_page_without_chance_is_logged_when_asked_for(ask: Ask, library: Library) -> None:
    found = ask("user=yara&k=3&log=1")
    assert {item["propensity"] for item in found["items"]} == {None}
    logged = Impressions(library.catalogue).all("yara")
    assert [one.video_id for one in logged] == ids(found)
    assert {one.propensity for one in logged} == {1.0}


def test_an_event_changes_the_next_answer_with_chance_and_playing_too(
    ask: Ask, library: Library
) -> None:
    query = "user=newcomer&k=12&playing=3&explore=0.3"
    first = ids(ask(query))
    gone = first[0]
    library.history.add("newcomer", gone, kind="dislike")
    library.history.add("newcomer", first[1], watched_s=60.0)
    after = ask(query)
    assert {gone, first[1]}.isdisjoint(ids(after))
    assert len(after["items"]) == 9
    causes = {item["because"]["video_id"] for item in after["items"] if item["because"]}
    assert causes <= {3, first[1]}


def test_exclude_takes_ids(ask: Ask) -> None:
    first = ids(ask("user=stranger&k=12"))
    left = ids(ask(f"user=stranger&k=12&exclude={first[0]}&exclude={first[1]}"))
    assert set(left) == set(first[2:])


@pytest.mark.parametrize(
    "wrong",
    [
        "playing=../x.mp4",
        "playing=toon-0001.mp4",
        "playing=",
        "playing=999999",
        "playing=99999999999999999999999",
        "exclude=x",
        "explore=1.5",
        "explore=-1",
        "explore=nan",
    ],
)
def test_what_is_no_id_or_no_share_is_refused(ask: Ask, library: Library, wrong: str) -> None:
    answer = ask(f"user=anna&{wrong}", 404 if wrong == "playing=999999" else 400)
    assert set(answer) == {"error", "fix", "code"}
    assert Impressions(library.catalogue).all() == []


def test_the_command_explores_logs_and_gives_the_log_back(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["recommend", "anna-secret", "-k", "4", "--playing", "toon-0002.mp4"]
    found = ask_command(capsys, *asked, "--explore", "0.4", home=own_home)
    tell(capsys, "recommend", "yara", "-k", "2", "--log", home=own_home)
    tell(capsys, "recommend", "xeno", "-k", "2", home=own_home)

    rows = list(
        csv.DictReader(tell(capsys, "history", "impressions", home=own_home).out.splitlines())
    )
    assert [row["user"] for row in rows] == ["anna-secret"] * 4 + ["yara"] * 2
    for row, item in zip(rows, found["items"], strict=False):
        assert (row["video_id"], row["video"]) == (item["video_id"], item["path"])
        assert float(row["propensity"]) == item["propensity"]
        assert float(row["score"]) == item["score"]
        assert int(row["rank"]) == item["rank"]
    told = ask_command(capsys, "history", "impressions", "--user", "yara", home=own_home)
    assert {one["propensity"] for one in told["impressions"]} == {1.0}

    before = tell(capsys, "history", "export", home=own_home).out
    assert "anna-secret" not in before
    tell(capsys, "history", "forget", "anna-secret", home=own_home)
    assert "anna-secret" not in tell(capsys, "history", "impressions", home=own_home).out
    assert b"anna-secret" not in (own_home / "catalogue.db").read_bytes()
    assert tell(capsys, "history", "export", home=own_home).out == before


def test_a_person_reads_why_and_with_what_probability(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["recommend", "stranger", "-k", "5", "--playing", "toon-0002.mp4", "--explain"]
    told = tell(capsys, *asked, "--explore", "0.4", home=own_home).out
    assert "which is playing" in told
    assert told.count("here with probability 0.") == 5
    assert "probability" not in tell(capsys, *asked, home=own_home).out


@pytest.mark.parametrize("share", ["1.5", "-0.1", "x"])
def test_a_share_that_is_none_is_wrong_usage(own_home: Path, share: str) -> None:
    assert run(["recommend", "anna", "--explore", share, "--home", str(own_home)]) == 2
