"""Moderation from the command line: what a rule hides is gone everywhere, and comes back."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from data.toons.library import ToonLibrary
from tests.ui.conftest import ENCODER, ask, tell

pytestmark = pytest.mark.long

RED = ["search", "a red car", "-k", "30"]
RULE: dict[str, Any] = {
    "name": "red cars",
    "owner": "traffic",
    "about": "No red cars.",
    "action": "hide",
    "threshold": 0.5,
    "description": "a red car",
}
WHY = ["--by", "ann", "--why", "it is =red"]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"rules": [RULE]}))
    return file


def moments(document: dict[str, Any]) -> set[tuple[str, float]]:
    return {(hit["video_id"], hit["start_s"]) for hit in document["hits"]}


def test_what_a_rule_finds_leaves_search_and_recommendation_until_it_is_allowed(
    own_home: Path, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*args: str, code: int = 0) -> dict[str, Any]:
        return ask(capsys, *args, home=own_home, code=code)

    before = moments(said(*RED))
    done = said("review", "policy", str(policy))
    assert done["scan"]["new"] == done["scan"]["rules"]["red cars"]["new"] > 0
    cases = said("review", "list", "--worst")["cases"]
    assert {case["effect"] for case in cases} == {"withheld"}
    hidden = {case["video_id"] for case in cases}
    stretches = [(case["video_id"], case["start_s"], case["end_s"]) for case in cases]
    left = said(*RED)["hits"]
    assert before - moments({"hits": left})
    for hit in left:
        at = (hit["start_s"], hit["end_s"])
        assert not any(v == hit["video_id"] and a < at[1] and at[0] < b for v, a, b in stretches)
    shown = {item["video_id"] for item in said("recommend", "someone new", "-k", "30")["items"]}
    assert shown
    assert not hidden & shown

    given = said("review", "next", "--by", "ann")["case"]
    assert given["about"] == "No red cars."
    refused = said("review", "allow", str(given["id"]), "--by", "ben", "--why", "x", code=1)
    assert "ann looks at case" in refused["error"]
    for case in cases:
        said("review", "allow", str(case["id"]), *WHY)
    assert moments(said(*RED)) == before
    first = str(cases[0]["id"])
    assert said("review", "undo", first)["state"] == "open"
    assert said("review", "block", first, *WHY)["effect"] == "withheld"
    said("review", "policy", "remove")
    assert said("review", "show", first)["effect"] == "withheld"
    assert tell(capsys, *RED, home=own_home).out
    assert said("review", "appeal", first, "--why", "it is mine")["appealed"]
    told = tell(capsys, "review", "log", first, "--csv", home=own_home).out
    rows = list(csv.DictReader(told.splitlines()))
    assert [row["action"] for row in rows] == ["found", "allow", "undo", "block", "appeal"]
    assert {row["why"] for row in rows} >= {"it is =red", "it is mine"}
    said("history", "forget", "ann", "--yes")
    assert said("review", "show", first)["decided_by"] == "someone"


def test_new_videos_are_looked_at_by_index(
    own: tuple[Path, Path],
    policy: Path,
    toons: ToonLibrary,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, home = own
    (folder / "toon-0003.mp4").unlink()
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    rules = json.loads(policy.read_text())
    rules["rules"][0] |= {"threshold": 0.001}
    policy.write_text(json.dumps(rules))
    ask(capsys, "review", "policy", str(policy), home=home)
    known = ask(capsys, "review", "list", home=home)["total"]
    shutil.copy(toons.folder / "toon-0003.mp4", folder)
    told = tell(capsys, "index", str(folder), home=home)
    assert "for review: reelwise review list" in told.out
    found = ask(capsys, "review", "list", "--video", "toon-0003.mp4", home=home)["total"]
    assert ask(capsys, "review", "list", home=home)["total"] == known + found > known


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["policy", "gone.toml"], 1, "there is no policy file"),
        (["policy", "show"], 1, "has no policy"),
        (["policy", "remove"], 1, "has no policy"),
        (["policy", "restore"], 2, "needs --version"),
        (["policy", "show", "--version", "3"], 1, "no version 3"),
        (["scan"], 1, "has no policy"),
        (["show", "7"], 1, "no case 7"),
        (["log", "7"], 1, "no case 7"),
        (["undo", "7"], 1, "no case 7"),
        (["block", "7", "--by", "ann"], 2, "--why"),
        (["block", "7", "--why", "x"], 2, "--by"),
        (["block", "7", *WHY], 1, "no case 7"),
        (["list", "--oldest", "--worst"], 2, "give one of"),
    ],
)
def test_what_cannot_be_done_is_said(
    home: Path, args: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in ask(capsys, "review", *args, home=home, code=code)["error"]
