"""One run of a job in this process: registered in the queue, watched for what is asked of it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from data.errors import ReelwiseError
from data.jobs import ASKED_BY_COMMAND, Job, JobKind, JobProgress, Jobs, JobState, Wish
from data.jobs.lock import JobLock
from data.jobs.records import AFTER

if TYPE_CHECKING:
    from indexer.build.progress import Listener, Snapshot
    from ui.library.opened import OpenedLibrary

LOOK_EVERY_S = 1.0
"""How often the queue is told how far a run is, and asked what it should do."""


class JobRun:
    """Registers a run in the library's queue and ends it there; use as a context manager.

    Whoever pauses or stops the job through the queue makes this process get Ctrl-C's signal, which
    a run takes between two videos. A library that is not made yet is left so: the run is registered
    with its first progress.

    Args:
        library: The library.
        kind: What is done.
        arguments: With what.
        job: The queued job that this run is of; None adds one.
    """

    def __init__(
        self,
        library: OpenedLibrary,
        kind: JobKind,
        arguments: Mapping[str, Any],
        *,
        job: Job | None = None,
    ) -> None:
        self._library = library
        self._kind: JobKind = kind
        self._arguments = arguments
        self._given = job
        self._job: Job | None = None
        self._held = ExitStack()
        self._over = threading.Event()
        self._signalling = threading.Lock()
        self._watcher: threading.Thread | None = None
        self._progress, self._reported = JobProgress(), JobProgress()
        self._outcome: tuple[str, Mapping[str, Any] | None] = ("", None)
        self.wish: Wish | None = None
        """What somebody asked of this run."""
        self.indexed_bytes = 0
        """Size of the files whose pictures were read."""

    def __enter__(self) -> Self:
        """Register, where there is a library.

        Raises:
            ReelwiseError: The catalogue cannot be written to, or another process runs the job.
        """
        if self._library.is_made:
            self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say how the run ended."""
        with suppress(KeyboardInterrupt), self._signalling:
            self._over.set()
        if self._watcher is not None:
            self._watcher.join()
        with self._held:
            if self._job is not None:
                state, summary = self._ending(error)
                # Where even this cannot be written, the lock tells that nobody runs it any more.
                with suppress(ReelwiseError):
                    self._tell(self._library.jobs, self._job)
                    result = self._outcome[1] if state == "done" else None
                    self._library.jobs.end(self._job.id, state, summary=summary, result=result)

    def finished(self, summary: str, result: Mapping[str, Any] | None = None) -> None:
        """Note what came out: one line, and the document."""
        self._outcome = (summary, result)

    def listener(self, shown: Listener | None = None) -> JobListener:
        """Give what a run tells its progress to; it is passed on to `shown` as well."""
        return JobListener(self, shown)

    def note(self, progress: JobProgress) -> None:
        """Tell how far the run is; the queue learns it within a second."""
        if self._job is None:
            self._begin()
        self._progress = progress

    @property
    def progress(self) -> JobProgress:
        """What was told last."""
        return self._progress

    def _begin(self) -> None:
        jobs = self._library.jobs
        job = self._given or jobs.add(self._kind, self._arguments, asked_by=ASKED_BY_COMMAND)
        try:
            self._held.enter_context(JobLock(self._library.home, job.id))
            # What a server runs waits for what a person runs in a terminal.
            begun = jobs.begin(job.id, alone=self._given is not None)
        except BlockingIOError:
            begun = None
        if begun is None:
            self._held.close()
            raise ReelwiseError(
                f"job {job.id} does not wait any more, or another one runs",
                fix="reelwise jobs list",
            )
        self._job = begun
        self._watcher = threading.Thread(target=self._watch, name="job", daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        jobs, job = self._library.jobs, self._job
        while job is not None and not self._over.wait(LOOK_EVERY_S):
            # A full disk or a busy catalogue stops no run.
            with suppress(ReelwiseError):
                self._tell(jobs, job)
                wish = jobs.get(job.id).wish
                if wish is not None and self.wish is None:
                    self._interrupt(wish)

    def _tell(self, jobs: Jobs, job: Job) -> None:
        now = self._progress
        if now is not self._reported:
            jobs.report(job.id, now)
            self._reported = now

    def _interrupt(self, wish: Wish) -> None:
        with self._signalling:
            if not self._over.is_set():
                self.wish = wish
                os.kill(os.getpid(), signal.SIGINT)

    def _ending(self, error: BaseException | None) -> tuple[JobState, str]:
        if error is None:
            return "done", self._outcome[0]
        if isinstance(error, KeyboardInterrupt):
            if self.wish is not None:
                return AFTER[self.wish], f"{AFTER[self.wish]}; what was done is kept"
            # A server that ends lets its job wait for the next one.
            is_command = self._given is None
            return ("stopped" if is_command else "queued"), "stopped by Ctrl-C"
        if isinstance(error, ReelwiseError):
            return "failed", f"{error.problem}; {error.fix}"
        return "failed", f"a fault in reelwise: {type(error).__name__}: {error}"


class JobListener:
    """Tells a job's run what a run of the indexer tells; asks nobody but `shown`."""

    def __init__(self, run: JobRun, shown: Listener | None) -> None:
        self._run = run
        self._shown = shown

    def update(self, now: Snapshot) -> None:
        """Take the numbers."""
        if now.phase == "indexing":
            self._run.indexed_bytes = now.bytes_done
        self._run.note(
            JobProgress(
                phase=now.phase,
                done=now.files_done,
                total=now.files_total,
                failed=now.failed,
                current=now.current,
                times_real_time=now.times_real_time or None,
                seconds_left=now.eta_s,
                message=self._run.progress.message,
            )
        )
        if self._shown is not None:
            self._shown.update(now)

    def note(self, message: str) -> None:
        """Take a line that stays."""
        self._run.note(replace(self._run.progress, message=message))
        if self._shown is not None:
            self._shown.note(message)

    def may_drop(self, folder: Path, n_files: int) -> bool:
        """Ask who watches the run; where nobody does, nothing drops out."""
        from indexer.build.progress import Asking

        return isinstance(self._shown, Asking) and self._shown.may_drop(folder, n_files)
