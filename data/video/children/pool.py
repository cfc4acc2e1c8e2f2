"""Decoding in supervised children: a file that crashes or hangs costs itself and nothing else.

Each worker is one thread of this process and one child. The thread hands its child a file, copies
the frames out of memory that both share (the only copy), and watches: no progress, too long, too
much memory, or a dead child end the file with a reason, and the next file gets a new child.
Results are pulled; children wait while the caller is busy.
"""

import queue
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from data.video.children.supervisor import CHILD, DecodeLimits, Supervisor
from data.video.types import DecodeRequest, Ending, FrameBatch, FrameSpec, Pixels

REQUESTS_AHEAD = 1
"""Requests per worker that wait, so that no child waits while the caller is busy."""
EVENTS_AHEAD = 2
"""Results per worker that wait for the caller."""
_POLL_S = 0.1


DecodeEvent = tuple[int, FrameBatch | Ending]
"""The key of a request, and what came of it."""
Decoded = tuple[Pixels, NDArray[np.float64], Ending]
"""Pixels (n, h, w, 3) uint8, times (n,), and how it ended; n = 0 when it failed."""


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
        self._running: _Run | None = None

    def __enter__(self) -> Self:
        """Start the threads; children start with the first request."""
        for number in range(self._workers):
            thread = threading.Thread(target=self._serve, name=f"decode-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what runs, and end the children; the pool cannot be used again."""
        if self._running is not None:
            self._running.cancelled.set()
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def run(self, requests: Iterable[DecodeRequest]) -> Generator[DecodeEvent]:
        """Decode files: batches of frames and, last, the ending of each, with the request's key.

        Results of different files come mixed, those of one file in order. `requests` is pulled
        lazily in the caller's thread, at most two per worker ahead. Closing the iterator cancels
        the work.
        """
        if not self._threads:
            raise ValueError("the pool is not open: use it in a with block")
        if self._running is not None:
            raise ValueError("the pool is already running")
        run = self._running = _Run(self._workers)
        try:
            yield from self._pump(run, iter(requests))
        finally:
            run.cancelled.set()
            self._running = None

    def _pump(self, run: _Run, requests: Iterator[DecodeRequest]) -> Iterator[DecodeEvent]:
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
            event = run.events.get()
            if isinstance(event, BaseException):
                raise event
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
                    for result in supervisor.decode(request, run.cancelled):
                        run.put((request.key, result), supervisor)
                except Exception as error:  # noqa: BLE001  (an error here must reach the caller, not end the thread)
                    supervisor.kill()
                    run.put(error)
        finally:
            supervisor.close()


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
