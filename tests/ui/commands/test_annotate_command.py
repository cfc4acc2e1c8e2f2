"""Annotation from the command line: labels are typed, taken back, imported, judged and written."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.home import Home, resolve_home
from tests.fakes import ColourEncoder, unit_rows
from tests.indexer.made import store
from tests.ui.conftest import ask, tell

N = 12


@pytest.fixture
def colours(tmp_path: Path) -> Home:
    """Videos of two clips, every second near red, the others near blue."""
    home = resolve_home(tmp_path / "home")
    home.make()
    rng = np.random.default_rng(0)
    words = ColourEncoder().encode_texts(["red", "blue"])
    rows = {
        f"v{n:02d}.mp4": unit_rows(words[n % 2][None] + rng.normal(0, 0.25, (2, 8)))
        for n in range(N)
    }
    store(home, rows)
    return home


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """The first clip of every video, the fourth one wrongly, and a row that is none."""
    file = tmp_path / "colours.csv"
    rows = [f"v{n:02d}.mp4,0,4,{'red' if (n + (n == 3)) % 2 == 0 else 'blue'}" for n in range(N)]
    file.write_text("\n".join(["video,start_s,end_s,label", *rows, "x.mp4,0,1,red"]) + "\n")
    return file


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_labels_are_typed_taken_back_and_skipped(
    colours: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "1", "blue", "u", "?", "green", "+green", "s", "2", "q", "1")
    shown = tell(capsys, "annotate", "c", "--labels", "red,blue", "--by", "ann", home=colours.root)
    assert "'green' is no label of this set" in shown.err
    assert "taken back: blue" in shown.err
    assert "#t=" in shown.err
    asked = re.findall(r"^\d+\. (v\d+)", shown.err, re.MULTILINE)
    # What was taken back is asked again, and then what was asked when it was.
    assert asked[3] == asked[4] == asked[5] == asked[1]
    assert asked[6] == asked[2]
    assert len(set(asked)) == 5
    assert shown.out.startswith("c  classes  3 stretches  3 videos  1 skipped  red 1, blue 1, gre")
    log = ask(capsys, "annotate", "c", "--log", home=colours.root)["log"]
    assert [(row["kind"], row["labels"]) for row in log] == [
        ("label", ["red"]),
        ("label", ["blue"]),
        ("undo", []),
        ("label", ["green"]),
        ("skip", []),
        ("label", ["blue"]),
    ]
    assert log[1]["video_id"] == log[3]["video_id"]
    assert {row["who"] for row in log} == {"ann"}
    undone = ask(capsys, "annotate", "c", "--undo", "--by", "ann", home=colours.root)
    assert [row["labels"] for row in undone["undone"]] == [["blue"]]


def test_the_end_of_the_input_ends_it_and_everything_is_kept(
    colours: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "1", "1,2", "-")
    document = ask(
        capsys, "annotate", "c", "--labels", "a,b", "--task", "several", home=colours.root
    )
    assert (document["labelled"], document["set"]["labelled"]) == (3, 3)
    log = ask(capsys, "annotate", "c", "--log", home=colours.root)["log"]
    assert [row["labels"] for row in log] == [["a"], ["a", "b"], ["-"]]


def test_a_file_is_imported_judged_and_written(
    colours: Home, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*args: str, code: int = 0) -> dict[str, Any]:
        return ask(capsys, "annotate", "c", *args, home=colours.root, code=code)

    taken = said("--import", str(labels), code=3)
    assert (taken["added"], taken["failed"]) == (N, 1)
    assert taken["troubles"] == [{"line": N + 2, "reason": "no indexed video is called 'x.mp4'"}]
    assert said("--import", str(labels), code=3)["known"] == N
    proposed = said("--next", "5")
    assert (len(proposed["next"]), proposed["asked"]) == (5, "labels")
    assert all(each["start_s"] == 4.0 for each in proposed["next"])
    curve = said("--curve")["curve"]
    assert curve[-1]["labels"] == N
    doubts = said("--check")["doubts"]
    assert (doubts[0]["title"], doubts[0]["given"], doubts[0]["likely"]) == ("v03", "red", "blue")
    out = tmp_path / "out.csv"
    assert said("--export", str(out))["rows"] == N
    assert len(out.read_text().splitlines()) == N + 1
    assert said("--import", str(out))["added"] == 0
    assert "cannot be written" in said("--export", str(tmp_path / "no" / "x.csv"), code=1)["error"]
    head = ask(
        capsys,
        *("train", "head", "c", "--labels-of", "c", "--models", "linear"),
        home=colours.root,
    )
    assert head["heads"][0]["rows"] == N
    assert head["predicted"] == {"c": 2 * N}
    assert said("--remove")["labelled"] == N
    assert "there is no set" in said("--next", "1", code=1)["error"]


def test_numbers_are_typed_imported_judged_and_written(
    colours: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def shown(*args: str) -> str:
        return tell(capsys, "annotate", "risk", *args, home=colours.root).out

    typed(monkeypatch, "0.5", "high", "1,2", "u", "7e-1", "s", "q")
    asked = tell(capsys, "annotate", "risk", "--task", "number", "--by", "ann", home=colours.root)
    assert "'high' is no number" in asked.err
    assert "'1,2' is no number" in asked.err
    assert "taken back: 0.5" in asked.err
    assert "numbers so far: 0.5 to 0.5, mean 0.5" in asked.err
    assert asked.out == "risk  number  1 stretch  1 video  1 skipped  0.7 to 0.7, mean 0.7\n"
    file = tmp_path / "risk.csv"
    rows = [f"v{n:02d}.mp4,0,4,{(n % 2) / 2 + n / 100 + 9 * (n == 3)}" for n in range(N)]
    file.write_text("\n".join(["video,start_s,end_s,label", *rows]) + "\n")
    assert f"{N} stretches labelled" in shown("--import", str(file))
    assert "it may be: " in shown("--next", "3")
    curve = shown("--curve").splitlines()
    assert curve[0].split("  ")[1:3] == ["labels", "error on other videos"]
    assert "####" in curve[-1]
    doubts = shown("--check").splitlines()
    assert doubts[1].split()[1] == "v03"
    assert "9.53  likely" in doubts[1]
    assert "times the usual error away" in doubts[1]
    for ending in (".csv", ".json", ".labelstudio.json"):
        out = tmp_path / f"out{ending}"
        shown("--export", str(out))
        again = ask(
            capsys,
            *("annotate", f"again{len(ending)}", "--import", str(out), "--task", "number"),
            home=colours.root,
        )
        assert (again["set"]["task"], again["failed"]) == ("number", 0)
        assert again["set"]["numbers"]["most"] == 9.53
    head = ask(
        capsys,
        *("train", "head", "risk", "--labels-of", "risk", "--models", "linear"),
        home=colours.root,
    )
    assert head["heads"][0]["task"] == "number"


def test_what_is_forgotten_is_told(
    colours: Home, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(capsys, "annotate", "c", "--import", str(labels), "--by", "ann", home=colours.root, code=3)
    train = ("train", "head", "kept", "--labels-of", "c", "--models", "linear")
    ask(capsys, *train, home=colours.root)
    tell(capsys, "annotate", "c", "--undo", "--by", "ben", home=colours.root, code=1)
    shown = tell(capsys, "history", "forget", "ann", home=colours.root)
    assert f"annotations: {N} rows deleted" in shown.out
    assert "kept" in shown.out
    (head,) = ask(capsys, "heads", home=colours.root)["heads"]
    assert head["to_refit"] == "a person in its rows was forgotten"
    assert json.dumps(ask(capsys, "annotate", home=colours.root)).count('"labelled": 0') == 1


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (("--next", "3"), "needs the NAME"),
        (("c", "--check", "--curve"), "one thing at a time"),
        (("c", "--label-column", "x"), "is of --import"),
        (("c", "--next", "0"), "greater than or equal to 1"),
    ],
)
def test_wrong_usage_is_told(
    colours: Home, args: tuple[str, ...], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert problem in tell(capsys, "annotate", *args, home=colours.root, code=2).err


def test_a_head_has_one_source_of_labels(
    colours: Home, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for args, problem in (
        ((), "give one of --labels"),
        (("--labels", str(labels), "--labels-of", "c"), "give one of --labels"),
        (("--labels-of", "c", "--task", "classes"), "a set is what it is"),
    ):
        told = tell(capsys, "train", "head", "c", *args, home=colours.root, code=2)
        assert problem in " ".join(told.err.split())
