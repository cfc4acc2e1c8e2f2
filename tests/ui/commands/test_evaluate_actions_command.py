"""Action sets of toons, in each layout, on the toon encoder's own vectors."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from data.toons.actors import Slot, place_actor
from data.toons.scenes import Scene, draw_scene
from data.video.write import write_video
from tests.ui.conftest import ask, tell
from ui.cli import run

pytestmark = pytest.mark.long(18)

CLASSES = {
    "CarDrivesToTheLeft": ("car", "left"),
    "CarDrivesToTheRight": ("car", "right"),
    "RabbitHopsToTheLeft": ("rabbit", "left"),
    "HouseGrows": ("house", "grow"),
}
N_TRAIN, N_TEST = 3, 2
COLOURS = ("red", "blue", "green", "yellow", "orange")
PLACES = ("street", "meadow", "beach", "snow", "desert")
LINEAR = ("--models", "linear", "--folds", "2")


def draw(path: Path, label: str, at: int) -> None:
    """A toon of two seconds; the class is what moves and how, never colour or place."""
    kind, motion = CLASSES[label]
    rng = np.random.default_rng([at, len(label)])
    actor = place_actor(rng, kind, COLOURS[at], motion, Slot(0.0, 2.0))
    frames = draw_scene(Scene((actor,), PLACES[at], 2.0, at), np.arange(20) / 10)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, list(frames), fps=10, crf=18)


def stem(label: str, at: int) -> str:
    return f"v_{label}_g{at:02d}_c01"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a set, with lists of every layout beside it, and a home that has it indexed."""
    base = tmp_path_factory.mktemp("actions")
    folder, lists, home = base / "set", base / "lists", base / "home"
    for label in CLASSES:
        for at in range(N_TRAIN + N_TEST):
            draw(folder / label / f"{stem(label, at)}.mp4", label, at)
    write_lists(lists)
    assert run(["index", str(folder), "--encoder", "toon", "--home", str(home)]) == 0
    return folder, home


def write_lists(lists: Path) -> None:
    lists.mkdir()
    every = [(label, at) for label in CLASSES for at in range(N_TRAIN + N_TEST)]
    parts = {"train": [e for e in every if e[1] < N_TRAIN], "test": every}
    parts["test"] = [each for each in every if each[1] >= N_TRAIN]
    for part, rows in parts.items():
        text = "".join(f"{label}/{stem(label, at)}.avi\n" for label, at in rows)
        (lists / f"{part}list01.txt").write_text(text)
        table(
            lists / f"{'val' if part == 'test' else part}.csv",
            "label,youtube_id,time_start,time_end",
            [(label, stem(label, at), 0, 2) for label, at in rows],
        )
        named = "validation" if part == "test" else part
        entries = [{"id": stem(label, at), "template": f"[{label}]"} for label, at in rows]
        (lists / f"{named}.json").write_text(json.dumps(entries))
    for label in CLASSES:
        text = "".join(
            f"{stem(label, at)}.avi {1 if at < N_TRAIN else 2}\n" for _, at in every[: len(PLACES)]
        )
        (lists / f"{label}_test_split1.txt").write_text(text)


def table(path: Path, header: str, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def evaluate(made: tuple[Path, Path], *more: str) -> list[str]:
    return ["evaluate", "actions", "--dataset", str(made[0]), *more]


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        ("ucf101", ("testlist01.txt",)),
        ("hmdb51", ("HouseGrows_test_split1.txt",)),
        ("kinetics", ("train.csv", "val.csv")),
        ("ssv2", ("validation.json",)),
    ],
)
def test_each_layout_gives_the_same_figures_and_beats_the_most_frequent_class(
    made: tuple[Path, Path],
    layout: str,
    names: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    splits = [word for name in names for word in ("--split", str(made[0].parent / "lists" / name))]
    told = ask(capsys, *evaluate(made, *splits, *LINEAR), home=made[1])
    assert told["layout"] == layout
    assert (told["n"], told["n_train"], told["n_classes"]) == (8, 12, 4)
    assert told["most_frequent_top_1"] == told["most_frequent_mean_class_accuracy"] == 0.25
    assert told["most_frequent_top_5"] == told["top_5"] == 1.0
    assert told["top_1"] >= 0.75
    assert told["head_top_1"] >= 0.75
    assert told["mean_class_accuracy"] == told["recall_macro"] == told["top_1"]
    assert told["head_model"]
    assert (told["missing"], told["broken"], told["failed"]) == (0, 0, 0)


def test_what_is_missing_or_broken_is_named_and_not_in_the_figures(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = shutil.copytree(made[0], tmp_path / "set"), tmp_path / "home"
    for label in ("CarDrivesToTheLeft", "CarDrivesToTheRight", "RabbitHopsToTheLeft"):
        shutil.rmtree(folder / label)
    (folder / "HouseGrows" / f"{stem('HouseGrows', 4)}.mp4").write_bytes(b"\0" * 5000)
    rows = [(f"{stem('HouseGrows', at)}.mp4", "HouseGrows") for at in (2, 3, 4)]
    rows.append((f"{stem('CarDrivesToTheLeft', 4)}.mp4", "CarDrivesToTheLeft"))
    split = str(table(tmp_path / "own.csv", "video,label", rows))
    asked = ["evaluate", "actions", "--dataset", str(folder), "--split", split, "--no-head"]

    refused = tell(capsys, *asked, home=made[1], code=1)
    assert "3 of 4 videos of the set are not indexed" in refused.err
    assert f"reelwise index {folder} --home {made[1]} " in refused.err.splitlines()[-1]
    told = ask(capsys, *asked, "--index", "--encoder", "toon", home=home, code=3)
    assert (told["n"], told["missing"], told["broken"]) == (2, 1, 1)
    assert [each["video"] for each in told["troubles"]] == [rows[2][0], rows[3][0]]
    assert "missing" in told["troubles"][1]["reason"]
    assert "indexed" not in told["troubles"][0]["reason"]
    assert "no vectors" not in told["troubles"][0]["reason"]
    printed = tell(capsys, *asked, home=home, code=3)
    assert "2 videos of the set could not be used" in printed.err
    assert "1 missing, 1 broken" in printed.err


def test_nothing_is_learned_from_what_is_judged(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Videos of both parts are judged only, and classes that are never trained on are not known."""
    rows = [
        (f"{stem(label, at)}.mp4", label, "train" if at < N_TRAIN else "test")
        for label in CLASSES
        for at in range(N_TRAIN + N_TEST)
        if at >= N_TRAIN or label != "HouseGrows"
    ]
    rows += [(name, label, "train") for name, label, part in rows if part == "test"]
    split = str(table(tmp_path / "own.csv", "video,label,split", rows))
    picture, text = tmp_path / "c.png", tmp_path / "c.csv"
    told = ask(
        capsys,
        *evaluate(made, "--split", split, "--per-class", "--confusion", str(text), *LINEAR),
        home=made[1],
    )
    assert (told["n"], told["n_train"], told["in_both_parts"]) == (8, 9, 8)
    house = next(each for each in told["per_class"]["head"] if each["label"] == "HouseGrows")
    assert (house["recall"], house["rows"]) == (0.0, 2)
    matrix = list(csv.reader(text.read_text(encoding="utf-8").splitlines()))
    assert [row[0] for row in matrix[1:]] == sorted(CLASSES)
    counts = [[int(cell) for cell in row[1:]] for row in matrix[1:]]
    assert counts == told["confusion"]["head"]
    assert [sum(row) for row in counts] == [2, 2, 2, 2]
    no_head = evaluate(made, "--no-head", "--confusion", str(picture), "--per-class")
    printed = tell(capsys, *no_head, home=made[1])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "nothing was fitted" in printed.out
    assert "most frequent class" in printed.out


def test_segments_are_averaged_and_heads_look_at_frames(
    made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    told = ask(capsys, *evaluate(made, "--segment", "1"), home=made[1])
    assert (told["n"], told["n_train"]) == (20, 0)
    assert 0.7 <= told["top_1"] <= 1
    split = ["--split", str(made[0].parent / "lists" / "testlist01.txt"), "--folds", "2"]
    frames = [*split, "--features", "frames", "--models", "convolution"]
    told = ask(capsys, *evaluate(made, *frames), home=made[1])
    assert (told["n"], told["n_train"]) == (8, 12)
    assert told["head_on_frames_model"].startswith("convolution")
    assert "head_top_1" not in told
    assert 0.5 <= told["head_on_frames_top_1"] <= 1


def test_a_wrong_template_or_no_model_says_what_to_do(
    made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    told = tell(capsys, *evaluate(made, "--template", "a video"), home=made[1], code=1)
    assert "has no place for the class" in told.err
    split = ["--split", str(made[0].parent / "lists" / "testlist01.txt")]
    told = tell(capsys, *evaluate(made, *split, "--models", "gru"), home=made[1], code=1)
    assert "--features frames" in told.err
