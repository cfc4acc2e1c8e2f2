from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import ReelwiseError
from data.jobs import JobProgress, Wish
from indexer.build.progress import Snapshot
from tests.ui.conftest import PATIENCE_S
from ui.library.jobs import run as module
from ui.library.jobs.run import JobRun
from ui.library.library import Library


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    with Library(tmp_path / "home") as opened:
        opened.make()
        yield opened


def ended(library: Library) -> tuple[str, str]:
    (job,) = library.jobs.all()
    return job.state, job.summary


def test_a_run_is_in_the_queue_while_it_lasts_and_says_how_it_ended(library: Library) -> None:
    with JobRun(library, "index", {"paths": ["/l"]}) as run:
        (job,) = library.jobs.all()
        assert (job.state, job.asked_by) == ("running", "command line")
        run.finished("2 found", {"found": 2})
    (job,) = library.jobs.all()
    assert (job.state, job.summary, job.result) == ("done", "2 found", {"found": 2})


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (ReelwiseError("no such folder", fix="name another"), "failed", "no such folder; name"),
        (ZeroDivisionError("once more"), "failed", "a fault in reelwise: ZeroDivisionError"),
        (KeyboardInterrupt(), "stopped", "stopped by Ctrl-C"),
    ],
)
def test_whatever_ends_a_run_is_said(
    library: Library, error: BaseException, state: str, told: str
) -> None:
    with pytest.raises(type(error)), JobRun(library, "rebuild", {}):
        raise error
    assert ended(library)[0] == state
    assert ended(library)[1].startswith(told)


def test_progress_is_seen_by_others(library: Library) -> None:
    with JobRun(library, "index", {}) as run:
        listener = run.listener()
        listener.note("a.mp4: failed: it is empty")
        listener.update(Snapshot("indexing", 3, 10, current="kite.mp4", elapsed_s=2, video_s=8))
        for _ in range(int(PATIENCE_S * 100)):
            (job,) = library.jobs.all()
            if job.progress.done:
                break
            threading.Event().wait(0.01)
    assert job.progress == JobProgress(
        "indexing", 3, 10, 0, "kite.mp4", 4.0, None, "a.mp4: failed: it is empty"
    )


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Ctrl-C as Python has it, whatever a test before has left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize(("wish", "after"), [("pause", "paused"), ("stop", "stopped")])
def test_what_is_asked_through_the_catalogue_reaches_the_run(
    library: Library, wish: Wish, after: str
) -> None:
    run = JobRun(library, "index", {})
    with pytest.raises(KeyboardInterrupt), run:
        _ask_and_wait(library.home.root, wish)
    assert (run.wish, ended(library)) == (wish, (after, f"{after}; what was done is kept"))


def _ask_and_wait(home: Path, wish: Wish) -> None:
    with Library(home) as another:
        (job,) = another.jobs.all()
        assert another.jobs.ask(job.id, wish).state == "stopping"
        threading.Event().wait(PATIENCE_S)


def test_a_job_that_waits_is_run_once(library: Library) -> None:
    job = library.jobs.add("train", {}, asked_by="anna")
    second = JobRun(library, "train", {}, job=job)
    with (
        JobRun(library, "train", {}, job=job),
        pytest.raises(ReelwiseError, match="does not wait any more"),
    ):
        second.__enter__()
    assert ended(library) == ("done", "")
    with pytest.raises(ReelwiseError, match="does not wait"), JobRun(library, "train", {}, job=job):
        pass
    assert ended(library) == ("done", "")


def test_a_job_of_a_server_waits_on_where_a_command_was_quicker(library: Library) -> None:
    job = library.jobs.add("train", {}, asked_by="anna")
    with JobRun(library, "index", {}):
        with (
            pytest.raises(ReelwiseError, match="does not wait any more"),
            JobRun(library, "train", {}, job=job),
        ):
            pass
        assert library.jobs.get(job.id).state == "queued"
    with JobRun(library, "train", {}, job=job):
        assert library.jobs.get(job.id).state == "running"


def test_a_job_of_a_server_that_ends_waits_for_the_next(library: Library) -> None:
    job = library.jobs.add("train", {})
    with pytest.raises(KeyboardInterrupt), JobRun(library, "train", {}, job=job):
        raise KeyboardInterrupt
    assert ended(library)[0] == "queued"


def test_no_home_is_made_before_a_run_gets_somewhere(tmp_path: Path) -> None:
    with Library(tmp_path / "none") as library:
        with JobRun(library, "index", {}):
            pass
        assert not library.home.root.exists()
        with JobRun(library, "index", {}) as run:
            library.make()
            run.listener().update(Snapshot("scanning"))
        assert ended(library)[0] == "done"
