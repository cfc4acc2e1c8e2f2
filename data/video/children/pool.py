"""Decoding in supervised children: a file that crashes or hangs costs itself and nothing else.

Each worker is one thread of this process and one child. The thread hands its child a file, copies
the frames out of memory that both share (the only copy), and watches: no progress, too long, too
much memory, or a dead child end the file with a reason, and the next file gets a new child. The
caller pulls; children wait when it does not.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from data.video.children.supervisor import DecodeLimits, Supervisor
from data.video.types import DecodeState, FrameSpec, Pixels, VideoInfo

__all__ = [
    "Chunk",
    "DecodeJob",
    "DecodeLimits",
    "DecodePool",
    "Finished",
    "Started",
    "decode_one",
]

JOBS_AHEAD = 1
"""Jobs per worker that wait, so that no child does while the caller is busy."""
EVENTS_AHEAD = 2
"""Chunks per worker that wait for the caller."""
_POLL_S = 0.1


@dataclass(frozen=True)
class DecodeJob:
    """One file to decode."""

    key: int
    """The caller's own number; comes back with every event."""
    path: Path
    """The file."""
    spec: FrameSpec
    """Size and fit of the frames."""
    fps: float = 2.0
    """Samples per second of video."""
    start_s: float = 0.0
    """First moment wanted."""
    end_s: float | None = None
    """End of what is wanted, not included; None for all."""
    decoder: str = "auto"
    """One of `decoding.DECODERS`, or "auto" for the first that can read the file."""


@dataclass(frozen=True)
class Started:
    """A file was opened and its first frame decoded."""

    key: int
    """The job's key."""
    info: VideoInfo
    """What the file promises."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some frames of one file, in order."""

    key: int
    """The job's key."""
    pixels: Pixels
    """(n, h, w, 3) uint8 RGB, 1 <= n <= 64; the receiver's own."""
    times_s: NDArray[np.float64]
    """(n,) ascending."""


@dataclass(frozen=True)
class Finished:
    """A file came to its end; the last event of its key."""

    key: int
    """The job's key."""
    state: DecodeState
    """done: at least 98 % of what the file promises; partial: some frames; failed: none."""
    reason: str
    """Empty when done; otherwise what a person needs to know."""
    info: VideoInfo | None
    """What the file promises; None where it could not be opened."""
    decoder: str
    """The decoder that read it; empty where none was reached."""
    decoded_s: float
    """Seconds of video that could be decoded."""
    cpu_s: float
    """CPU seconds of the child."""


Event = Started | Chunk | Finished


class _Run:
    """One call of `run`: its jobs, its events, and whether anybody still wants them."""

    def __init__(self, workers: int) -> None:
        self.jobs: queue.SimpleQueue[DecodeJob] = queue.SimpleQueue()
        self.events: queue.Queue[Event | BaseException] = queue.Queue(EVENTS_AHEAD * workers)
        self.cancelled = threading.Event()

    def put(self, event: Event | BaseException, supervisor: Supervisor | None = None) -> bool:
        """Hand an event over, waiting for room; False once nobody wants it."""
        while not self.cancelled.is_set():
            try:
                self.events.put(event, timeout=_POLL_S)
            except queue.Full:
                if supervisor is not None and not supervisor.is_within_memory():
                    supervisor.kill()
            else:
                return True
        return False


class DecodePool:
    """Child processes that decode files.

    Args:
        workers: Children that work at the same time.
        limits: When a child is given up.
    """

    def __init__(self, workers: int, limits: DecodeLimits | None = None) -> None:
        if workers < 1:
            raise ValueError(f"workers={workers}; must be >= 1")
        self._limits = limits or DecodeLimits()
        self._workers = workers
        self._work: queue.SimpleQueue[_Run | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running: _Run | None = None

    def __enter__(self) -> DecodePool:
        """Start the threads; children start with the first job."""
        for number in range(self._workers):
            thread = threading.Thread(target=self._serve, name=f"decode-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop what runs, and end the children."""
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

    def run(self, jobs: Iterable[DecodeJob]) -> Iterator[Event]:
        """Decode files; events of different files come mixed, those of one file in order.

        `jobs` is pulled lazily in the caller's thread, at most two per worker ahead. Closing the
        iterator stops the work that nobody waits for.
        """
        if not self._threads:
            raise ValueError("the pool is not open: use it in a with block")
        if self._running is not None:
            raise ValueError("the pool is already running")
        run = self._running = _Run(self._workers)
        try:
            yield from self._pump(run, iter(jobs))
        finally:
            run.cancelled.set()
            self._running = None

    def _pump(self, run: _Run, jobs: Iterator[DecodeJob]) -> Iterator[Event]:
        open_jobs = 0
        more = True
        while more or open_jobs:
            while more and open_jobs < self._workers * (1 + JOBS_AHEAD):
                job = next(jobs, None)
                if job is None:
                    more = False
                    break
                run.jobs.put(job)
                self._work.put(run)
                open_jobs += 1
            if not open_jobs:
                return
            event = run.events.get()
            if isinstance(event, BaseException):
                raise event
            if isinstance(event, Finished):
                open_jobs -= 1
            yield event

    def _serve(self) -> None:
        supervisor = Supervisor(self._limits)
        try:
            while (run := self._work.get()) is not None:
                if run.cancelled.is_set():
                    continue
                try:
                    self._decode(supervisor, run, run.jobs.get())
                except Exception as error:  # noqa: BLE001  (a fault of ours must reach the caller, not die here)
                    supervisor.kill()
                    run.put(error)
        finally:
            supervisor.close()

    @staticmethod
    def _decode(supervisor: Supervisor, run: _Run, job: DecodeJob) -> None:
        info: VideoInfo | None = None
        n_frames = 0
        last_s = job.start_s
        for report in supervisor.decode(job, run.cancelled):
            if report.info is not None:
                info = report.info
                run.put(Started(job.key, info), supervisor)
            elif report.pixels is not None and report.times_s is not None:
                n_frames += len(report.pixels)
                last_s = float(report.times_s[-1])
                run.put(Chunk(job.key, report.pixels, report.times_s), supervisor)
            elif report.end is not None:
                end = report.end
                state, decoded_s = end.state, end.decoded_s
                if n_frames and state == "failed":
                    state, decoded_s = "partial", _reached_s(job, info, last_s)
                run.put(
                    Finished(job.key, state, end.reason, info, end.decoder, decoded_s, end.cpu_s),
                    supervisor,
                )


def _reached_s(job: DecodeJob, info: VideoInfo | None, last_s: float) -> float:
    """Seconds that were decoded before a child died."""
    end_s = last_s + 1 / job.fps
    return max(0.0, min(end_s, info.duration_s if info else end_s) - job.start_s)


def decode_one(
    path: Path,
    spec: FrameSpec,
    *,
    fps: float = 2.0,
    start_s: float = 0.0,
    end_s: float | None = None,
    decoder: str = "auto",
) -> tuple[Pixels, NDArray[np.float64], Finished]:
    """Decode one file in a child of its own, all frames at once.

    Returns:
        Pixels (n, h, w, 3) uint8, times (n,), and how it ended; n = 0 when it failed.
    """
    job = DecodeJob(0, Path(path), spec, fps, start_s, end_s, decoder)
    pixels = [np.zeros((0, spec.height_px, spec.width_px, 3), np.uint8)]
    times_s = [np.zeros(0)]
    finished: Finished | None = None
    with DecodePool(1) as pool:
        for event in pool.run([job]):
            if isinstance(event, Chunk):
                pixels.append(event.pixels)
                times_s.append(event.times_s)
            elif isinstance(event, Finished):
                finished = event
    assert finished is not None
    return np.concatenate(pixels), np.concatenate(times_s), finished
