"""The process that trains in the background ends with its server, however that ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.ui.conftest import PATIENCE_S, ROOT
from ui.library.library import Library
from ui.server.refits import Refits

pytestmark = pytest.mark.long(48)

SERVER = """
import subprocess, sys, threading, time
from ui.server.refits import Refits
from ui.library.library import Library
with Library(sys.argv[1]) as library, Refits(library, 1000.0) as refits:
    threading.Thread(target=lambda: print(refits._in_child(), flush=True), daemon=True).start()
    while not refits.document()["running"]:
        time.sleep(0.01)
    print(refits._child.pid, flush=True)
    threading.Event().wait()
"""


def test_a_killed_server_takes_its_training_with_it(home: Path) -> None:
    command = [sys.executable, "-c", SERVER, str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        child = psutil.Process(int(server.stdout.readline()))
        _wait_until_begun(child)
        server.send_signal(signal.SIGKILL)
        child.wait(PATIENCE_S)


def _wait_until_begun(child: psutil.Process) -> None:
    """It asks for the signal before it loads anything."""
    while "numpy" not in Path(f"/proc/{child.pid}/maps").read_text():
        assert child.status() != psutil.STATUS_ZOMBIE, "it ended before it began"
        time.sleep(0.05)


def test_training_goes_on_after_any_fault(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tried = threading.Semaphore(0)

    def fail(_: Refits) -> bool:
        tried.release()
        raise ZeroDivisionError("once more")

    monkeypatch.setattr("ui.server.refits.CHECK_EVERY_S", 0.01)
    monkeypatch.setattr(Refits, "_wanted", fail)
    with Library(home) as library, Refits(library, 0.0):
        for _ in range(3):
            assert tried.acquire(timeout=PATIENCE_S)
    assert "background training: ZeroDivisionError: once more" in capfd.readouterr().err


def test_a_server_that_ends_ends_its_training(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.server.refits.CHECK_EVERY_S", 0.01)
    monkeypatch.setattr(Refits, "_wanted", lambda _: True)
    with Library(home) as library, Refits(library, 0.0) as refits:
        while (child := refits._child) is None:
            time.sleep(0.01)
        _wait_until_begun(psutil.Process(child.pid))
    assert child.wait(PATIENCE_S) == -signal.SIGTERM
    assert refits.document() == {"every_hours": 0.0, "running": False, "last": None}


def test_a_module_is_run_with_its_arguments_and_exit_code() -> None:
    module = ["ui.cli", "status", "--home", "/nonexistent/home", "--json"]
    command = [sys.executable, "-m", "data.parent", str(os.getpid()), *module]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]


def test_a_child_whose_parent_is_gone_already_does_nothing() -> None:
    command = [sys.executable, "-m", "data.parent", "1", "ui.cli", "--version"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")
