"""Heads on the toon encoder's own vectors, through the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from data.catalogue import Catalogue
from data.catalogue.values import sql
from data.home import Home
from data.toons.library import ToonLibrary
from tests.indexer.heads.made import write_csv
from tests.ui.conftest import ask, tell

ROOT = Path(__file__).resolve().parents[3]


def scenes(toons: ToonLibrary) -> list[tuple[str, float, float, str]]:
    """Every scene, and whether its first actor is of a warm colour."""
    warm = {"red", "orange", "yellow", "pink", "brown"}
    return [
        (name, start_s, end_s, "warm" if scene.actors[0].colour in warm else "cold")
        for name, story in toons.videos
        for start_s, end_s, scene in zip(story.starts_s, story.ends_s, story.scenes, strict=True)
    ]


def test_a_head_is_trained_listed_marked_and_removed(
    toons: ToonLibrary, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(*row, ("u1", "u2")[at % 2]) for at, row in enumerate(scenes(toons))]
    rows.append(("elsewhere.mp4", 0.0, 4.0, "warm", "u1"))
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label,user", rows)
    picture = tmp_path / "confusion.png"
    fast = ["--labels", str(labels), "--models", "linear", "--folds", "3"]
    train = ["train", "head", "warmth", *fast, "--confusion", str(picture)]

    trained = ask(capsys, *train, home=own_home, code=3)
    head = trained["heads"][0]
    assert (head["task"], head["classes"]) == ("classes", ["cold", "warm"])
    assert (head["rows"], trained["failed"]) == (len(rows) - 1, 1)
    assert trained["troubles"][0]["line"] == len(rows) + 1
    assert head["figures"]["auc"] > 0.7
    assert head["baselines"]["frequency"]["auc"] < 0.7
    with Image.open(picture) as drawn:
        assert drawn.format == "PNG"

    listed = tell(capsys, "heads", home=own_home)
    assert "warmth" in listed.out
    assert "cold, warm" in listed.out
    assert ask(capsys, "status", home=own_home)["heads"] == [{"name": "warmth", "stale": False}]
    with Catalogue(Home(own_home)) as catalogue, catalogue.writing("another encoder") as connection:
        connection.execute(sql("UPDATE heads SET encoder_id = 'another'"))
    stale = "learned     1 head, of another encoder: warmth"
    assert stale in tell(capsys, "status", home=own_home).out
    forgotten = ask(capsys, "history", "forget", "u1", home=own_home)
    assert forgotten["heads"] == ["warmth"]
    assert "to be fitted again" in tell(capsys, "heads", home=own_home).out
    assert ask(capsys, "heads", "remove", "warmth", home=own_home) == {"removed": "warmth"}
    assert ask(capsys, "heads", home=own_home) == {"heads": [], "damaged": []}


def test_what_cannot_be_learned_says_why_and_what_to_do(
    toons: ToonLibrary, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(*row[:3], "same") for row in scenes(toons)]
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", rows)
    wrong = ask(capsys, "train", "head", "one", "--labels", str(labels), home=own_home, code=1)
    assert "there is nothing to tell apart" in wrong["error"]
    missing = str(tmp_path / "none.csv")
    wrong = ask(capsys, "train", "head", "one", "--labels", missing, home=own_home, code=1)
    assert "cannot be read" in wrong["error"]
    gone = ask(capsys, "heads", "remove", "one", home=own_home, code=1)
    assert "there is no head 'one'" in gone["error"]
    assert not list((own_home / "models" / "heads").glob("[!.]*/"))


def test_a_file_that_teaches_nothing_is_refused_before_anything_is_loaded(
    own_home: Path, tmp_path: Path
) -> None:
    strange = write_csv(tmp_path / "a.csv", "film,label", [("a.mp4", "x")])
    same = write_csv(tmp_path / "b.csv", "video,label", [(f"{at}.mp4", "x") for at in range(5)])
    few = write_csv(tmp_path / "c.csv", "video,label", [("a.mp4", "x"), ("b.mp4", "y")])
    runs = [
        ["train", "head", "one", "--labels", str(file), "--home", str(own_home)]
        for file in (strange, same, few)
    ]
    code = f"import sys, ui.cli; print([ui.cli.run(one) for one in {runs!r}], *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.startswith("[1, 1, 1]")
    assert "has no column video" in done.stderr
    assert "has the label 'x': there is nothing to tell apart" in done.stderr
    assert "has 2 usable rows with a label" in done.stderr
    assert {"torch", "sklearn"}.isdisjoint(done.stdout.split())


def test_new_rows_are_asked_about_one_by_one(
    toons: ToonLibrary, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", scenes(toons))
    fast = ["--labels", str(labels), "--models", "linear", "--folds", "2"]
    trained = ask(capsys, "train", "head", "warmth", *fast, home=own_home)
    clips = ask(capsys, "status", home=own_home)["clips"]
    assert trained["predicted"] == {"warmth": clips}
    assert ask(capsys, "heads", home=own_home)["heads"][0]["predicted"] == clips
    assert ask(capsys, "verify", home=own_home)["ok"]
    rows = [(name, start_s, end_s) for name, start_s, end_s, _ in scenes(toons)]
    file = write_csv(tmp_path / "rows.csv", "video,start_s,end_s", [*rows, ("gone.mp4", 0, 1)])
    told = ask(capsys, "predict", "warmth", "--rows", str(file), home=own_home, code=3)
    said = [row["said"][0]["label"] for row in told["rows"]]
    right = [label == row[3] for label, row in zip(said, scenes(toons), strict=True)]
    assert sum(right) / len(right) > 0.8
    assert told["troubles"] == [{"line": len(rows) + 2, "reason": told["troubles"][0]["reason"]}]


def test_searches_are_filtered_by_what_was_learned(
    toons: ToonLibrary, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = write_csv(tmp_path / "a.csv", "video,start_s,end_s,label", scenes(toons))
    fast = ["--labels", str(labels), "--models", "linear", "--folds", "2"]
    ask(capsys, "train", "head", "warmth", *fast, home=own_home)
    found = {}
    for wanted in ("warm", "cold"):
        where = ["--where", f"warmth={wanted}", "--where", "duration>0"]
        hits = ask(capsys, "search", "something moves", "-k", "50", *where, home=own_home)["hits"]
        found[wanted] = {(hit["video_id"], hit["start_s"]) for hit in hits}
    assert found["warm"]
    assert found["cold"]
    assert not found["warm"] & found["cold"]
    wrong = ask(capsys, "search", "x", "--where", "warmht=warm", home=own_home, code=1)
    assert "heads: warmth" in wrong["error"]
    assert wrong["fix"] == "did you mean warmth?"
