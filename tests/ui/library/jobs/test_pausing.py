"""A job that is at work is paused, goes on and is stopped, as page and API ask it to."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from starlette.testclient import TestClient

from data.video.children.pool import DecodePool
from indexer.build import embed, run
from indexer.build.recording import record
from tests.fakes import ColourEncoder
from tests.indexer.made import paint
from tests.ui.conftest import PATIENCE_S
from tests.ui.library.jobs.gated_child import BEGUN, OPENED
from ui.api.application import build_api
from ui.api.served import Served
from ui.library.jobs import run as job_run
from ui.library.jobs.child import run_queued
from ui.library.library import Library
from ui.server.job_runner import JobRunner

NAMES = [f"{letter}.mp4" for letter in "abcdefgh"]
"""The films from the longest to the shortest, as they are read."""
WORDS_OFF = {"speech": "off", "screen_text": "off", "sentences": "off"}


@dataclass
class Desk:
    """A library whose films are read when the test says so, and the API that is asked."""

    library: Library
    api: TestClient
    films: Path

    @property
    def begun(self) -> list[str]:
        """Names of the files that were begun, in order; one as often as it was."""
        log = self.films.parent / BEGUN
        return log.read_text().split() if log.exists() else []

    @property
    def stored(self) -> set[str]:
        """Names of the films whose vectors are stored."""
        catalogue = self.library.catalogue
        videos = catalogue.videos(catalogue.encoder) if catalogue.encoder else []
        return {video.path.name for video in videos}

    def open_until(self, last: str) -> None:
        """Let films be read, up to this one."""
        for name in NAMES[: NAMES.index(last) + 1]:
            (self.films.parent / OPENED / name).touch()

    def ask(self, what: str, job_id: int) -> Any:
        """Ask as the page does, and give the answer."""
        answer = self.api.post(f"/jobs/{job_id}/{what}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def run(self, job_id: int, *, until: str, ask: str) -> list[str]:
        """Run the job; when it has begun a film, ask it to pause or to stop.

        Returns:
            The films that this run began.
        """
        before, others = len(self.begun), psutil.Process().children()

        def asking() -> None:
            wait_for(lambda: until in self.begun[before:])
            assert self.ask(ask, job_id)["state"] == "stopping"

        asker = threading.Thread(target=asking)
        asker.start()
        # This thread is the one that a job's process has: Ctrl-C's signal comes to it.
        assert run_queued(self.library.home.root, job_id) == 1
        asker.join()
        assert set(psutil.Process().children()) <= set(others)  # nobody reads any more
        return self.begun[before:]


def wait_for(happened: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end_s
        time.sleep(0.005)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One decoder, one encoding thread, and each film is stored when the one after next is read."""
    child = partial(DecodePool, child="tests.ui.library.jobs.gated_child")
    monkeypatch.setattr(run, "DecodePool", child)
    monkeypatch.setattr(run, "cores", lambda: 1)
    monkeypatch.setattr(embed, "MOST_THREADS", 1)
    monkeypatch.setattr(embed, "BATCH_FRAMES", 1)
    monkeypatch.setattr(embed, "CLOSE_FRAMES", 1)
    monkeypatch.setattr(record, "FLUSH_VIDEOS", 1)
    monkeypatch.setattr(job_run, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(Library, "_choose_encoder", lambda _self, _name: ColourEncoder())


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Ctrl-C as the process of a job has it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def desk(tmp_path: Path, one_by_one: None, interrupts: None) -> Iterator[Desk]:
    films = tmp_path / "films"
    (tmp_path / OPENED).mkdir()
    for place, name in enumerate(NAMES):
        paint(films / name, ("red", 12.0 - place), noise=40)
    with Library(tmp_path / "home") as library:
        library.make()
        yield Desk(library, TestClient(build_api(Served(library))), films)


def test_a_running_job_is_paused_goes_on_and_is_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = desk.library
    arguments = {"paths": [str(desk.films)], "words": WORDS_OFF}
    job = library.jobs.add("index", arguments, asked_by="anna")

    desk.open_until("c.mp4")
    assert desk.run(job.id, until="d.mp4", ask="pause") == NAMES[:4]
    paused = library.jobs.get(job.id)
    assert (paused.state, paused.summary) == ("paused", "paused; what was done is kept")
    first = desk.stored
    assert {"a.mp4"} <= first < set(NAMES[:4])

    # A server that starts leaves it alone, and so does the one that was there.
    started: list[int] = []
    monkeypatch.setattr(JobRunner, "_start", lambda _self, job: started.append(job.id))
    desk.open_until("h.mp4")
    library.jobs.settle()
    JobRunner(library)._look()
    assert started == []
    assert desk.api.get(f"/jobs/{job.id}").json()["state"] == "paused"
    assert desk.begun == NAMES[:4]

    for name in ("g.mp4", "h.mp4"):
        (desk.films.parent / OPENED / name).unlink()
    assert desk.ask("resume", job.id)["state"] == "queued"
    JobRunner(library)._look()
    assert started == [job.id]
    assert desk.run(job.id, until="g.mp4", ask="stop") == [
        name for name in NAMES[:7] if name not in first
    ]
    stopped = library.jobs.get(job.id)
    assert (stopped.state, stopped.summary) == ("stopped", "stopped; what was done is kept")
    second = desk.stored
    assert first < second < set(NAMES[:7])
    assert stopped.progress.done <= len(second)

    desk.open_until("h.mp4")
    assert desk.ask("resume", job.id)["state"] == "queued"
    before = len(desk.begun)
    assert run_queued(library.home.root, job.id) == 0
    assert desk.begun[before:] == [name for name in NAMES if name not in second]
    assert library.jobs.get(job.id).summary == f"8 found, {8 - len(second)} added"
    assert desk.stored == set(NAMES)
