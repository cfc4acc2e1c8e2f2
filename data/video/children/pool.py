"""Decoding in supervised children: a file that crashes or hangs costs itself and nothing else.

Each worker is one thread of this process and one child. The thread hands its child a file, copies
the frames out of memory that both share (the only copy), and watches: no progress, too long, too
much memory, or a dead child end the file with a reason, and the next file gets a new child.
Results are pulled; children wait while the caller is busy. Threads may share a pool, each with a
run of its own; closing the pool ends every run at once.
"""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.video.children.process import NoDecoder
from data.video.children.supervisor import CHILD, DecodeLimits, Supervisor
from data.video.types import DecodeRequest, Ending, FrameBatch, FrameSpec, Pixels

REQUESTS_AHEAD = 1
"""Requests per worker that wait, so that no child waits while the caller is busy."""
EVENTS_AHEAD = 2
"""Results per worker that wait for the caller."""
START_ATTEMPTS = 3
"""Attempts to start a child, a second apart: what this machine lacks may come free."""
CLOSE_S = 2.0
"""Longest time that closing takes; a thread that is stuck in the system is left behind."""
_POLL_S = 0.1


DecodeEvent = tuple[int, FrameBatch | Ending]
"""The key of a request, and what came of it."""
Decoded = tuple[Pixels, NDArray[np.float64], Ending]
"""Pixels (n, h, w, 3) uint8, times (n,), and how it ended; n = 0 when it failed."""
StillWanted = Callable[[], object]
"""Called several times a second by a waiting caller; an exception that it raises ends the work."""


class DecodingStopped(ReelwiseError):
    """The pool was closed while it decoded."""

    def __init__(self) -> None:
        super().__init__("decoding was stopped", fix="start again")


class _Run:
    """One call of `run`: its requests, its events, and whether they are still wanted."""

    def __init__(self, workers: int) -> None:
        self.requests: queue.SimpleQueue[DecodeRequest] = queue.SimpleQueue()
        self.events: queue.Queue[DecodeEvent | BaseException] = queue.Queue(EVENTS_AHEAD * workers)
        self.cancelled = threading.Event()

    def put(self, event: DecodeEvent | BaseException, supervisor: Supervisor | None = None) -> None:
        """Hand an event over, waiting for room until the run is cancelled."""
        while not self.cancelled.is_set():
            try:
                self.events.put(event, timeout=_POLL_S)
            except queue.Full:
                if supervisor is not None and not supervisor.is_within_memory():
                    supervisor.kill()
            else:
                return

    def next(self, still_wanted: StillWanted | None) -> DecodeEvent:
        """Wait for the next event.

        Raises:
            DecodingStopped: The pool was closed.
        """
        while not self.cancelled.is_set():
            if still_wanted is not None:
                still_wanted()
            try:
                event = self.events.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if isinstance(event, BaseException):
                raise event
            return event
        raise DecodingStopped


class DecodePool:
    """Child processes, `workers` of them at the same time, that decode files."""

    def __init__(
        self, workers: int, limits: DecodeLimits | None = None, *, child: str = CHILD
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers={workers}; must be >= 1")
        self._limits = limits or DecodeLimits()
        self._child = child
        self._workers = workers
        self._work: queue.SimpleQueue[_Run | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._runs: set[_Run] = set()
        self._is_closed = False

    def __enter__(self) -> Self:
        """Start the threads; children start with the first request."""
        with self._lock:
            for number in range(self._workers):
                thread = threading.Thread(target=self._serve, name=f"decode-{number}", daemon=True)
                thread.start()
                self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop every run, and end the children; the pool cannot be used again."""
        with self._lock:
            self._is_closed = True
            threads, self._threads = self._threads, []
            for run in self._runs:
                run.cancelled.set()
        for _ in threads:
            self._work.put(None)
        until_s = time.monotonic() + CLOSE_S
        for thread in threads:
            thread.join(max(0.0, until_s - time.monotonic()))

    def run(
        self, requests: Iterable[DecodeRequest], *, still_wanted: StillWanted | None = None
    ) -> Generator[DecodeEvent]:
        """Decode files: batches of frames and, last, the ending of each, with the request's key.

        Results of different files come mixed, those of one file in order. `requests` is pulled
        lazily in the caller's thread, at most two per worker ahead. Closing the iterator cancels
        the work, and so does an exception of `still_wanted`.

        Raises:
            DecodingStopped: The pool was closed.
            NoDecoder: No child can be started on this machine now.
        """
        run = _Run(self._workers)
        with self._lock:
            if self._is_closed:
                raise DecodingStopped
            if not self._threads:
                raise ValueError("the pool is not open: use it in a with block")
            self._runs.add(run)
        try:
            yield from self._pump(run, iter(requests), still_wanted)
        finally:
            run.cancelled.set()
            with self._lock:
                self._runs.discard(run)

    def _pump(
        self, run: _Run, requests: Iterator[DecodeRequest], still_wanted: StillWanted | None
    ) -> Iterator[DecodeEvent]:
        open_requests = 0
        more = True
        while more or open_requests:
            while more and open_requests < self._workers * (1 + REQUESTS_AHEAD):
                request = next(requests, None)
                if request is None:
                    more = False
                    break
                run.requests.put(request)
                self._work.put(run)
                open_requests += 1
            if not open_requests:
                return
            event = run.next(still_wanted)
            if isinstance(event[1], Ending):
                open_requests -= 1
            yield event

    def _serve(self) -> None:
        supervisor = Supervisor(self._limits, self._child)
        try:
            while (run := self._work.get()) is not None:
                if run.cancelled.is_set():
                    continue
                try:
                    request = run.requests.get()
                    for result in _decode(supervisor, request, run.cancelled):
                        run.put((request.key, result), supervisor)
                except Exception as error:  # noqa: BLE001  (an error here must reach the caller, not end the thread)
                    supervisor.kill()
                    run.put(error)
        finally:
            supervisor.close()


def _decode(
    supervisor: Supervisor, request: DecodeRequest, cancelled: threading.Event
) -> Iterator[FrameBatch | Ending]:
    """Decode one file; a machine that cannot start a child now is asked again."""
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            yield from supervisor.decode(request, cancelled)
            return
        except NoDecoder:
            if attempt == START_ATTEMPTS or cancelled.wait(1.0):
                raise


def decode_each(
    requests: Sequence[DecodeRequest],
    *,
    workers: int = 1,
    limits: DecodeLimits | None = None,
    child: str = CHILD,
) -> Iterator[tuple[int, Decoded]]:
    """Decode requests, each with another key, whole: key and result of each, as they end."""
    batches: dict[int, list[FrameBatch]] = {request.key: [] for request in requests}
    specs = {request.key: request.spec for request in requests}
    with DecodePool(max(1, min(workers, len(requests))), limits, child=child) as pool:
        for key, result in pool.run(requests):
            if isinstance(result, FrameBatch):
                batches[key].append(result)
            else:
                yield key, (*_join(batches.pop(key), specs[key]), result)


def _join(batches: Sequence[FrameBatch], spec: FrameSpec) -> tuple[Pixels, NDArray[np.float64]]:
    pixels = [np.zeros((0, spec.height_px, spec.width_px, 3), np.uint8)]
    pixels += [batch.pixels for batch in batches]
    return np.concatenate(pixels), np.concatenate([np.zeros(0), *(b.times_s for b in batches)])


def decode_one(request: DecodeRequest, *, child: str = CHILD) -> Decoded:
    """Decode one request whole, in a new child."""
    ((_, decoded),) = decode_each([request], child=child)
    return decoded
