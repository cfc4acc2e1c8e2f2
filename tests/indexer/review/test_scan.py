"""Rules look at the past and at what is new; what they find leaves search at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from data.catalogue import Catalogue
from data.catalogue.predictions import KnownHead, Prediction
from data.durable import arm_crash
from data.errors import ReelwiseError
from data.home import Home
from data.review.cases import Cases, Wanted
from data.review.policies import Policies
from data.review.rules import policy_of
from indexer.review.scan import ScanReport, scan
from tests.data.review.test_deciding import killed
from tests.fakes import ColourEncoder, unit_rows
from tests.indexer.made import store

WORDS = {"name": "red", "owner": "o", "action": "hide", "threshold": 0.5, "description": "red"}
LIKE = {"name": "like", "owner": "o", "action": "flag", "threshold": 0.5, "examples": ["bad.mp4"]}
JUMPS = {
    "name": "jumps",
    "owner": "o",
    "action": "flag",
    "threshold": 0.7,
    "head": "Action",
    "label": "JUMP",
}


def clips(rng: np.random.Generator, colour: str, n: int = 4) -> np.ndarray[Any, Any]:
    """Clips near a colour."""
    row = ColourEncoder().encode_texts([colour])[0]
    return unit_rows(row + rng.normal(0, 0.02, (n, 8)).astype(np.float32))


@pytest.fixture
def library(home: Home) -> Home:
    """Forty videos that are green, blue or white, and one of which a clip is red."""
    rng = np.random.default_rng(0)
    names = ("green", "blue", "white")
    videos = {f"v{n}.mp4": clips(rng, names[n % 3]) for n in range(40)}
    videos["bad.mp4"] = np.concatenate([clips(rng, "blue", 2), clips(rng, "red", 1)])
    store(home, videos)
    return home


@pytest.fixture
def catalogue(library: Home) -> Iterator[Catalogue]:
    with Catalogue(library) as opened:
        yield opened


def let_look(catalogue: Catalogue, *, afresh: bool = False) -> ScanReport:
    return scan(catalogue, ColourEncoder, afresh=afresh)


def set_rules(catalogue: Catalogue, *rules: dict[str, Any]) -> None:
    policy = policy_of({"rules": list(rules)}, "test")
    Policies(catalogue).set(policy, by="", why="", file="p.toml")


def found(catalogue: Catalogue) -> list[tuple[str, str, float, float]]:
    """Rule, file and stretch of each case that waits."""
    cases = Cases(catalogue).some(Wanted())
    videos = catalogue.videos_by_id({case.video_id for case in cases})
    return [(c.rule, videos[c.video_id].path.name, c.start_s, c.end_s) for c in cases]


def test_words_and_examples_find_the_one_clip_and_nothing_else(catalogue: Catalogue) -> None:
    set_rules(catalogue, WORDS, {**LIKE, "examples": ["bad.mp4@8-12"]})
    report = let_look(catalogue)
    assert {name: each.new for name, each in report.rules.items()} == {"red": 1, "like": 1}
    assert found(catalogue) == [("red", "bad.mp4", 8.0, 12.0), ("like", "bad.mp4", 8.0, 12.0)]


def test_a_second_look_looks_at_what_is_new_alone(catalogue: Catalogue, library: Home) -> None:
    set_rules(catalogue, WORDS)
    let_look(catalogue)
    assert let_look(catalogue).rules == {}
    store(library, {"new.mp4": clips(np.random.default_rng(1), "red", 2)})
    assert let_look(catalogue).new == 1
    assert ("red", "new.mp4", 0.0, 8.0) in found(catalogue)
    # All of the past once more: the same cases.
    assert let_look(catalogue, afresh=True).new == 0
    assert len(found(catalogue)) == 2


def test_a_new_bad_example_is_looked_for_in_the_whole_past(
    catalogue: Catalogue, library: Home
) -> None:
    set_rules(catalogue, LIKE)
    let_look(catalogue)
    before = len(found(catalogue))
    store(library, {"other.mp4": clips(np.random.default_rng(1), "yellow")})
    let_look(catalogue)
    set_rules(catalogue, {**LIKE, "examples": ["bad.mp4", "other.mp4"]})
    let_look(catalogue)
    assert before < len(found(catalogue))
    assert ("like", "other.mp4", 0.0, 16.0) in found(catalogue)


def test_a_stricter_rule_withdraws_what_it_finds_no_more(catalogue: Catalogue) -> None:
    set_rules(catalogue, {**WORDS, "threshold": 0.01})
    many = let_look(catalogue).new
    set_rules(catalogue, WORDS)
    done = let_look(catalogue).rules["red"]
    assert done.withdrawn == many - len(found(catalogue)) > 0


def test_a_head_finds_by_what_it_predicted_and_again_once_it_is_fitted_anew(
    catalogue: Catalogue,
) -> None:
    def predict(revision: str, jumping: int) -> None:
        head = KnownHead(0, "action", revision, "colour-1", "classes", ("jump", "run"), ())
        number = catalogue.predictions.begin(head)
        ids = catalogue.clip_table("colour-1").ids.tolist()
        scores = [0.9 if at < jumping else 0.1 for at in range(len(ids))]
        rows = [Prediction(c, "jump", s, s > 0.5) for c, s in zip(ids, scores, strict=True)]
        catalogue.predictions.put(number, rows)

    predict("r1", 4)
    set_rules(catalogue, JUMPS)
    let_look(catalogue)
    assert found(catalogue) == [("jumps", "v0.mp4", 0.0, 16.0)]
    predict("r2", 8)
    let_look(catalogue)
    assert [name for _, name, _, _ in found(catalogue)] == ["v0.mp4", "v1.mp4"]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({**LIKE, "examples": ["gone.mp4"]}, "gone.mp4"),
        ({**LIKE, "examples": ["bad.mp4@90-99"]}, "no frame"),
        (JUMPS, "no head"),
    ],
)
def test_a_rule_that_cannot_look_is_told_and_stops_no_other(
    catalogue: Catalogue, rule: dict[str, Any], told: str
) -> None:
    set_rules(catalogue, rule, WORDS)
    report = let_look(catalogue)
    assert told in report.left_out[rule["name"]]
    assert report.rules["red"].new == 1


def test_without_a_policy_nothing_is_looked_for(catalogue: Catalogue) -> None:
    with pytest.raises(ReelwiseError, match="has no policy"):
        let_look(catalogue)


@pytest.mark.parametrize(
    "point", ["review.before_recording", "review.found.before_commit", "review.rule_scanned"]
)
def test_after_a_kill_the_next_look_finds_the_rest_once(
    catalogue: Catalogue, library: Home, point: str
) -> None:
    set_rules(catalogue, WORDS, {**LIKE, "examples": ["bad.mp4@8-12"]})

    def die() -> None:
        with closing(Catalogue(library)) as mine:
            arm_crash(point)
            let_look(mine)

    assert killed(die) == signal.SIGKILL
    assert len(found(catalogue)) == int(point == "review.rule_scanned")
    let_look(catalogue)
    assert found(catalogue) == [("red", "bad.mp4", 8.0, 12.0), ("like", "bad.mp4", 8.0, 12.0)]
