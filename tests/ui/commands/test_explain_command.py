"""`reelwise explain` over real cartoons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.toons.library import ToonLibrary
from tests.ui.commands.conftest import queries
from tests.ui.conftest import ask, tell


def test_the_seconds_and_the_part_of_the_picture_are_told_and_drawn(
    home: Path, toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = queries(toons)[0]
    out = tmp_path / "why.png"
    asked = ("--text", query["query"], "--pictures", "3")
    video = Path(query["video"]).name
    found = ask(capsys, "explain", video, *asked, "--out", str(out), home=home)
    assert found["unit"] == "cosine"
    assert found["method"] == "gradient"
    assert found["question"] == {"text": query["query"]}
    times_s = [frame["time_s"] for frame in found["frames"]]
    assert times_s == sorted(times_s)
    best = max(found["frames"], key=lambda frame: frame["score"])
    assert best["time_s"] in [each["time_s"] for each in found["maps"]]
    for each in found["maps"]:
        assert np.sum(each["cells"]) == pytest.approx(1, abs=2e-3)
    hits = ask(capsys, "search", query["query"], "-k", "40", "--in", "picture", home=home)["hits"]
    same = next(hit for hit in hits if hit["path"] == found["path"])
    scores = [clip["score"] for clip in found["clips"]]
    assert same["score"] == pytest.approx(max(scores), abs=2e-3)
    assert any(abs(clip["of_order"]) > 1e-3 for clip in found["clips"])
    for clip in found["clips"]:
        assert clip["of_order"] == pytest.approx(clip["score"] - clip["of_frames"], abs=2e-5)
    with Image.open(out) as drawn:
        assert drawn.size[0] >= 640
    told = tell(capsys, "explain", f"{video}@0-2", "--text", query["query"], home=home).out
    assert "0:00" in told
    assert "clip" in told


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (("nothing.mp4", "--text", "a dog"), "nothing.mp4"),
        (("toon-0001.mp4@0-900", "--text", "a dog"), "beyond its end"),
        (("toon-0001.mp4", "--text", "zyx wvu"), "knows none of these words"),
        (("toon-0001.mp4",), "nothing to explain"),
        (("toon-0001.mp4", "--label", "x"), "--label is a label of a head"),
        (("toon-0001.mp4", "--head", "x", "--text", "y"), "several questions"),
        (("toon-0001.mp4", "--head", "nosuch"), "there is no head"),
        (("toon-0001.mp4", "--text", "a dog", "--out", "why.txt"), "no name of a PNG"),
        (("toon-0001.mp4", "--like", "gone.mp4"), "no example file"),
    ],
)
def test_what_cannot_be_explained_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], problem: str
) -> None:
    told = ask(capsys, "explain", *args, home=home, code=1)
    assert problem in told["error"]
    assert told["fix"]
