"""`reelwise index`, `rebuild` and `verify`: what they tell, refuse, and leave undone."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.catalogue.catalogue import Catalogue
from data.home import Home, WriterLock
from data.toons.library import ToonLibrary
from data.video.write import write_video
from tests.ui.conftest import ENCODER, N_VIDEOS, PATIENCE_S, ROOT, ask, tell


def test_a_folder_without_videos_is_an_error_that_names_what_was_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = tmp_path / "notes", tmp_path / "home"
    folder.mkdir()
    (folder / "notes.txt").write_text("nothing to see")
    (folder / ".hidden.mp4").write_text("")
    document = ask(capsys, "index", str(folder), home=home, code=1)
    assert "no video below" in document["error"]
    assert "mp4, mkv" in document["error"]
    assert "1 hidden" in document["error"]
    with Catalogue(Home(home)) as catalogue:
        assert catalogue.files.roots() == []
        assert catalogue.encoder is None


def test_an_empty_folder_beside_a_full_one_is_named(
    own: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    empty = tmp_path / "empty"
    empty.mkdir()
    both = ["index", str(folder), str(empty), "--encoder", ENCODER]
    shown = tell(capsys, *both, home=home, code=3)
    assert f"no video was found below {empty}" in shown.err


@pytest.mark.long(10)
def test_nothing_to_index_and_questions_of_few_frames_load_no_model(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    (folder / "toon-0002.mp4").unlink()
    (folder / "toon-0003.mp4").rename(folder / "toon-0004.mp4")
    part = f"{folder / 'toon-0001.mp4'}@1-3"
    new = folder.parent / "new.mp4"
    write_video(new, [np.full((64, 64, 3), 9 * at, np.uint8) for at in range(25)], fps=25)
    Image.fromarray(np.full((64, 64, 3), 200, np.uint8)).save(picture := folder.parent / "a.png")
    asked = [["similar", "toon-0001.mp4"], ["similar", part], ["search", "--like", part]]
    asked += [["search", "--like", str(new)], ["search", "--image", str(picture)]]
    index = ["index", str(folder)]
    lines = [index, index, ["search", "a car"], *asked, ["status"]]
    script = (
        "import json, sys; from ui.cli import run;"
        "options = ['--home', sys.argv[2], '--json'];"
        "codes = [run([*line, *options]) for line in json.loads(sys.argv[1])];"
        "print(codes, sorted({'torch', 'open_clip'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, json.dumps(lines), str(home)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    first, second, found, *_, last = ended.stdout.splitlines()
    assert (json.loads(first)["moved"], json.loads(first)["removed"]) == (1, 1)
    assert json.loads(second)["unchanged"] == 2
    names = {Path(hit["path"]).name for hit in json.loads(found)["hits"]}
    assert names == {"toon-0001.mp4", "toon-0004.mp4"}
    assert last == f"{[0] * len(lines)} []"


@pytest.mark.long(8)
def test_a_second_writer_is_told_before_it_loads_a_model(home: Path, toons: ToonLibrary) -> None:
    script = (
        "import sys; from ui.cli import run;"
        "code = run(['index', *sys.argv[1:], '--encoder', 'ViT-B-32/openai']);"
        "print(code, sorted({'torch', 'open_clip'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, str(toons.folder), "--home", str(home)]
    with WriterLock(Home(home)):
        ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    assert ended.stdout.strip() == "1 []"
    assert "is being written" in ended.stderr


def test_a_folder_that_is_gone_is_told_and_the_other_is_updated(
    toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, here, gone = tmp_path / "home", tmp_path / "here", tmp_path / "gone"
    here.mkdir()
    shutil.copy(toons.folder / "toon-0001.mp4", here)
    asked = ["index", str(gone), str(here), "--encoder", ENCODER]
    report = ask(capsys, *asked, home=home, code=3)
    assert (report["missing"], report["indexed"]) == ([str(gone)], 1)
    told = tell(capsys, *asked, home=home, code=3).err
    assert f"reelwise remove {gone}" in told
    roots = ask(capsys, "roots", home=home)["roots"]
    assert [(root["path"], root["videos"], root["state"]) for root in roots] == [
        (str(here), 1, "here")
    ]
    shutil.rmtree(here)
    assert ask(capsys, "roots", home=home)["roots"][0]["state"] == "gone"
    assert ask(capsys, "remove", str(here), home=home)["removed"][0]["videos"] == 1
    assert ask(capsys, "roots", home=home)["roots"] == []


def test_index_tells_what_it_did_and_leaves_with_3_when_a_file_failed(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    first = ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    assert (first["added"], first["failed"], first["decoded"]) == (3, 0, 3)
    assert first["clips"] >= 3
    assert first["generation"] == 2  # the pictures, then the words

    again = ask(capsys, "index", str(folder), home=home)
    assert (again["added"], again["decoded"], again["unchanged"]) == (0, 0, 3)

    (folder / "broken.mp4").write_bytes(b"no video at all")
    (folder / "toon-0003.mp4").unlink()
    told = tell(capsys, "index", str(folder), home=home, code=3)
    assert "1 removed" in told.out
    assert "reelwise status --failed" in told.err
    document = ask(capsys, "status", "--failed", home=home)
    assert (document["videos"], document["failed"]) == (2, 1)
    assert [Path(each["path"]).name for each in document["failures"]] == ["broken.mp4"]
    assert len(document["failures"][0]["reason"]) > 10
    listed = tell(capsys, "status", "--failed", home=home).out
    assert "broken.mp4" in listed
    assert document["failures"][0]["reason"] in listed


def test_rebuild_and_verify(own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder, home = own
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    rebuilt = ask(capsys, "rebuild", home=home)
    assert rebuilt["generation"] == 3
    assert ask(capsys, "rebuild", "--reencode", home=home)["videos"] == 3
    assert ask(capsys, "verify", home=home)["problems"] == []

    for part in (home / "vectors").rglob("*.parquet"):
        part.write_bytes(part.read_bytes()[:-1] + b"x")
    document = ask(capsys, "verify", home=home, code=1)
    assert document["ok"] is False
    assert document["problems"]
    assert all(set(each) == {"what", "path", "fix"} for each in document["problems"])
    assert "fix: " in tell(capsys, "verify", home=home, code=1).out


def test_a_kind_of_index_is_named_once_and_told_by_status(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    made = ask(capsys, "rebuild", "--index-kind", "ivf_rabitq", "--index-recall", "0.9", home=home)
    assert (made["index_kind"], made["recall_at_10"] >= 0.9) == ("ivf_rabitq", True)
    assert ask(capsys, "rebuild", home=home)["index_kind"] == "ivf_rabitq"
    status = ask(capsys, "status", home=home)
    (segment,) = status["segments"]
    assert segment["clips"] == status["clips"]
    assert (segment["index_kind"], set(segment["parameters"])) == (
        "ivf_rabitq",
        {"k_factor", "nprobe"},
    )
    assert segment["memory_bytes"] > 0
    told = tell(capsys, "status", home=home).out
    assert "of the ten nearest; " in told
    assert "in memory" in told
    ask(capsys, "index", str(folder), "--index-kind", "auto", home=home)
    assert ask(capsys, "status", home=home)["index_kind"] == "flat_fp16"
    assert "0.5 to 1" in ask(capsys, "rebuild", "--index-recall", "2", home=home, code=1)["error"]


def test_a_library_of_other_weights_is_embedded_again_as_the_error_says(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    with Catalogue(Home(home)) as catalogue:
        here = str(catalogue.encoder)
        other = f"{here[:-1]}{'x' if here[-1] != 'x' else 'y'}"
        with catalogue.writing("test") as connection:
            for table in ("embeddings", "parts"):
                connection.exec_driver_sql(f"UPDATE {table} SET encoder_id = '{other}'")
        catalogue.set_encoder(other, ENCODER)
    (home / "vectors" / here).rename(home / "vectors" / other)
    advice = ask(capsys, "search", "a red car", home=home, code=1)["fix"]
    assert advice.startswith("reelwise rebuild --reencode")

    assert ask(capsys, "rebuild", "--reencode", home=home)["encoder_id"] == here
    assert len(ask(capsys, "search", "a red car", home=home)["hits"]) > 0
    assert ask(capsys, "verify", home=home)["ok"]


def test_an_index_that_stands_in_for_a_damaged_one_is_told_in_every_answer(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    assert ask(capsys, "rebuild", home=home)["generation"] == 3
    assert ask(capsys, "search", "a red car", home=home)["warnings"] == []
    index = home / "index" / "gen-000003" / "manifest.json"
    index.write_bytes(index.read_bytes()[:-1] + b"x")

    status = ask(capsys, "status", home=home)
    assert status["generation"] == 2
    for asked in (["search", "a red car"], ["similar", "toon-0001.mp4"]):
        document = ask(capsys, *asked, home=home)
        assert document["generation"] == 2
        assert document["warnings"] == [status["warning"]]
        assert "serving gen-000002" in tell(capsys, *asked, home=home).err
    assert "serving gen-000002" in tell(capsys, "status", home=home).err


@pytest.mark.long(11)
def test_ctrl_c_while_indexing_leaves_cleanly_and_a_rerun_goes_on(
    toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-m", "ui.cli", "index", str(toons.folder), "--home", str(home)]
    with subprocess.Popen(
        [*command, "--encoder", ENCODER, "--workers", "1"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("indexing"):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(timeout=PATIENCE_S) == 130
    assert "Traceback" not in rest
    assert "goes on where it stopped" in rest

    document = ask(capsys, "index", str(toons.folder), home=home)
    assert document["failed"] == 0
    with Catalogue(Home(home)) as catalogue:
        assert len(catalogue.videos()) == N_VIDEOS
        clips = catalogue.clip_table(catalogue.encoder or "")
    starts = zip(clips.video_ids.tolist(), clips.starts_s.tolist(), strict=True)
    assert len(set(starts)) == len(clips) > 0
