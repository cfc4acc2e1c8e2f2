"""`reelwise train spatiotemporal` as a person runs it, on cartoons with the embedded backbone."""

import csv
import json
import random
from pathlib import Path

import pytest

from data.toons.library import ToonLibrary
from ui.cli import run

pytestmark = pytest.mark.long(17)

FAST = ("--steps", "30", "--batch", "24", "--rate", "2e-3", "--views", "0", "--device", "cpu")


@pytest.fixture(scope="module")
def work(toons: ToonLibrary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Captions of the cartoons, two a scene: as they are, and dealt out by chance; a home."""
    folder = tmp_path_factory.mktemp("work")
    with toons.captions_file.open() as file:
        rows = [row for number, row in enumerate(csv.DictReader(file)) if number % 4 == 0]
    for row in rows:
        row["video"] = str(toons.folder / row["video"])
    _write(folder / "true.csv", rows)
    texts = [row["caption"] for row in rows]
    random.Random(1).shuffle(texts)
    dealt = [row | {"caption": text} for row, text in zip(rows, texts, strict=True)]
    bad = {"video": "gone.mp4", "start_s": "0", "end_s": "1", "caption": "a cat"}
    _write(folder / "chance.csv", [*dealt, bad])
    return folder


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def train(work: Path, captions: str, out: str, *more: str) -> int:
    command = ["train", "spatiotemporal", "--captions", str(work / captions)]
    command += ["--validation", str(work / "true.csv"), "--out", str(work / out)]
    command += ["--encoder", "toon", "--home", str(work / "home"), "--seed", "3"]
    return run([*command, *FAST, *more])


def test_a_head_beats_mean_pooling_on_order_and_is_served(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(work, "true.csv", "good", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["served"] is True
    assert told["mean_pooling"]["order_accuracy"] == 0.5
    assert told["trained"]["order_accuracy"] > 0.75
    assert told["trained"]["recall_at_1"] >= told["mean_pooling"]["recall_at_1"]
    assert told["trained"]["order_pairs"] > 5
    assert told["failed"] == 0
    assert (work / "good" / "open_clip_model.safetensors").is_file()


def test_captions_by_chance_are_not_served_and_everybody_is_told(
    work: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(work, "chance.csv", "bad", "--kind", "convolution") == 3  # one line is bad
    told = capsys.readouterr()
    assert "NOT served" in told.out
    assert "mean pooling" in told.out
    assert "there is no video gone.mp4" in told.err
    home, one = str(work / "used"), str(toons.folder / "toon-0001.mp4")
    assert run(["index", one, "--encoder", str(work / "bad"), "--home", home]) == 0
    assert "did not beat mean pooling" in capsys.readouterr().err
    assert run(["status", "--home", home]) == 0
    assert "did not beat mean pooling" in capsys.readouterr().err
    assert run(["status", "--home", home, "--json"]) == 0
    assert "is not used" in json.loads(capsys.readouterr().out)["encoder_notice"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--eps", "much", "--adversarial", "fgsm"), "neither a number"),
        (("--eps", "3", "--adversarial", "pgd"), "at most 1"),
        (("--kind", "recurrent"), "recurrent"),
        (("--epochs", "0"), "epochs"),
    ],
)
def test_wrong_options_are_wrong_usage(
    work: Path, more: tuple[str, ...], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(work, "true.csv", "never", *more) == 2
    assert problem in capsys.readouterr().err
    assert not (work / "never").exists()
