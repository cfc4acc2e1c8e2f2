"""The server runs the jobs that wait: one at a time, each in a process group of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from data.errors import ReelwiseError
from data.jobs import Job
from data.jobs.lock import StartLock
from data.jobs.records import AFTER
from data.parent import start_child
from ui.library.opened import OpenedLibrary

POLL_S = 1.0
"""How often the queue is looked at: an index of few rows."""
REFUSED_TIMES = 10.0
"""So many times longer is waited where the disk refuses to write, or is full."""
GRACE_S = 30.0
"""A job that was asked to stop has so long; then its whole process group is killed."""
CHILD = "ui.library.jobs.child"
"""The module that runs one job."""
NICENESS = 5
"""The server's requests come first."""


class JobRunner:
    """Runs waiting jobs while the server lives; a context manager, whose end lets them wait again.

    A job that runs from a terminal counts as well: two never write at once. Of several servers of
    one home one at a time starts a job. A server that was killed takes its job along; the next one
    goes on with it.

    Args:
        library: The library of the server.
        poll_s: Seconds between two looks at the queue.
        grace_s: See `GRACE_S`.
    """

    def __init__(
        self, library: OpenedLibrary, *, poll_s: float = POLL_S, grace_s: float = GRACE_S
    ) -> None:
        self._library = library
        self._poll_s = poll_s
        self._grace_s = grace_s
        self._child: tuple[int, subprocess.Popen[bytes]] | None = None
        self._held = ExitStack()
        self._asked_s: float | None = None
        self._ending = threading.Event()
        # The kernel ends the children of a thread with it: this one lives as long as the server.
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Interrupt the running job: what it has done is kept, and the next server goes on."""
        self._ending.set()
        self._thread.join(timeout=20)

    def _run(self) -> None:
        settled, pause_s = False, self._poll_s
        while not self._ending.wait(pause_s):
            try:
                if not settled:
                    self._library.jobs.settle()
                    settled = True
                self._look()
                pause_s = self._poll_s
            except (ReelwiseError, OSError):
                pause_s = self._poll_s * REFUSED_TIMES
        self._let_wait()

    def _look(self) -> None:
        jobs = self._library.jobs
        if self._child is not None:
            job_id, child = self._child
            if child.poll() is None:
                self._hurry(jobs.get(job_id), child)
                return
            self._child = self._asked_s = None
            _end_group(child)
            self._held.close()
            jobs.settle()  # where it was killed
        if self._next() is None:
            return
        with ExitStack() as held:
            try:
                held.enter_context(StartLock(self._library.home))
            except BlockingIOError:
                return  # another server starts one
            waiting = self._next()  # by now the other one may have begun
            if waiting is not None:
                self._start(waiting)
                self._held = held.pop_all()

    def _next(self) -> Job | None:
        """The job that is to be started now; None where none waits, or one runs."""
        waiting = self._library.jobs.in_states(["queued"])
        if not waiting or any(
            job.state != "stopped" for job in self._library.jobs.in_states(["running"])
        ):
            return None
        return waiting[0]

    def _start(self, job: Job) -> None:
        # The child ends when the server ends, a SIGKILL included.
        ending = [sys.executable, "-m", "data.parent", str(os.getpid())]
        work = [CHILD, str(self._library.home.root), str(job.id)]
        child = start_child(
            [*ending, *work],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        self._child = (job.id, child)
        with suppress(OSError):
            os.setpriority(os.PRIO_PGRP, child.pid, NICENESS)

    def _hurry(self, job: Job, child: subprocess.Popen[bytes]) -> None:
        """Kill what was asked to stop, and did not in time."""
        if job.wish is None:
            self._asked_s = None
            return
        if self._asked_s is None:
            self._asked_s = time.monotonic()
        if time.monotonic() - self._asked_s > self._grace_s:
            _end_group(child)
            child.wait()
            summary = f"{AFTER[job.wish]} by force; what was recorded is kept"
            self._library.jobs.end(job.id, AFTER[job.wish], summary=summary)

    def _let_wait(self) -> None:
        if self._child is None:
            return
        job_id, child = self._child
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=10)
        _end_group(child)
        child.wait()
        with suppress(ReelwiseError):
            if self._library.jobs.get(job_id).state == "stopped":
                self._library.jobs.settle()
        self._held.close()


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a job's processes, its decoders among them."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
