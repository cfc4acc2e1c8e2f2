"""A running server answers the command line, and only whoever can read its home."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from data.home import Home
from data.toons.library import ToonLibrary
from tests.ui.conftest import PATIENCE_S, ROOT, Server, ask, serving
from ui.cli import run
from ui.commands.everyday import search as command
from ui.library.asking import running
from ui.library.asking.running import FILE, ROUTE, SECRET_HEADER, ask_running
from ui.library.library import Library
from ui.server.questions import MAX_BYTES

pytestmark = pytest.mark.long(9)

FIRST = """
import signal, sys, time
from pathlib import Path
from data.home import Home
from ui.library.asking.running import announced
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
with announced(Home(Path(sys.argv[1])), "127.0.0.1", 1):
    print("announced", flush=True)
    time.sleep(1000)
"""
WORDS = ["search", "a red car drives to the left"]


def secret(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / FILE).read_bytes())
    return found


def without_time(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "took_ms"}


@pytest.mark.parametrize(
    "question",
    [
        WORDS,
        [*WORDS, "--not", "a boat", "-k", "3"],
        [*WORDS, "--then", "a boat", "--then", "a bird", "--within", "60"],
        [*WORDS, "--no-merge", "--min-relevance", "0.2"],
        [*WORDS, "--max-duration", "9", "--under", "FOLDER"],
        [*WORDS, "--after", "2020", "--codec", "H.264", "--min-resolution", "180"],
        [*WORDS, "--before", "2020-02"],
        ["search", "--like", "FOLDER/toon-0002.mp4"],
        ["search", "--like", "FOLDER/toon-0002.mp4@0.5-2", "-k", "2"],
        ["similar", "toon-0003.mp4@0:00-0:02"],
        ["similar", "FOLDER/toon-0003.mp4", "-k", "4"],
    ],
)
def test_the_server_gives_the_document_that_the_command_would_give(
    question: list[str],
    home: Path,
    toons: ToonLibrary,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = [word.replace("FOLDER", str(toons.folder)) for word in question]
    with monkeypatch.context() as alone:
        alone.setattr(command, "ask_running", lambda *_: None)
        wanted = ask(capsys, *words, home=home)
    with monkeypatch.context() as asked:
        asked.setattr(Library, "find", None)
        asked.setattr(Library, "similar", None)
        document = ask(capsys, *words, home=home)
    assert without_time(document) == without_time(wanted)
    assert document["took_ms"] > 0


def test_an_error_of_the_server_is_the_error_of_the_command(
    home: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    document = ask(capsys, *WORDS, "--under", "/nowhere", home=home, code=1)
    assert document["error"] == "no indexed video lies below /nowhere"


def test_only_who_can_read_the_home_may_ask(home: Path, server: Server) -> None:
    assert (home / FILE).stat().st_mode & 0o777 == 0o600
    right = secret(home)["secret"]
    for header in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: right[:-1]}, {SECRET_HEADER: "x" * 43}):
        status, _, body = server.ask(ROUTE, method="POST", headers=header)
        assert status == 404
        assert json.loads(body)["code"] == "no_route"
    assert server.ask(ROUTE, headers={SECRET_HEADER: right})[0] in (404, 405)
    assert server.ask(ROUTE, method="POST", headers={SECRET_HEADER: right})[0] == 400


@pytest.mark.parametrize("question", [{}, {"text": "x"}, {"similar": "x", "span": 5, "k": 1}])
def test_what_is_no_question_is_left_to_the_command(
    question: dict[str, Any], home: Path, server: Server
) -> None:
    assert ask_running(Home(home), question) is None


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "another"},
        {"version": "0.0.0"},
        {"port": 1},
        {"host": "127.0.0.2", "port": 9},
        {"more": 1},
        None,
    ],
)
def test_a_server_that_is_gone_or_another_one_changes_no_answer(
    change: dict[str, Any] | None,
    home: Path,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = tmp_path / "home"
    shutil.copytree(home, copy)
    content = json.dumps(secret(home) | change) if change else "{"
    (copy / FILE).write_text(content)
    wanted = ask(capsys, *WORDS, home=home)
    assert without_time(ask(capsys, *WORDS, home=copy)) == without_time(wanted)


def test_a_server_of_another_version_is_not_asked(
    home: Path, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(running, "CONNECT_S", PATIENCE_S)
    monkeypatch.setattr(running, "ALIVE_S", PATIENCE_S)
    question = {"similar": "1", "span": None, "k": 1}
    for version, is_asked in ((running.reelwise_version(), True), ("0.0.0", False)):
        (tmp_path / FILE).write_text(json.dumps(secret(home) | {"version": version}))
        assert (ask_running(Home(tmp_path), question) is not None) == is_asked


def test_a_question_of_any_length_is_not_held(home: Path, server: Server) -> None:
    right = {SECRET_HEADER: secret(home)["secret"]}
    for n, status in ((MAX_BYTES, 400), (MAX_BYTES + 1, 413)):
        assert server.ask(ROUTE, method="POST", headers=right, body=b" " * n)[0] == status


def test_a_server_that_never_answers_is_not_waited_for(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import socket

    monkeypatch.setattr(running, "ALIVE_S", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with running.announced(Home(tmp_path), "127.0.0.1", port):
            assert ask_running(Home(tmp_path), {"text": "x"}) is None
    assert not (tmp_path / FILE).exists()


def port_told(home: Path) -> int:
    return int(secret(home)["port"])


def test_a_second_server_leaves_the_announcement_of_a_living_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with running.announced(home, "127.0.0.1", 1):
        with running.announced(home, "127.0.0.1", 2), running.announced(home, "127.0.0.1", 3):
            assert port_told(tmp_path) == 1
        assert port_told(tmp_path) == 1
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_server_that_goes_on_is_announced_when_the_other_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: signal.Signals
) -> None:
    monkeypatch.setattr(running, "TAKE_OVER_S", 0.01)
    command = [sys.executable, "-c", FIRST, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"announced\n"
        with running.announced(Home(tmp_path), "127.0.0.1", 2):
            assert port_told(tmp_path) == 1
            first.send_signal(end)
            until = time.monotonic() + PATIENCE_S
            while not (tmp_path / FILE).exists() or port_told(tmp_path) == 1:
                assert time.monotonic() < until
                time.sleep(0.01)
            assert port_told(tmp_path) == 2
    assert not (tmp_path / FILE).exists()


def test_an_announcement_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    assert ask_running(Home(tmp_path), {"text": "x"}) is None


def test_a_server_that_ends_takes_its_announcement_with_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "home"
    shutil.copytree(home, copy)
    (copy / FILE).unlink(missing_ok=True)
    with serving(copy, "--refit-every", "off"):
        assert secret(copy)["secret"] != ""
    assert not (copy / FILE).exists()
    assert run([*WORDS, "--home", str(copy)]) == 0
