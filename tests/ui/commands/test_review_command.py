"""Moderation from the command line: what a rule hides is gone, and comes back."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.catalogue.predictions import KnownHead, Prediction
from data.home import Home, resolve_home
from tests.fakes import random_units
from tests.indexer.made import store
from tests.ui.conftest import ask, tell
from ui.library.labelling.reviewing import LookedAtNew, look_at_new
from ui.library.library import Library

pytestmark = pytest.mark.long(9)

ENCODER = "colour-1"
RULE: dict[str, Any] = {
    "name": "jumps",
    "owner": "park guard",
    "about": "No jumping.",
    "action": "hide",
    "threshold": 0.7,
    "head": "action",
    "label": "jump",
}
CROWDS = {**RULE, "name": "crowds", "action": "flag", "label": "run", "threshold": 0.99}
WHY = ["--by", "ann", "--why", "it is =jumping"]


def predict(home: Home, jumping: dict[int, float]) -> None:
    """Say of some clips how likely somebody jumps."""
    with Catalogue(home) as catalogue:
        known = catalogue.predictions.heads().get("action")
        head = KnownHead(0, "action", "r1", ENCODER, "classes", ("jump", "run"), ())
        number = catalogue.predictions.begin(head) if known is None else known.id
        rows = [Prediction(clip, "jump", score, True) for clip, score in jumping.items()]
        catalogue.predictions.put(number, rows)


@pytest.fixture
def jumpers(tmp_path: Path) -> Home:
    """Six videos of three clips; in the first clip of two of them somebody jumps."""
    home = resolve_home(tmp_path / "home")
    home.make()
    rng = np.random.default_rng(0)
    store(home, {f"v{n}.mp4": random_units(rng, 3, 8) for n in range(6)}, encoder_id=ENCODER)
    with Catalogue(home) as catalogue:
        clips = catalogue.clip_table(ENCODER).ids.tolist()
    predict(home, {clips[0]: 0.8, clips[3]: 0.9, clips[6]: 0.1})
    return home


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"rules": [RULE, CROWDS]}))
    return file


def test_cases_are_found_claimed_decided_taken_back_and_logged(
    jumpers: Home, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*args: str, code: int = 0) -> dict[str, Any]:
        return ask(capsys, *args, home=jumpers.root, code=code)

    everything = {item["video_id"] for item in said("recommend", "eva", "-k", "9")["items"]}
    done = said("review", "policy", str(policy))
    assert done["scan"]["rules"]["jumps"] == {"new": 2, "withdrawn": 0}
    listed = said("review", "list", "--worst")
    assert [case["score"] for case in listed["cases"]] == [0.9, 0.8]
    assert listed["counts"]["waiting"] == listed["total"] == 2
    told = "review      2 cases to decide: review next"
    assert told in tell(capsys, "status", home=jumpers.root).out
    hidden = {case["video_id"] for case in listed["cases"]}
    left = {item["video_id"] for item in said("recommend", "eva", "-k", "9")["items"]}
    assert left == everything - hidden

    given = said("review", "next", "--by", "ann")["case"]
    number = str(given["id"])
    assert given["about"] == "No jumping."
    assert given["video_id"] in hidden
    refused = said("review", "allow", number, "--by", "ben", "--why", "x", code=1)
    assert "ann looks at case" in refused["error"]
    assert said("review", "allow", number, *WHY)["effect"] == "none"
    assert said("review", "undo", number)["effect"] == "withheld"
    assert said("review", "relabel", number, "--to", "crowds", *WHY)["effect"] == "none"
    assert said("review", "block", number, *WHY)["state"] == "blocked"
    said("review", "policy", "remove")
    assert said("review", "show", number)["effect"] == "withheld"
    assert said("review", "appeal", number, "--why", "it is mine")["appealed"]
    said("review", "policy", "restore", "--version", "1")
    told = tell(capsys, "review", "log", number, "--csv", home=jumpers.root).out
    rows = list(csv.DictReader(told.splitlines()))
    actions = ["found", "allow", "undo", "relabel", "block", "appeal"]
    assert [row["action"] for row in rows] == actions
    assert [row["who"] for row in rows].count("ann") == 3
    said("history", "forget", "ann", "--yes")
    assert said("review", "show", number)["decided_by"] == "someone"
    log = said("review", "log", "--policy")["log"]
    assert [row["policy"] for row in log] == [1, None, 2]


def test_what_a_person_reads(
    jumpers: Home, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(*args: str, code: int = 0) -> str:
        return "".join(tell(capsys, "review", *args, home=jumpers.root, code=code))

    broken = json.loads(policy.read_text())
    broken["rules"].append({**RULE, "name": "lost", "head": "gone"})
    policy.write_text(json.dumps(broken))
    told = read("policy", str(policy), code=3)
    assert "jumps: 2 new cases" in told
    assert "the rule lost did not look at everything: there is no head 'gone'" in told
    assert "park guard" in read("policy", "show")
    assert "withheld" in read("list")
    assert "No jumping." in read("show", "1")
    assert "case 1 (jumps): allowed, shown" in read("allow", "1", *WHY)
    assert "it is =jumping" in read("log", "1")
    assert ",'=1+1," in read("allow", "1", "--by", "ann", "--why", "=1+1") + read("log", "--csv")
    assert "no case waits" in read("next", "--rule", "crowds")
    assert "every rule has looked" in read("scan", "--new", code=3)


def test_what_is_new_is_looked_at_after_a_run_and_hidden_until_then(
    jumpers: Home, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Library(jumpers.root) as library:
        assert look_at_new(library.reviews) == LookedAtNew()
        ask(capsys, "review", "policy", str(policy), home=jumpers.root)
        rows = random_units(np.random.default_rng(1), 2, 8)
        store(jumpers, {"new.mp4": rows}, encoder_id=ENCODER)
        predict(jumpers, {int(library.catalogue.clip_table(ENCODER).ids[-1]): 0.95})
        unseen = library.reviews.withholding.now(ENCODER).why(7, 0.0, 1.0)
        assert unseen is not None
        assert (unseen.case_id, unseen.rule) == (None, "jumps")
        assert look_at_new(library.reviews) == LookedAtNew({"jumps": 1})
        not_shown = library.reviews.withholding.now(ENCODER)
        assert not_shown.why(7, 0.0, 1.0) is None
        assert not_shown.why(7, 4.0, 5.0) is not None
        found = library.reviews.cases.some()
        assert [(case.video_id, case.start_s, case.end_s) for case in found][-1] == (7, 4.0, 8.0)


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
    jumpers: Home, args: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in ask(capsys, "review", *args, home=jumpers.root, code=code)["error"]
