"""`reelwise oddities` over real files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.ui.conftest import ask, tell


def test_the_oddest_clips_are_listed_with_what_is_most_like_them(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "scores.csv"
    found = ask(capsys, "oddities", "-k", "3", "--scores", str(file), home=home)
    assert [each["rank"] for each in found["oddities"]] == [1, 2, 3]
    scores = [each["score"] for each in found["oddities"]]
    assert scores == sorted(scores, reverse=True)
    assert all(each["nearest"]["path"] != each["path"] for each in found["oddities"])
    with file.open(encoding="utf-8", newline="") as rows:
        written = list(csv.DictReader(rows))
    assert len(written) == found["judged"] == found["normal"]
    assert max(float(row["score"]) for row in written) == pytest.approx(scores[0], abs=1e-4)
    first = found["oddities"][0]
    told = tell(capsys, "oddities", "-k", "3", "--method", "neighbours", home=home).out
    assert f"{first['score']:.3f}" in told
    assert Path(first["path"]).name in told


def test_a_quiet_video_sets_the_threshold(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ask(capsys, "oddities", "-k", "1", home=home)["oddities"][0]["path"]
    found = ask(capsys, "oddities", "--quiet", path, "--false-alarms-per-hour", "0", home=home)
    assert found["false_alarms"] == 0
    assert all(each["path"] != path for each in found["oddities"])
    assert found["quiet_hours"] > 0
