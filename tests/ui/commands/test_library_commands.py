"""The commands over a real small library: answers, shapes of JSON, exit codes."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.catalogue.catalogue import Catalogue
from data.home import Home, WriterLock
from data.printable import HIDDEN
from data.toons.library import ToonLibrary
from data.video.write import Change, transcode
from tests.ui.conftest import ENCODER, N_VIDEOS, PATIENCE_S, ROOT, ask, tell
from ui.cli import run
from ui.commands.maintain import doctor

HIT_FIELDS = {"rank", "video_id", "path", "start_s", "end_s", "score", "relevance", "why"}


def queries(toons: ToonLibrary) -> list[dict[str, str]]:
    with toons.queries_file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_a_search_has_the_fields_of_the_contract(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "search", "a red car drives to the left", "-k", "5", home=home)
    assert {"query", "encoder", "generation", "took_ms", "confident", "hits"} <= set(document)
    assert document["query"] == {"text": "a red car drives to the left"}
    assert document["generation"] >= 1
    assert isinstance(document["confident"], bool)
    assert len(document["hits"]) == 5
    for rank, hit in enumerate(document["hits"], start=1):
        assert set(hit) >= HIT_FIELDS
        assert hit["rank"] == rank
        assert isinstance(hit["video_id"], str)
        assert 0 <= hit["start_s"] < hit["end_s"]
        assert 0 <= hit["relevance"] <= 1
        assert set(hit["why"]) == {"visual", "text"}
        assert Path(hit["path"]).is_file()
    scores = [hit["score"] for hit in document["hits"]]
    assert scores == sorted(scores, reverse=True)


def test_most_queries_of_the_toons_find_their_moment_first(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    right = 0
    asked = queries(toons)[:8]
    for row in asked:
        hit = ask(capsys, "search", row["query"], "-k", "1", home=home)["hits"][0]
        both = min(hit["end_s"], float(row["end_s"])) - max(hit["start_s"], float(row["start_s"]))
        right += Path(hit["path"]).name == row["video"] and both > 0
    assert right >= 7


def test_a_search_is_told_by_rank_relevance_path_stretch_and_title(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tell(capsys, "search", queries(toons)[0]["query"], "-k", "2", home=home).out.splitlines()
    rank, relevance, path, stretch, *title = told[-2].split()
    assert rank == "1"
    assert 0 <= float(relevance) <= 1
    assert path.endswith(".mp4")
    start, end = stretch.split("-")
    assert start.count(":") == end.count(":") == 1
    assert title


def test_where_nothing_can_match_the_answer_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = ["search", "a red car", "--min-duration", "1e6"]
    assert ask(capsys, *nothing, home=home)["confident"] is False
    assert tell(capsys, *nothing, home=home).out == "nothing here matches well\n"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--under", "no/such/folder"], "no indexed video lies below"),
        (["--min-duration", "9", "--max-duration", "5"], "no video is at least 9 s and at most 5"),
    ],
)
def test_a_filter_that_nothing_can_pass_is_an_error_and_not_blamed_on_the_query(
    options: list[str], problem: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "search", "a red car", *options, home=home, code=1)
    assert problem in document["error"]
    assert document["fix"]


def test_a_folder_is_known_by_its_link_too(
    home: Path, toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = tmp_path / "link"
    link.symlink_to(toons.folder)
    direct = ask(capsys, "search", "a red car", "--under", str(toons.folder), home=home)
    assert (
        ask(capsys, "search", "a red car", "--under", str(link), home=home)["hits"]
        == (direct["hits"])
    )


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


def test_an_example_clip_a_part_of_one_and_a_picture_find_their_source(
    home: Path, toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, story = toons.videos[3]
    source, cut = toons.folder / name, tmp_path / "cut.mp4"
    start_s, end_s = story.starts_s[0], story.ends_s[0]
    transcode(source, cut, Change(start_s=start_s, end_s=end_s, scale=0.5, crf=34))
    found = ask(capsys, "search", "--like", str(cut), home=home)["hits"][0]
    assert Path(found["path"]).name == name
    part = f"{source}@{start_s:g}-{end_s:g}"
    found = ask(capsys, "search", "--like", part, home=home)["hits"][0]
    assert Path(found["path"]).name == name
    assert found["start_s"] < end_s


@pytest.mark.parametrize("words", ["quantum accountancy in Latvian", "the", "a man", "asdfgh"])
def test_words_that_mean_nothing_to_the_encoder_are_no_match_and_named(
    words: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "search", words, home=home)
    assert document["confident"] is False
    unknown = [word for word in words.split() if word not in ("in", "the", "a")]
    assert document["not_understood"] == unknown
    assert {hit["relevance"] for hit in document["hits"]} == {0.0}
    assert ask(capsys, "search", words, "--min-relevance", "0.1", home=home)["hits"] == []
    shown = tell(capsys, "search", words, home=home)
    assert all(f'"{word}"' in shown.err for word in unknown)
    assert shown.out.startswith("nothing here matches well")


def test_wrong_input_is_refused_before_a_model_is_loaded(home: Path) -> None:
    """Counted in modules, not in seconds: importing torch costs 2 s of CPU, open_clip 4 more."""
    lines = [
        ["search", "--like", "nothere.mp4"],
        ["search", "--like", "nothere.mp4@3-1"],
        ["search", "--image", "pyproject.toml"],
        ["search", "--like", "pyproject.toml"],
        ["search", "a dog", "--weights", "nothere.pt"],
        ["similar", "nothere.mp4"],
        ["similar", "1@abc"],
        ["similar", "nothere.mp4@abc"],
        ["search", "a" * 2001],
        ["compress", "nosuch", "--how", "bf16", "--out", "nothere"],
        ["train", "spatiotemporal", "--captions", "pyproject.toml", "--out", "nothere"],
        ["index", ".", "--encoder", "nosuch"],
    ]
    script = (
        "import json, sys; from ui.cli import run;"
        "codes = [run([*line, '--home', sys.argv[2]]) for line in json.loads(sys.argv[1])];"
        "print(codes, sorted({'torch', 'open_clip'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, json.dumps(lines), str(home)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    assert ended.stdout.strip() == f"{[1] * len(lines)} []"


def test_nothing_to_index_and_questions_without_new_pixels_load_no_model(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    (folder / "toon-0002.mp4").unlink()
    (folder / "toon-0003.mp4").rename(folder / "toon-0004.mp4")
    part = f"{folder / 'toon-0001.mp4'}@1-3"
    asked = [["similar", "toon-0001.mp4"], ["similar", part], ["search", "--like", part]]
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


def test_filters_and_no_merge_reach_the_search(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "a car"
    one = toons.folder / "toon-0001.mp4"
    only = ask(capsys, "search", words, "--under", str(one), home=home)["hits"]
    assert {hit["path"] for hit in only} == {str(one)}
    here = ask(capsys, "search", words, "--under", str(toons.folder), home=home)
    assert len(here["hits"]) == 10
    assert ask(capsys, "search", words, "--min-duration", "3600", home=home)["hits"] == []
    assert ask(capsys, "search", words, "--max-duration", "0.1", home=home)["hits"] == []
    merged = ask(capsys, "search", words, "-k", "1000", home=home)["hits"]
    single = ask(capsys, "search", words, "-k", "1000", "--no-merge", home=home)["hits"]
    assert len(single) >= len(merged)
    sure = ask(capsys, "search", words, "--min-relevance", "1.0", home=home)["hits"]
    assert all(hit["relevance"] == 1.0 for hit in sure)


def test_an_unreadable_example_is_a_known_error(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    told = tell(capsys, "search", "--like", str(broken), home=home, code=1)
    assert told.err.splitlines()[-2].startswith("error: ")
    assert "broken.mp4" in told.err


def test_similar_never_answers_with_the_video_itself(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "similar", "toon-0001.mp4@0-2", home=home)
    assert document["hits"]
    assert "toon-0001.mp4" not in {Path(hit["path"]).name for hit in document["hits"]}
    number = ask(capsys, "similar", "toon-0002.mp4", home=home)["hits"][0]["video_id"]
    assert ask(capsys, "similar", number, home=home)["hits"]


def test_recommendations_have_the_fields_of_the_contract(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    user = toons.events[0].user
    document = ask(capsys, "recommend", user, "-k", "3", home=home)
    assert set(document) >= {"user", "took_ms", "items"}
    seen = {event.video for event in toons.events if event.user == user}
    for rank, item in enumerate(document["items"], start=1):
        assert set(item) >= {"rank", "video_id", "path", "score", "source", "because"}
        assert item["rank"] == rank
        assert Path(item["path"]).name not in seen


def test_a_new_person_gets_items_and_exclude_leaves_out(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ask(capsys, "recommend", "a stranger", "-k", "3", home=home)["items"]
    assert len(first) == 3
    without = ask(
        capsys, "recommend", "a stranger", "-k", "3", "--exclude", first[0]["path"], home=home
    )["items"]
    assert first[0]["video_id"] not in {item["video_id"] for item in without}
    told = tell(capsys, "recommend", "a stranger", "-k", "1", "--explain", home=home).out
    assert first[0]["title"] in told
    assert "score" in told


def test_status_has_the_fields_of_the_contract(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "status", "--failed", home=home)
    assert document["videos"] == 12
    assert document["clips"] > 12
    assert document["failed"] == 0
    assert document["generation"] >= 1
    assert document["index_kind"]
    assert document["recall_at_10"] > 0.99
    assert document["bytes"] > 10_000
    assert document["failures"] == []


def test_evaluation_is_a_flat_object_of_numbers(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "evaluate", "search", "--queries", str(toons.queries_file), home=home)
    wanted = {"recall_at_1", "recall_at_5", "recall_at_10", "mrr", "median_rank", "miou"}
    assert wanted | {"protocol", "n", "seconds"} <= set(document)
    assert all(isinstance(value, int | float | str) for value in document.values())
    assert document["n"] == len(queries(toons))
    assert document["recall_at_1"] > 0.8


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


def test_the_machine_is_examined(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = ask(capsys, "doctor", home=home)
    names = {check["name"] for check in document["checks"]}
    assert {"machine", "gpu", "faiss", "decoder pyav", "decoder decord", "weights", "disk"} <= names
    assert [check for check in document["checks"] if not check["ok"]] == []


def test_what_index_would_lack_is_told_with_exit_code_1(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 10**18)
    document = ask(capsys, "doctor", home=home, code=1)
    assert document["ok"] is False
    assert [check["name"] for check in document["checks"] if not check["ok"]] == ["disk"]
    assert "      fix: free some disk" in tell(capsys, "doctor", home=home, code=1).out


def test_what_index_would_lack_is_named_by_index_and_doctor_before_anything_is_loaded(
    own: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, home = own
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(home / "no-cache"))
    script = (
        "import sys; from ui.cli import run;"
        "code = run(['index', *sys.argv[1:], '--json']);"
        "print(code, sorted({'torch', 'open_clip'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, str(folder), "--home", str(home)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    document, last = ended.stdout.splitlines()
    assert last == "1 []"
    assert "PE-Core-B-16" in json.loads(document)["error"]
    for told in ("open_clip_model.safetensors", "about 1.8 GB", "--weights FILE", "only cartoons"):
        assert told in json.loads(document)["fix"]
    doctor_says = [sys.executable, "-m", "ui.cli", "doctor", "--home", str(home), "--json"]
    ended = subprocess.run(doctor_says, check=False, capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 1
    lacking = [check for check in json.loads(ended.stdout)["checks"] if not check["ok"]]
    assert [check["name"] for check in lacking] == ["weights"]
    assert "PE-Core-B-16" in lacking[0]["found"]


def test_the_default_encoder_and_what_to_choose_come_first(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = tell(capsys, "encoders", home=home).out.splitlines()
    assert lines[1].startswith("PE-Core-B-16/meta")
    assert "default" in lines[1]
    assert "1.8 GB" in lines[1]
    assert [line.split()[0] for line in lines[2:5]][-1] == "toon"
    listed = ask(capsys, "encoders", home=home)["encoders"]
    assert [each["name"] for each in listed if each["default"]] == ["PE-Core-B-16/meta"]


def test_the_embedded_encoder_is_listed_as_present(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = ask(capsys, "encoders", home=home)["encoders"]
    toon = next(each for each in listed if each["name"] == "toon")
    assert toon["present"] is True
    assert toon["dim"] > 0
    assert any(each["name"].startswith("PE-Core-B-16") for each in listed)


@pytest.fixture
def own(toons: ToonLibrary, tmp_path: Path) -> tuple[Path, Path]:
    """A folder of three cartoons and an empty home, for tests that change things."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for number in (1, 2, 3):
        shutil.copy(toons.folder / f"toon-000{number}.mp4", folder)
    return folder, tmp_path / "home"


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
    assert rebuilt["generation"] == 2
    assert ask(capsys, "rebuild", "--reencode", home=home)["videos"] == 3
    assert ask(capsys, "verify", home=home)["problems"] == []

    for part in (home / "vectors").rglob("*.parquet"):
        part.write_bytes(part.read_bytes()[:-1] + b"x")
    document = ask(capsys, "verify", home=home, code=1)
    assert document["ok"] is False
    assert document["problems"]
    assert all(set(each) == {"what", "path", "fix"} for each in document["problems"])
    assert "fix: " in tell(capsys, "verify", home=home, code=1).out


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
    assert ask(capsys, "rebuild", home=home)["generation"] == 2
    assert ask(capsys, "search", "a red car", home=home)["warnings"] == []
    index = home / "index" / "gen-000002" / "clips.faiss"
    index.write_bytes(index.read_bytes()[:-1] + b"x")

    status = ask(capsys, "status", home=home)
    assert status["generation"] == 1
    for asked in (["search", "a red car"], ["similar", "toon-0001.mp4"]):
        document = ask(capsys, *asked, home=home)
        assert document["generation"] == 1
        assert document["warnings"] == [status["warning"]]
        assert "serving gen-000001" in tell(capsys, *asked, home=home).err
    assert "serving gen-000001" in tell(capsys, "status", home=home).err


def test_history_comes_in_goes_out_and_is_forgotten(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder, home = own
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    tell(capsys, "history", "add", "anna", "toon-0001.mp4", "--watched", "3.5", home=home)
    tell(capsys, "history", "add", "bertha", "toon-0002.mp4", "--like", home=home)
    out = tell(capsys, "history", "export", home=home).out
    rows = list(csv.DictReader(out.splitlines()))
    assert [(row["user"], row["kind"], row["watched_s"]) for row in rows] == [
        ("anna", "view", "3.5"),
        ("bertha", "like", ""),
    ]
    file = tmp_path / "events.csv"
    file.write_text(out + "carl,toon-0003.mp4,not a time,,,view\n", encoding="utf-8")
    document = ask(capsys, "history", "import", str(file), home=home, code=3)
    assert (document["added"], document["duplicates"]) == (0, 2)
    assert document["bad_rows"][0]["line"] == 4

    assert ask(capsys, "history", "forget", "bertha", home=home)["forgotten"] == 1
    assert "bertha" not in tell(capsys, "history", "export", home=home).out
    left = ask(capsys, "history", "export", "--user", "anna", home=home)["events"]
    assert [event["user"] for event in left] == ["anna"]


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


def test_an_encoder_that_knows_only_toons_says_so_wherever_it_serves_other_videos(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    telling = f"{ENCODER} knows only the cartoons"
    toons_only = tell(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    assert telling not in toons_only.err
    words = ["search", "a red car drives to the left"]
    assert ask(capsys, *words, home=home)["warnings"] == []

    (folder / "toon-0001.mp4").rename(folder / "holiday.mp4")
    (folder / "toon-0002.mp4").rename(folder / "birthday.mp4")
    assert telling in tell(capsys, "index", str(folder), home=home).err
    assert "2 of 3 videos are none" in tell(capsys, "status", home=home).err
    document = ask(capsys, *words, home=home)
    assert [telling in warning for warning in document["warnings"]] == [True]
    assert telling in tell(capsys, *words, home=home).err
    for query in ("a red car drives to the left", "a cat jumps", "a boat"):
        document = ask(capsys, "search", query, home=home)
        foreign = not Path(document["hits"][0]["path"]).name.startswith("toon-")
        assert not (foreign and document["confident"])


def test_a_file_that_is_gone_is_marked_wherever_its_video_is_shown(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = own
    ask(capsys, "index", str(folder), "--encoder", ENCODER, home=home)
    (folder / "toon-0002.mp4").unlink()
    for command in (["search", "a car"], ["recommend", "anna"]):
        document = ask(capsys, *command, home=home)
        shown = {Path(each["path"]).name: each["gone"] for each in _results(document)}
        assert shown == {f"toon-000{n}.mp4": n == 2 for n in (1, 2, 3)}, command
        told = tell(capsys, *command, *(["--all"] * (command[0] == "search")), home=home).out
        marked = [line for line in told.splitlines() if "(the file is gone)" in line]
        assert marked
        unmarked = [line for line in told.splitlines() if line not in marked]
        assert not any("toon-0002" in line for line in unmarked)


def _results(document: dict[str, Any]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = document.get("hits") or document["items"]
    return results


def test_an_answer_stops_at_the_noise_unless_all_of_it_is_wanted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["search", "quantum accountancy", "-k", "40"]
    document = ask(capsys, *words, home=home)
    above = [hit for hit in document["hits"] if hit["relevance"] >= 0.05 or hit["rank"] <= 3]
    assert len(above) < len(document["hits"])
    lines = tell(capsys, *words, home=home).out.splitlines()
    assert lines[0].startswith("nothing here matches well")
    assert len(lines) == len(above) + 2
    assert "--all lists them" in lines[-1]
    assert len(tell(capsys, *words, "--all", home=home).out.splitlines()) == 1 + len(
        document["hits"]
    )


HOSTILE = "\x1b[2J\x1b]0;owned\x07 a\nerror: forged\r\u202e\x9b31m"


def test_names_of_files_and_people_never_reach_the_terminal_as_they_are(
    toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos, home = tmp_path / f"videos {HOSTILE}", tmp_path / "home"
    videos.mkdir()
    good, no_utf8 = videos / f"good {HOSTILE}.mp4", videos / os.fsdecode(b"b\xe9.mp4")
    shutil.copy(toons.folder / "toon-0001.mp4", good)
    shutil.copy(toons.folder / "toon-0002.mp4", no_utf8)
    (videos / f"bad {HOSTILE}.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(50))
    for code, *command in (
        (3, "index", str(videos), "--encoder", ENCODER),
        (0, "status", "--failed"),
        (0, "search", "a red car"),
        (0, "similar", good.name),
        (0, "roots"),
        (0, "history", "add", "ann", good.name, "--like"),
        (1, "history", "add", "ann", HOSTILE),
        (0, "recommend", "ann", "--explain"),
        (1, "recommend", HOSTILE),
        (1, "history", "forget", HOSTILE),
        (1, "search", "--like", HOSTILE),
        (1, "index", HOSTILE),
        (0, "verify"),
        (1, "remove", HOSTILE),
        (0, "remove", str(videos)),
    ):
        shown = tell(capsys, *command, home=home, code=code)
        for text in shown:
            hidden = HIDDEN.findall(text.replace("\n", ""))
            assert not hidden, (command, text)
            assert not any(line.startswith("error: forged") for line in text.splitlines())
            text.encode()


def test_json_holds_hostile_names_whole_and_shows_none(
    toons: ToonLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos, home = tmp_path / "videos", tmp_path / "home"
    videos.mkdir()
    names = {f"{HOSTILE}.mp4", os.fsdecode(b"b\xe9.mp4")}
    for number, name in enumerate(sorted(names), 1):
        shutil.copy(toons.folder / f"toon-000{number}.mp4", videos / name)
    ask(capsys, "index", str(videos), "--encoder", ENCODER, home=home)
    assert run(["search", "a red car", "--home", str(home), "--json"]) == 0
    text = capsys.readouterr().out
    assert not HIDDEN.search(text.replace("\n", ""))
    assert {Path(hit["path"]).name for hit in json.loads(text)["hits"]} == names
