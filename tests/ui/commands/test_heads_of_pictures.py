"""Heads over small pictures through the command line, and what is said of videos without any."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from data.catalogue import Catalogue
from data.catalogue.values import sql
from data.home import resolve_home
from indexer.heads.fitting import volume as volume_fit
from indexer.heads.inputs.stretches import NO_PICTURES
from indexer.search.query import Filters
from indexer.search.searcher import Searcher
from tests.fakes import ColourEncoder
from tests.indexer.heads.made import write_csv
from tests.indexer.heads.moving import CLIP_S, CLIPS, moving_library, way
from tests.ui.conftest import ask, tell
from ui.pages.search.shown import notice_data

N_VIDEOS = 8
WITHOUT = 2


def _warnings(home: Path, where: str) -> tuple[str, ...]:
    """What is said beside the moments that are like a video and fulfil a condition."""
    with closing(Searcher(resolve_home(home), ColourEncoder())) as searcher:
        return searcher.similar(1, filters=Filters(where=(where,))).warnings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Videos in which a square moves, and some that were indexed before pictures were stored."""
    home = resolve_home(tmp_path / "home")
    home.make()
    moving_library(home, N_VIDEOS)
    moving_library(home, WITHOUT, first=N_VIDEOS, pictures=False)
    return home.root


def test_a_head_of_pictures_is_trained_listed_asked_and_verified_by_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(volume_fit, "STEPS", 4)
    header = "video,start_s,end_s,label"
    rows = [
        (f"v{v}.mp4", c * CLIP_S, (c + 1) * CLIP_S, way(v, c))
        for v in range(N_VIDEOS + WITHOUT)
        for c in range(CLIPS)
    ]
    labels = write_csv(tmp_path / "way.csv", header, rows)
    told_apart, untold = N_VIDEOS * CLIPS, WITHOUT * CLIPS

    train = ("train", "head", "way", "--labels", str(labels), "--models", "3d", "--folds", "2")
    assert "no model is left" in ask(capsys, *train, home=home, code=1)["error"]
    trained = ask(capsys, *train, "--features", "3d", home=home, code=3)
    (head,) = trained["heads"]
    assert {each["name"] for each in head["tried"]} == {"3d", "3d, clips"}
    assert (head["model"], head["rows"], trained["failed"]) == ("3d", told_apart, untold)
    assert {each["reason"] for each in trained["troubles"]} == {NO_PICTURES}
    assert trained["predicted"] == {"way": told_apart}
    assert trained["untold"] == {"way": untold}

    (listed,) = ask(capsys, "heads", home=home)["heads"]
    assert (listed["predicted"], listed["untold"]) == (told_apart, untold)
    shown = tell(capsys, "heads", home=home)
    assert f"{told_apart} clips, cannot tell {untold}" in shown.out

    found = ask(capsys, "verify", home=home, code=0)
    assert found["problems"] == []
    (note,) = found["notes"]
    assert f"the head way cannot tell {untold} clips of {WITHOUT} videos" in note
    assert note in tell(capsys, "verify", home=home).err.replace("\n", " ")

    cannot = f"the head way cannot tell {untold} clips of {WITHOUT} videos, which are left out"
    left, right = (_warnings(home, f"way={label}") for label in ("left", "right"))
    for warnings in (left, right):
        (warning,) = warnings
        assert warning.startswith(cannot)
        assert notice_data(warning, is_owner=True)["action"] == "reencode"
    with Catalogue(resolve_home(home)) as catalogue, catalogue.writing("test") as connection:
        connection.execute(sql("DELETE FROM predictions WHERE clip_id = 1"))
    blind, missing = _warnings(home, "way!=left")
    assert blind.startswith(cannot)
    assert missing.startswith("the head way has not predicted of 1 clips, which are left out")

    asked = write_csv(tmp_path / "rows.csv", "video,start_s,end_s", [row[:3] for row in rows])
    said = ask(capsys, "predict", "way", "--rows", str(asked), home=home, code=3)
    assert (len(said["rows"]), said["failed"]) == (told_apart, untold)
    only = write_csv(tmp_path / "old.csv", "video", [(f"v{N_VIDEOS}.mp4",)])
    refused = ask(capsys, "predict", "way", "--rows", str(only), home=home, code=1)
    assert NO_PICTURES in refused["error"]
    assert "rebuild --reencode" in refused["fix"]
