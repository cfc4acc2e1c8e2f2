"""Which library a command takes, and what it says of one that is empty or not there."""

import json
from pathlib import Path

import pytest

from tests.ui.conftest import empty_library
from ui.cli import run


def test_the_status_of_an_empty_library_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    empty_library(tmp_path)
    assert run(["status", "--home", str(tmp_path)]) == 0
    assert "reelwise index FOLDER" in capsys.readouterr().out
    assert run(["status", "--home", str(tmp_path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    wanted = {"videos", "clips", "failed", "encoder", "generation", "index_kind", "recall_at_10"}
    assert wanted | {"bytes"} <= set(document)
    assert (document["videos"], document["encoder"]) == (0, None)


ASKING = [
    ["status"],
    ["verify"],
    ["serve", "--port", "1"],
    ["search", "a red car"],
    ["similar", "lake.mp4"],
    ["recommend", "anna"],
    ["history", "export"],
    ["history", "impressions"],
    ["history", "forget", "anna"],
    ["history", "add", "anna", "lake.mp4"],
    ["roots"],
    ["remove", "lake.mp4"],
    ["rebuild"],
    ["train", "recommender"],
]


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
def test_asking_a_home_that_does_not_exist_is_an_error_that_makes_nothing(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--home", str(tmp_path / "typo")]) == 1
    problem, fix = capsys.readouterr().err.splitlines()
    assert problem == f"error: there is no library in {tmp_path / 'typo'}"
    assert "reelwise index FOLDER" in fix
    assert list(tmp_path.iterdir()) == []


def test_home_is_taken_from_the_environment_and_the_option_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty_library(tmp_path / "a")
    empty_library(tmp_path / "b")
    monkeypatch.setenv("REELWISE_HOME", str(tmp_path / "a"))
    for option, home in (([], "a"), (["--home", str(tmp_path / "b")], "b")):
        assert run(["status", "--json", *option]) == 0
        assert json.loads(capsys.readouterr().out)["home"] == str(tmp_path / home)
