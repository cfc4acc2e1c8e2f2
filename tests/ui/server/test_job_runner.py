"""The server runs what waits in the queue, and what becomes of it when either is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from data.jobs import Job
from tests.ui.conftest import PATIENCE_S, ROOT
from ui.library.library import Library
from ui.server import job_runner
from ui.server.job_runner import JobRunner

pytestmark = pytest.mark.long(13)

SERVER = """
import sys, threading
from ui.server import job_runner
job_runner.CHILD = sys.argv[2]
from ui.library.library import Library
from ui.server.job_runner import JobRunner
with Library(sys.argv[1]) as library, JobRunner(library, poll_s=0.05):
    threading.Event().wait()
"""


PATIENT = "tests.ui.server.patient_child"


def another_server(library: Library, child: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SERVER, str(library.home.root), child]
    return subprocess.Popen(command, cwd=ROOT)


def wait_for(library: Library, job_id: int, wanted: Callable[[Job], bool]) -> Job:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        job = library.jobs.get(job_id)
        if wanted(job):
            return job
        time.sleep(0.02)
    raise AssertionError(f"{job}")


def test_a_job_of_a_killed_server_is_gone_on_with_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runner, "CHILD", PATIENT)
    with Library(tmp_path / "home") as library:
        library.make()
        job = library.jobs.add("train", {}, asked_by="anna")
        server = another_server(library, PATIENT)
        wait_for(library, job.id, lambda now: now.state == "running")
        (child,) = psutil.Process(server.pid).children()
        server.send_signal(signal.SIGKILL)
        server.wait()
        child.wait(PATIENCE_S)
        assert library.jobs.get(job.id).state == "stopped"
        (library.home.root / "go on").touch()
        with JobRunner(library, poll_s=0.05):
            done = wait_for(library, job.id, lambda now: now.state == "done")
    assert done.summary == "went on"


def test_of_two_servers_one_starts_a_job_and_the_other_one_where_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = "tests.ui.server.idle_child"  # it takes its time to begin
    monkeypatch.setattr(job_runner, "CHILD", idle)
    with Library(tmp_path / "home") as library:
        library.make()
        first, second = library.jobs.add("train", {}), library.jobs.add("rebuild", {})
        server = another_server(library, idle)
        process, runner = psutil.Process(server.pid), JobRunner(library)
        end_s = time.monotonic() + PATIENCE_S
        while not process.children() and time.monotonic() < end_s:
            time.sleep(0.02)
        (child,) = process.children()
        runner._look()
        assert runner._child is None
        assert [library.jobs.get(each.id).state for each in (first, second)] == ["queued"] * 2
        server.send_signal(signal.SIGKILL)
        server.wait()
        child.wait(PATIENCE_S)
        runner._look()
        assert runner._child is not None
        assert runner._child[0] == first.id
        begun = runner._child[1]
        begun.kill()
        begun.wait()
        runner._look()  # what is gone is over, and the next one may start
        assert runner._child[1] is not begun
        third = JobRunner(library)
        third._look()
        assert third._child is None
        runner._let_wait()
        third._look()
        assert third._child is not None
        third._let_wait()


def test_a_job_is_paused_in_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_runner, "CHILD", PATIENT)
    with Library(tmp_path / "home") as library:
        library.make()
        job = library.jobs.add("train", {})
        with JobRunner(library, poll_s=0.02):
            wait_for(library, job.id, lambda now: now.state == "running")
            library.jobs.ask(job.id, "pause")
            paused = wait_for(library, job.id, lambda now: now.state == "paused")
            assert paused.summary == "paused; what was done is kept"


def test_a_server_that_ends_lets_its_job_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runner, "CHILD", PATIENT)
    with Library(tmp_path / "home") as library:
        library.make()
        job = library.jobs.add("train", {})
        with JobRunner(library, poll_s=0.02):
            wait_for(library, job.id, lambda now: now.state == "running")
        assert library.jobs.get(job.id).state == "queued"


def test_a_job_that_does_not_stop_is_killed_with_all_its_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runner, "CHILD", "tests.ui.server.stubborn_child")
    with Library(tmp_path / "home") as library:
        library.make()
        job, waiting = library.jobs.add("train", {}), library.jobs.add("train", {})
        with JobRunner(library, poll_s=0.02, grace_s=0.1):
            noted = library.home.root / "grandchild"
            wait_for(library, job.id, lambda _: noted.exists() and bool(noted.read_text()))
            assert library.jobs.get(waiting.id).state == "queued"  # one at a time
            library.jobs.ask(waiting.id, "stop")
            grandchild = psutil.Process(int(noted.read_text()))
            library.jobs.ask(job.id, "stop")
            # Between its kill and the record of that it is one whose process is gone.
            by_force = "stopped by force; what was recorded is kept"
            wait_for(library, job.id, lambda now: now.summary == by_force)
            assert library.jobs.get(job.id).state == "stopped"
            grandchild.wait(PATIENCE_S)


def test_a_job_that_fails_says_why_and_the_next_one_runs(tmp_path: Path) -> None:
    with Library(tmp_path / "home") as library:
        library.make()
        missing = library.jobs.add("index", {"paths": [str(tmp_path / "gone")]})
        with JobRunner(library, poll_s=0.02):
            failed = wait_for(library, missing.id, lambda now: now.state == "failed")
        assert "there is no file or folder" in failed.summary


def test_what_runs_in_a_terminal_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = threading.Event()
    monkeypatch.setattr(JobRunner, "_start", lambda _self, _job: started.set())
    with Library(tmp_path / "home") as library:
        library.make()
        from ui.library.jobs.run import JobRun

        runner = JobRunner(library)
        with JobRun(library, "index", {}):
            library.jobs.add("rebuild", {})
            runner._look()
            assert not started.is_set()
        runner._look()
        assert started.is_set()
