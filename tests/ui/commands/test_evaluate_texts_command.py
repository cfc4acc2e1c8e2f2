"""Sets of texts in their published forms about toons, on the toon encoder's own vectors."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.toons.actors import Slot, place_actor
from data.toons.library import ToonLibrary
from data.toons.scenes import Scene, draw_scene
from data.video.write import write_video
from tests.ui.conftest import ask, tell
from ui.cli import run

pytestmark = pytest.mark.long(15)

DOORS = (("car", "red", "street", "left"), ("rabbit", "blue", "meadow", "right"))
"""What moves in the videos that are played backwards as well, where, and in which direction."""
OTHER = {"left": "right", "right": "left"}


def table(path: Path, header: str, rows: Sequence[Sequence[object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def listed(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def evaluate(path: Path, *more: str) -> list[str]:
    return ["evaluate", "texts", "--dataset", str(path), *more]


def test_videos_of_the_library_are_found_by_their_names(
    toons: ToonLibrary, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list lies in a folder without videos, and its names have no suffix."""
    rows = [
        (f"ret{at}", f"msr{at}", Path(name).stem, story.queries()[0])
        for at, (name, story) in enumerate(toons.videos)
    ]
    path = table(tmp_path / "JSFUSION_test.csv", "key,vid_key,video_id,sentence", rows)
    told = ask(capsys, *evaluate(path), home=home)
    assert (told["set"], told["protocol"]) == ("msr-vtt", "msr-vtt, JSFUSION_test")
    assert (told["n"], told["videos"], told["candidates"]) == (12, 12, 12)
    assert told["recall_at_1"] >= 0.9
    assert told["recall_at_10"] == 1.0
    assert told["median_rank"] == 1.0
    assert 0.5 <= told["video_to_text_recall_at_1"] <= 1.0
    assert told["text_to_video_by_mean_recall_at_1"] <= told["recall_at_1"]
    assert told["tasks"] == [
        "text_to_video",
        "video_to_text",
        "text_to_video_by_mean",
        "video_to_text_by_mean",
    ]
    printed = tell(capsys, *evaluate(path), home=home)
    assert "R@1" in printed.out
    assert "text to video by mean" in printed.out

    table(path, "key,vid_key,video_id,sentence", [*rows, ("x", "x", "video9999", "a dog barks")])
    told = ask(capsys, *evaluate(path), home=home, code=3)
    assert (told["n"], told["missing"], told["recall_at_10"]) == (12, 1, 1.0)
    assert told["troubles"][0]["video"] == "video9999"
    told = ask(capsys, *evaluate(path, "--count-missing"), home=home, code=3)
    assert (told["n"], told["recall_at_10"]) == (13, pytest.approx(12 / 13))


def test_moments_and_choices_of_toons_are_found_far_above_chance(
    toons: ToonLibrary, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries: list[dict[str, Any]] = []
    for name, story in toons.videos:
        n_segments = min(6, int(np.ceil(story.ends_s[-1] / 5)))
        scenes = zip(story.queries(), story.starts_s, story.ends_s, strict=True)
        for query, start_s, end_s in scenes:
            first = min(int(start_s / 5 + 0.5), n_segments - 1)
            last = min(max(first, int(end_s / 5 + 0.5) - 1), n_segments - 1)
            entries.append(
                {
                    "annotation_id": len(entries),
                    "video": name,
                    "description": query,
                    "times": [[first, last]] * 4,
                    "num_segments": n_segments,
                }
            )
    told = ask(capsys, *evaluate(listed(tmp_path / "test_data.json", entries)), home=home)
    assert told["moments_n"] == len(entries)
    assert told["moments_rank_at_1"] > told["moments_random_rank_at_1"] + 0.1
    assert told["moments_miou"] > max(told["moments_random_miou"], told["moments_centre_miou"])
    assert told["recall_at_1"] >= 0.9  # paragraphs

    said = [story.queries()[0] for _, story in toons.videos]
    header = "correct_answer,caption_0,caption_1,caption_2,caption_3,correct_answer_template"
    rows = []
    for at, (name, _) in enumerate(toons.videos):
        texts = [said[(at + turn) % len(said)] for turn in (0, 3, 6, 9)]
        right = at % 4
        texts[0], texts[right] = texts[right], texts[0]
        rows.append((right, *texts, "positive", f"/elsewhere/{name}"))
    path = table(tmp_path / "mcq.csv", f"{header},image_path", rows)
    told = ask(capsys, *evaluate(path, "--set", "negbench"), home=home)
    assert told["choice_chance"] == 0.25
    assert told["choice_accuracy"] == told["choice_accuracy_positive"] >= 0.9
    assert told["n"] == 12


def draw(path: Path, at: int, *, backwards: bool) -> None:
    kind, colour, place, motion = DOORS[at]
    actor = place_actor(np.random.default_rng(at), kind, colour, motion, Slot(0.0, 3.0))
    frames = list(draw_scene(Scene((actor,), place, 3.0, at), np.arange(30) / 10))
    write_video(path, frames[::-1] if backwards else frames, fps=10, crf=18)


def test_a_set_is_indexed_once_and_tells_which_way_time_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = tmp_path / "set", tmp_path / "home"
    folder.mkdir()
    entries = {}
    for at, (kind, colour, place, motion) in enumerate(DOORS):
        name = f"1{at}"
        draw(folder / f"{name}.mp4", at, backwards=False)
        draw(folder / f"{name}_reverse.mp4", at, backwards=True)
        text = f"a {colour} {kind} moves to the {{}} on the {place}"
        entries[name] = {
            "reverse": True,
            "forward_captions": [text.format(motion)],
            "reverse_captions": [text.format(OTHER[motion])],
        }
    entries["77"] = {"reverse": False, "forward_captions": ["a house"], "reverse_captions": []}
    (folder / "77.mp4").write_bytes(b"\0" * 5000)
    path = listed(folder / "test.json", entries)

    refused = tell(capsys, *evaluate(path, "--index"), "--encoder", "none", home=home, code=1)
    assert "none" in refused.err
    told = ask(capsys, *evaluate(path, "--index", "--encoder", "toon"), home=home, code=3)
    assert (told["set"], told["missing"], told["broken"]) == ("rtime", 0, 1)
    assert told["troubles"][0]["video"] == "77"
    assert (told["n"], told["hard_text_to_video_n"]) == (2, 4)
    assert (told["candidates"], told["hard_text_to_video_candidates"]) == (2, 4)
    assert told["binary_chance"] == 0.5
    assert told["binary_text_to_video"] == told["binary_reversed_text_to_video"] == 1.0
    assert told["binary_video_to_text"] == told["binary_reversed_video_to_text"] == 1.0
    before = (home / "catalogue.db").stat().st_mtime_ns
    again = ask(capsys, *evaluate(path, "--index"), home=home, code=3)
    assert (home / "catalogue.db").stat().st_mtime_ns == before
    assert again["binary_n"] == told["binary_n"] == 2
    printed = tell(capsys, *evaluate(path, "--count-missing"), home=home, code=3)
    assert "questions about them count as not found: 0 missing, 1 broken" in printed.err


def test_what_is_not_indexed_or_not_there_says_what_to_do(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path / "x.csv", "video_id,sentence", [("video1", "a dog")])
    told = tell(capsys, *evaluate(path), home=home, code=1)
    assert "no video of the set can be used; video1: its file is missing" in told.err
    assert "--videos FOLDER" in told.err
    (tmp_path / "video1.mp4").touch()
    told = tell(capsys, *evaluate(path), home=home, code=1)
    assert "1 of 1 videos of the set are not indexed, the first video1" in told.err
    assert f"reelwise index {tmp_path} --home {home} " in told.err
    empty = tmp_path / "empty"
    assert run(["evaluate", "texts", "--dataset", str(path), "--home", str(empty)]) == 1
    assert "reelwise index" in capsys.readouterr().err
