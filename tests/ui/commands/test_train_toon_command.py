"""`reelwise train toon`: what its options ask of the training."""

import json
from pathlib import Path

import pytest

from embeddings.backbone.folders import TOON_FOLDER
from embeddings.toon.stage import Stage
from embeddings.toon.start import frame_side
from embeddings.toon.train import ToonTraining
from embeddings.training.attack import Attack
from tests.toon_folder import write_untrained
from ui.cli import run

Request = tuple[Path, ToonTraining, Path | None]
"""Folder, options and start of a training."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What the command asks for; nothing is trained."""
    asked: list[Request] = []

    def train(out: Path, options: ToonTraining, *, start: Path | None, report: object) -> Path:
        asked.append((out, options, start))
        return out

    monkeypatch.setattr("embeddings.toon.train.train_toon", train)
    return asked


def test_training_begins_with_nothing_and_clean_frames(
    asked: list[Request], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "toon", "--out", str(tmp_path / "new"), "--json"]) == 0
    assert asked == [(tmp_path / "new", ToonTraining(), None)]
    document = json.loads(capsys.readouterr().out)
    assert document["out"] == str(tmp_path / "new")
    assert document["start"] is None
    assert document["attack"] is None


def test_a_model_is_trained_further_in_one_short_stage_of_its_own_size(
    asked: list[Request], tmp_path: Path
) -> None:
    start = write_untrained(tmp_path / "old")
    run(["train", "toon", "--out", str(tmp_path / "new"), "--start", str(start), "--seed", "5"])
    ((_, options, begun_from),) = asked
    assert begun_from == start
    assert options.seed == 5
    assert [stage.px for stage in options.stages] == [32]
    assert options.scenes < ToonTraining().scenes


def test_the_embedded_model_is_called_toon(asked: list[Request], tmp_path: Path) -> None:
    run(["train", "toon", "--out", str(tmp_path / "new"), "--start", "toon"])
    ((_, options, begun_from),) = asked
    assert begun_from == TOON_FOLDER
    assert options.stages[0].px == frame_side(TOON_FOLDER)


def test_frames_are_changed_by_so_many_levels_and_stages_are_as_asked(
    asked: list[Request], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "new")
    options = ["--adversarial", "4", "--stages", "64:9:0.001,96:8:0.002:3", "--scenes", "199"]
    run(["train", "toon", "--out", out, "--start", "toon", *options, "--json"])
    ((_, found, _),) = asked
    assert found.attack == Attack(4, random_start=True)
    assert found.stages == (Stage(64, 9, 1e-3), Stage(96, 8, 2e-3, views=3.0))
    assert found.shares is None
    assert found.scenes == 199
    assert json.loads(capsys.readouterr().out)["attack"]["eps"] == 4


def test_a_start_that_is_no_model_is_an_error_that_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["train", "toon", "--out", str(tmp_path / "new"), "--start", str(tmp_path)])
    assert code == 1
    told = capsys.readouterr().err
    assert "is not a model that can be trained further" in told
    assert "fix: name a folder that `reelwise train toon` wrote, or toon" in told
    assert not Path(tmp_path / "new").exists()
