"""The commands over a real small library: answers, shapes of JSON, exit codes."""

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.home import Home
from data.printable import HIDDEN
from data.toons.library import ToonLibrary
from embeddings.opening.choice import files_of
from embeddings.opening.deferred import open_encoder
from embeddings.opening.identity import keep_identity, recall_identity
from tests.ui.commands.conftest import queries
from tests.ui.conftest import ENCODER, ROOT, ask, tell
from ui.cli import run
from ui.commands.maintain import doctor

pytestmark = pytest.mark.long(32)


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
        ["compress", "toon", "--how", "prune", "--blocks", "1", "--out", "nothere"],
        ["compress", "toon", "--how=prune", "--tower=text", "--blocks=3", "--out", "nothere"],
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


def test_clips_are_cut_anew_without_a_model(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "home"
    shutil.copytree(home, own)
    before = ask(capsys, "status", home=own)
    assert (before["clip_rule"], before["other_clips"]) == ("shots 10 0.5", 0)
    refused = ["rebuild", "--clips", "whole-shots", "--clip-length", "5", "--home", str(own)]
    rebuild = ["rebuild", "--clips", "windows", "--clip-length", "2", "--home", str(own)]
    script = (
        "import json, sys; from ui.cli import run;"
        "codes = [run(line) for line in json.loads(sys.argv[1])];"
        "print(codes, sorted({'torch', 'open_clip'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, json.dumps([refused, rebuild])]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    assert "whole shots have no length" in ended.stderr
    assert ended.stdout.splitlines()[-1] == "[1, 0] []"
    after = ask(capsys, "status", home=own)
    assert (after["clip_rule"], after["other_clips"]) == ("windows 2 0.5", 0)
    assert after["clips"] > 2 * before["clips"]
    told = tell(capsys, "status", home=own).out
    assert "clips       cut by time, at most 2 s, overlapping by 50%" in told


def test_evaluation_is_a_flat_object_of_numbers(
    home: Path, toons: ToonLibrary, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, "evaluate", "search", "--queries", str(toons.queries_file), home=home)
    wanted = {"recall_at_1", "recall_at_5", "recall_at_10", "mrr", "median_rank", "miou"}
    assert wanted | {"protocol", "n", "seconds"} <= set(document)
    assert all(isinstance(value, int | float | str) for value in document.values())
    assert document["n"] == len(queries(toons))
    assert document["recall_at_1"] > 0.8


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


def test_doctor_says_why_a_question_with_a_picture_loads_the_whole_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    monkeypatch.setattr("embeddings.opening.choice.default_encoder", lambda *_: ENCODER)
    files = files_of(ENCODER, None)
    open_encoder(home, ENCODER)
    known = recall_identity(home, files)
    assert known is not None
    for why, told in (("", f"{ENCODER} is here"), ("it has no eyes", "model: it has no eyes")):
        keep_identity(home, files, replace(known, needs_model=why))
        assert doctor._weights(home).endswith(told)


def test_what_index_would_lack_is_named_by_index_and_doctor_before_anything_is_loaded(
    own: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
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
    command += ["--encoder", "PE-Core-B-16"]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    document, last = ended.stdout.splitlines()
    assert last == "1 []"
    assert "PE-Core-B-16" in json.loads(document)["error"]
    for told in ("open_clip_model.safetensors", "about 1.8 GB", "--weights FILE", "only cartoons"):
        assert told in json.loads(document)["fix"]
    monkeypatch.setattr("embeddings.opening.choice.hub_answers", lambda: False)
    monkeypatch.setattr("embeddings.opening.choice.find_cached_weights", lambda *named: None)
    # Exit code 0: without a named encoder there is still one.
    checks = ask(capsys, "doctor", home=home)["checks"]
    assert {check["name"]: check["found"] for check in checks}["weights"] == "starter is here"


@pytest.mark.parametrize(("network", "first"), [(True, "PE-Core-B-16/meta"), (False, "starter")])
def test_the_default_encoder_and_what_to_choose_come_first(
    network: bool,
    first: str,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embeddings.opening.choice.hub_answers", lambda: network)
    monkeypatch.setattr("embeddings.opening.choice.find_cached_weights", lambda *named: None)
    lines = tell(capsys, "encoders", home=home).out.splitlines()
    assert lines[1].startswith(first)
    assert any("1.8 GB" in line for line in lines[1:6])
    assert [line.split()[0] for line in lines[2:6]][-1] == "toon"
    listed = ask(capsys, "encoders", home=home)["encoders"]
    assert [each["name"] for each in listed if each["default"]] == [first]


def test_the_embedded_encoder_is_listed_as_present(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = ask(capsys, "encoders", home=home)["encoders"]
    toon = next(each for each in listed if each["name"] == "toon")
    assert toon["present"] is True
    assert toon["dim"] > 0
    assert any(each["name"].startswith("PE-Core-B-16") for each in listed)


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
