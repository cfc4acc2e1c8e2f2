"""`reelwise compress` as a person runs it, on a few cartoons with the embedded encoder."""

import csv
import importlib
import json
import shutil
from pathlib import Path

import pytest

from data.toons.library import ToonLibrary
from embeddings.opening.choice import load_encoder
from ui.cli import run

pytestmark = pytest.mark.long(30)

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def few(toons: ToonLibrary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six of the cartoons, and one file that is none."""
    folder = tmp_path_factory.mktemp("few")
    for path in sorted(toons.folder.glob("*.mp4"))[:6]:
        shutil.copy(path, folder)
    (folder / "broken.mp4").write_bytes(b"this is no video" * 100)
    return folder


def captions(toons: ToonLibrary, few: Path, name: str, words: str) -> Path:
    """What the six cartoons show, a line each scene; a broken video and a video that is gone."""
    with toons.captions_file.open() as file:
        lines = [line for line in csv.DictReader(file) if (few / line["video"]).is_file()]
    scenes = {(line["video"], line["start_s"]): line for line in lines}.values()
    rows = [[line["video"], line["start_s"], line["end_s"], line["caption"]] for line in scenes]
    rows += [["broken.mp4", "0", "2", "a cat"], ["gone.mp4", "0", "2", "a dog"]]
    with (few.parent / name).open("w", newline="") as file:
        csv.writer(file).writerows([["video", "start_s", "end_s", words], *rows])
    return few.parent / name


def compress(*more: str | Path) -> int:
    return run(["compress", "toon", *map(str, more), "--json"])


def test_int8_by_captions_is_judged_by_their_words_and_bad_lines_are_reported(
    toons: ToonLibrary, few: Path, tmp_path: Path, capsys: Capture
) -> None:
    file, out = captions(toons, few, "captions.csv", "caption"), tmp_path / "int8"
    assert compress("--out", out, "--how", "int8", "--captions", file, "--videos", few) == 3
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert list(document["figures"]) == ["original in fp32", "original here", "compressed"]
    full, made = document["figures"]["original in fp32"], document["figures"]["compressed"]
    assert full["cosine"] == pytest.approx(1, abs=1e-5)
    assert 0.97 < made["cosine"] < 0.99999
    assert full["recall_at_1"] == document["recall_at_1_before"] > 0.7
    assert abs(document["recall_at_1_after"] - document["recall_at_1_before"]) < 0.2
    assert 0.4 < document["size_ratio"] == made["megabytes"] / full["megabytes"] < 0.7
    assert document["frame_speed_ratio_to_fp32"] > 0
    assert document["judged_by"] == "every second clip of yours"
    assert document["failed"] == 2
    gone, broken = document["troubles"]
    assert "there is no video gone.mp4" in gone["reason"]
    assert str(few / "broken.mp4") in broken["where"]
    assert broken["reason"].startswith("failed: ")
    assert "2 lines or videos could not be used" in printed.err
    assert load_encoder(document["out"], device="cpu").id == document["encoder_id"]


def test_videos_without_words_are_judged_by_agreement(
    toons: ToonLibrary, few: Path, tmp_path: Path, capsys: Capture
) -> None:
    (few / "broken.mp4").rename(tmp_path / "broken.mp4")
    try:
        assert compress("--out", tmp_path / "bf16", "--how", "bf16", "--videos", few) == 0
    finally:
        (tmp_path / "broken.mp4").rename(few / "broken.mp4")
    document = json.loads(capsys.readouterr().out)
    assert document["failed"] == 0
    assert "recall_at_1_before" not in document
    made = document["figures"]["compressed"]
    assert "recall_at_1" not in made
    assert made["cosine"] > 0.99
    assert 0 <= made["overlap_at_10"] <= 1
    assert load_encoder(document["out"], device="cpu").id == document["encoder_id"]


def test_lines_of_queries_need_no_times(
    toons: ToonLibrary, few: Path, tmp_path: Path, capsys: Capture
) -> None:
    file = few.parent / "queries.csv"
    names = [f"toon-{number:04d}.mp4,query {number}" for number in range(1, 4)]
    file.write_text("\n".join(["video,query", *names]))
    command = ("--out", tmp_path / "out", "--how", "bf16", "--captions", file, "--videos", few)
    assert compress(*command) == 1
    refused = json.loads(capsys.readouterr().out)
    assert "3 of your clips can be used, and 4 are needed" in refused["error"]
    assert "--captions" in refused["fix"]
    assert compress(*command[:-2]) == 1
    assert "there is no video toon-0001.mp4" in json.loads(capsys.readouterr().out)["error"]


def test_a_missing_library_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> object:
        if name.partition(".")[0] == "onnx":
            raise ImportError(f"No module named {name!r}")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    assert compress("--out", tmp_path / "out", "--how", "onnx") == 1
    document = json.loads(capsys.readouterr().out)
    assert "onnx is not installed" in document["error"]
    assert document["fix"] == "pip install 'reelwise[compress]'"


def test_a_way_that_is_none_is_wrong_usage(tmp_path: Path, capsys: Capture) -> None:
    assert compress("--out", tmp_path / "out", "--how", "int4") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert "int4" in error
    assert "int8-dynamic" in error
    assert not (tmp_path / "out").exists()


def test_a_folder_without_videos_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "empty").mkdir()
    assert compress("--out", tmp_path / "o", "--how", "bf16", "--videos", tmp_path / "empty") == 1
    assert "there is no video below" in json.loads(capsys.readouterr().out)["error"]
