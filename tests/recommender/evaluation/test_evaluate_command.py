"""`reelwise evaluate recommend` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recommender.evaluation import run as evaluation_run
from recommender.evaluation.baselines import BASELINES
from tests.recommender.evaluation.test_run import parts, tastes, write
from ui.cli import run


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(evaluation_run, "BASELINES", {"popularity": BASELINES["popularity"]})
    found = write(tmp_path, **parts(tastes(n_people=40)))
    return ["--train", str(found.train), "--test", str(found.test)]


def test_json_is_one_document_and_progress_goes_elsewhere(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "recommend", *files, "--json"]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert document["protocol"] == "given"
    assert 0 < document["ndcg_at_10"] < 1
    assert "popularity" in document["baselines"]
    assert "step 1: popularity" in told.err


def test_the_table_names_everybody_and_every_metric(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "recommend", *files]) == 0
    told = capsys.readouterr().out
    for word in ("given: ", "NDCG@20", "reelwise", "popularity", "- popularity", "history "):
        assert word in told


def test_a_missing_file_is_a_known_error_and_a_missing_option_wrong_usage(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "recommend", "--train", "none.csv", "--test", "none.csv"]) == 1
    assert "error: the events file none.csv cannot be read" in capsys.readouterr().err
    assert run(["evaluate", "recommend"]) == 2
    assert run(["evaluate", "recommend", *files, "--protocol", "sampled"]) == 2
    assert run(["evaluate", "recommend", *files[:2]]) == 1
    assert "fix: add --test FILE" in capsys.readouterr().err
