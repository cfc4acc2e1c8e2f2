"""The one thread that uses a GPU, and the questions that wait for it.

Questions that wait while it is busy are asked together, up to `BATCH`; a lone one never waits for
company. Questions among allowed rows only are asked one by one, as each has a mask of its own.
Nobody waits without end: a device that does not answer in time is lost, and so is one that fails in
any way but a refusal, as for lack of memory. Those who wait are told at once.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as NoAnswerInTime
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.device import (
    Copy,
    Device,
    DeviceLost,
    DeviceRefused,
    DeviceTrouble,
    first_line,
)

BATCH = 256
"""Queries that are asked at once."""

ANSWER_S = 10.0
"""A question that took longer than this is answered by the CPU, and the device is lost."""

OPEN_S = 60.0
"""The same of opening a device: CUDA and its libraries are read from the disk."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Ask:
    """A question."""

    copy: Copy
    queries: Floats
    k: int
    allowed: Mask | None
    answer: "Future[Ids]" = field(default_factory=lambda: Future())


@dataclass(frozen=True, eq=False)
class _Work:
    """Anything else that is to be done on the device."""

    do: Callable[[Device], object]
    answer: "Future[object]" = field(default_factory=lambda: Future())


_Job = _Ask | _Work | None
"""None ends the thread."""


class Owner:
    """Owns a device; any thread may ask it.

    Args:
        open_device: Opens the device; called by the thread that owns it.
        answer_s: How long a question may take.
    """

    def __init__(self, open_device: Callable[[], Device], *, answer_s: float = ANSWER_S) -> None:
        self._open_device = open_device
        self._answer_s = answer_s
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._lost: DeviceLost | None = None
        self._working = 0
        self.name = "a GPU"
        """What a person calls the device."""
        self._thread = threading.Thread(target=self._run, name="gpu", daemon=True)
        self._thread.start()

    @property
    def is_lost(self) -> bool:
        """Whether nothing more is asked of it."""
        return self._lost is not None

    @property
    def n_waiting(self) -> int:
        """Jobs that wait, about."""
        return self._jobs.qsize()

    def do(self, work: Callable[[Device], T], *, within_s: float = OPEN_S) -> T:
        """Do something on the device; until it is done no question is taken.

        Raises:
            DeviceTrouble: It has no memory for that, or is lost.
        """
        done: list[T] = []
        job = _Work(lambda device: done.append(work(device)))
        self._put(job)
        self._result(job.answer, within_s)
        return done[0]

    def discard(self, copy: Copy) -> None:
        """Give the memory of a copy back, some time soon."""
        with suppress(DeviceLost):  # then its memory is gone as well
            self._put(_Work(lambda _: copy.free()))

    def ask(
        self, copy: Copy, queries: Floats, k: int, allowed: Mask | None
    ) -> "Future[Ids] | None":
        """Ask for the rows nearest to some queries, see `Copy.rows`; `rows_of` gives them.

        None where the device is busy with copying: the CPU is faster.

        Raises:
            DeviceLost: It is lost.
        """
        job = _Ask(copy, queries, k, allowed)
        return job.answer if self._put(job) else None

    def rows_of(self, answer: "Future[Ids]") -> Ids:
        """Wait for an answer.

        Raises:
            DeviceTrouble: There is none.
        """
        return self._result(answer, self._answer_s)

    def close(self) -> None:
        """End the thread; its device is not used any more."""
        self._lose(DeviceLost(f"{self.name} is closed"))
        self._jobs.put(None)
        self._thread.join(timeout=self._answer_s)

    def _put(self, job: _Ask | _Work) -> bool:
        """Let a job wait; False for a question that would wait for the making of a copy."""
        with self._lock:
            if self._lost is not None:
                raise self._lost
            if isinstance(job, _Work):
                self._working += 1
            elif self._working:
                return False
            self._jobs.put(job)
            return True

    def _result(self, answer: "Future[T]", within_s: float) -> T:
        try:
            return answer.result(timeout=within_s)
        except NoAnswerInTime as error:
            lost = DeviceLost(f"{self.name} did not answer in {within_s:g} s")
            self._lose(lost)
            raise lost from error

    def _lose(self, lost: DeviceLost) -> None:
        """Ask nothing more of the device, and tell those who wait."""
        with self._lock:
            self._lost = self._lost or lost
        with suppress(queue.Empty):
            while True:
                _fail(self._jobs.get_nowait(), lost)
        self._jobs.put(None)  # a thread that waits for work ends

    def _run(self) -> None:
        waiting: deque[_Job] = deque()
        current: list[_Job] = []
        try:
            device = self._open_device()
            self.name = device.name
            while not self.is_lost:
                waiting = waiting or self._next_jobs()
                current = [waiting.popleft()]
                if isinstance(current[0], _Ask):
                    batch = _batch(current[0], waiting)
                    current = [*batch]
                    _answer(batch)
                elif isinstance(current[0], _Work):
                    self._do(current[0], device)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the CPU answers
            self._lose(DeviceLost(f"{self.name} failed: {first_line(error)}"))
        for job in (*current, *waiting):
            _fail(job, self._lost)

    def _do(self, job: _Work, device: Device) -> None:
        """Do something on the device; who waited for it may ask a question at once."""
        done, refused = None, None
        try:
            done = job.do(device)
        except DeviceRefused as error:
            refused = error
        with self._lock:
            self._working -= 1
        if refused is not None:
            _fail(job, refused)
            return
        with suppress(InvalidStateError):
            job.answer.set_result(done)

    def _next_jobs(self) -> "deque[_Job]":
        """Wait for a job; gives all that wait by then."""
        jobs = deque([self._jobs.get()])
        with suppress(queue.Empty):
            while True:
                jobs.append(self._jobs.get_nowait())
        return jobs


def _batch(first: _Ask, waiting: "deque[_Job]") -> list[_Ask]:
    """Take the questions out of those that wait that can be asked together with one."""
    batch = [first]
    if first.allowed is not None:
        return batch
    n = len(first.queries)
    for job in list(waiting):
        if not isinstance(job, _Ask):
            break  # what was to be done meanwhile comes first
        if job.copy is first.copy and job.allowed is None and n + len(job.queries) <= BATCH:
            waiting.remove(job)
            batch.append(job)
            n += len(job.queries)
    return batch


def _answer(batch: list[_Ask]) -> None:
    """Ask the questions of a batch at once."""
    first = batch[0]
    queries = first.queries
    if len(batch) > 1:
        queries = np.concatenate([each.queries for each in batch])
    try:
        rows = first.copy.rows(queries, max(each.k for each in batch), first.allowed)
    except DeviceRefused as error:
        for each in batch:
            _fail(each, error)
        return
    done = 0
    for each in batch:
        mine = rows[done : done + len(each.queries), : each.k]
        done += len(each.queries)
        with suppress(InvalidStateError):  # who asked has given up
            each.answer.set_result(mine)


def _fail(job: _Job, trouble: DeviceTrouble | None) -> None:
    if job is not None:
        with suppress(InvalidStateError):
            job.answer.set_exception(trouble or DeviceLost("it is closed"))
