"""Decoding and encoding side by side: from jobs to the vectors of whole videos.

Child processes decode, threads of this process encode, and neither waits for the other: frames of
several videos share a batch, and a batch is encoded while the next one is being filled. Each
encoding thread uses one core (PyTorch lets go of the interpreter while it computes), which scales
better than one call spread over all cores and does not suffer on a busy machine.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from data.video.children.pool import Chunk, DecodeJob, DecodePool, Finished, Started
from data.video.shots import ClipSpan, CutDetector, split_clips

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

BATCH_FRAMES = 64
"""Frames in one call of the encoder, of any number of videos."""

EARLY_AFTER_S = 0.5
"""An idle encoder waits so long for a full batch, then takes what there is. Small batches are dear
where encoding and decoding share the cores: the toon encoder takes 0.42 ms for a frame of a batch
of 16, 0.28 ms for one of 64 (2026-11); taking 16 made 26 to 56 of 80 to 94 batches small."""

CLOSE_FRAMES = 640
"""Frames of finished videos that are made into clips in one call: 29 toons. Clip by clip the
temporal head works on short stretches (2.5 ms for a toon instead of 1.3 ms, 2026-11)."""

CLOSE_AFTER_S = 0.5
"""A finished video waits no longer than this for others to be made into clips with."""

MOST_THREADS = 8
"""Encoding threads; on larger machines each gets several cores."""

UNIT_TOLERANCE = 0.01
"""How far from 1 the length of an encoder's vector may be; the store accepts twice that."""

Pixels = NDArray[np.uint8]
Half = NDArray[np.float16]


@dataclass(frozen=True)
class Embedded:
    """One video that came to its end."""

    key: int
    """The job's key."""
    finished: Finished
    """How decoding ended."""
    times_s: NDArray[np.float64]
    """(n,) presentation times of the frames; empty for a failed video."""
    frames: Half
    """(n, d) unit rows."""
    spans: list[ClipSpan]
    """m clips; at least one where there is a frame."""
    clips: Half
    """(m, d) unit rows."""
    fault: str = ""
    """What went wrong after decoding."""

    @property
    def state(self) -> Literal["done", "partial", "failed"]:
        """`failed` where not a single frame came out."""
        return self.finished.state if len(self.frames) else "failed"

    @property
    def reason(self) -> str:
        """Why it is not done; empty for a done one."""
        if self.state == "done":
            return ""
        return self.fault or self.finished.reason or "no frame could be decoded"


@dataclass
class _Work:
    """One video on its way."""

    key: int
    detector: CutDetector = field(default_factory=CutDetector)
    times_s: list[NDArray[np.float64]] = field(default_factory=list)
    rows: list[NDArray[np.float32]] = field(default_factory=list)
    waiting: int = 0
    """Frames that came and are not encoded yet."""
    finished: Finished | None = None

    @property
    def n_frames(self) -> int:
        """Frames that are encoded."""
        return sum(len(rows) for rows in self.rows)


@dataclass(frozen=True)
class _Cut:
    """One video with all its frames encoded, cut into clips that are not."""

    work: _Work
    finished: Finished
    times_s: NDArray[np.float64]
    frames: NDArray[np.float32]
    spans: list[ClipSpan]


class EmbeddingStream:
    """Turns decoding jobs into embedded videos, in the order in which they finish.

    Args:
        pool: The decoding processes, entered.
        encoder: Called from several threads at once.
        threads: Encoding threads; None takes one per core, at most `MOST_THREADS`.
    """

    def __init__(self, pool: DecodePool, encoder: Encoder, *, threads: int | None = None) -> None:
        self._pool = pool
        self._encoder = encoder
        self._threads = threads or min(cores(), MOST_THREADS)
        self._works: dict[int, _Work] = {}
        self._buffer: deque[tuple[_Work, Pixels]] = deque()
        self._buffered = 0
        self._buffered_since_s = 0.0
        self._complete: list[_Work] = []
        self._complete_since_s = 0.0
        self._batches: deque[tuple[Future[NDArray[np.float32]], list[tuple[_Work, int]]]] = deque()
        self._closing: deque[Future[list[Embedded]]] = deque()
        self.frames = 0
        """Frames encoded so far."""

    def run(self, jobs: Iterable[DecodeJob]) -> Iterator[Embedded]:
        """Embed every job's video; `jobs` is pulled only as decoders become free."""
        with (
            _cores_per_thread(self._threads),
            _thread_pool(self._threads) as threads,
        ):
            for event in self._pool.run(jobs):
                self._take(event)
                self._submit(threads, whole_batches=True)
                self._collect(at_most=2 * self._threads)
                self._close_complete(threads, whole_groups=True)
                yield from self._ready(wait=False)
            self._submit(threads, whole_batches=False)
            self._collect(at_most=0)
            self._close_complete(threads, whole_groups=False)
            yield from self._ready(wait=True)

    def _take(self, event: Started | Chunk | Finished) -> None:
        work = self._works.setdefault(event.key, _Work(event.key))
        if isinstance(event, Chunk) and len(event.pixels):
            work.detector.feed(event.pixels, event.times_s)
            work.times_s.append(np.asarray(event.times_s, dtype=np.float64))
            work.waiting += len(event.pixels)
            if not self._buffered:
                self._buffered_since_s = time.monotonic()
            self._buffer.append((work, event.pixels))
            self._buffered += len(event.pixels)
        elif isinstance(event, Finished):
            work.finished = event

    def _submit(self, threads: ThreadPoolExecutor, *, whole_batches: bool) -> None:
        least = 1
        if whole_batches:
            idle = len(self._batches) < self._threads
            waited_s = time.monotonic() - self._buffered_since_s
            least = 1 if idle and waited_s >= EARLY_AFTER_S else BATCH_FRAMES
        while self._buffered >= least:
            pixels, owners = self._next_batch()
            self._batches.append((threads.submit(self._encoder.encode_frames, pixels), owners))
            least = BATCH_FRAMES if whole_batches else 1

    def _next_batch(self) -> tuple[Pixels, list[tuple[_Work, int]]]:
        taken: list[Pixels] = []
        owners: list[tuple[_Work, int]] = []
        room = BATCH_FRAMES
        while self._buffer and room:
            work, pixels = self._buffer.popleft()
            now, later = pixels[:room], pixels[room:]
            if len(later):
                self._buffer.appendleft((work, later))
            taken.append(now)
            owners.append((work, len(now)))
            room -= len(now)
        self._buffered -= BATCH_FRAMES - room
        self._buffered_since_s = time.monotonic()
        return np.concatenate(taken), owners

    def _collect(self, *, at_most: int) -> None:
        """Hand encoded rows to their videos, oldest first; wait while more are under way."""
        while self._batches and (len(self._batches) > at_most or self._batches[0][0].done()):
            future, owners = self._batches.popleft()
            rows = future.result()
            self.frames += len(rows)
            first = 0
            for work, count in owners:
                work.rows.append(rows[first : first + count])
                work.waiting -= count
                first += count
        complete = [w for w in self._works.values() if w.finished is not None and w.waiting == 0]
        if complete and not self._complete:
            self._complete_since_s = time.monotonic()
        for work in complete:
            self._complete.append(self._works.pop(work.key))

    def _close_complete(self, threads: ThreadPoolExecutor, *, whole_groups: bool) -> None:
        """Have videos made into clips once there are enough of them, or one has waited long."""
        if not self._complete:
            return
        few = sum(work.n_frames for work in self._complete) < CLOSE_FRAMES
        waited_s = time.monotonic() - self._complete_since_s
        if whole_groups and few and waited_s < CLOSE_AFTER_S:
            return
        self._closing.append(threads.submit(self._close, self._complete))
        self._complete = []

    def _ready(self, *, wait: bool) -> Iterator[Embedded]:
        while self._closing and (wait or self._closing[0].done()):
            yield from self._closing.popleft().result()

    def _close(self, works: Sequence[_Work]) -> list[Embedded]:
        """Cut videos whose frames are all encoded into clips, and encode those."""
        dim = self._encoder.dim
        shown = [_cut(work) for work in works if work.rows]
        clips = dict(zip((video.work.key for video in shown), self._clips(shown), strict=True))
        found = {video.work.key: _embedded(video, clips[video.work.key]) for video in shown}
        return [found.get(work.key) or _nothing(work, dim) for work in works]

    def _clips(self, videos: Sequence[_Cut]) -> list[NDArray[np.float32]]:
        """Clip vectors of each video, from one call of the encoder."""
        if not videos:
            return []
        firsts = np.cumsum([0, *(len(video.frames) for video in videos)]).tolist()
        rows = self._encoder.encode_clips(
            np.concatenate([video.frames for video in videos]),
            np.concatenate([video.times_s for video in videos]),
            [
                (first + span.first, first + span.last)
                for video, first in zip(videos, firsts[:-1], strict=True)
                for span in video.spans
            ],
        )
        return np.split(rows, np.cumsum([len(video.spans) for video in videos])[:-1])


def _cut(work: _Work) -> _Cut:
    assert work.finished is not None
    times_s = np.concatenate(work.times_s)
    info = work.finished.info
    promised_s = info.duration_s if info is not None else 0.0
    end_s = promised_s if work.finished.state == "done" else work.finished.decoded_s
    spans = split_clips(times_s, max(end_s, float(times_s[-1])), work.detector.cuts_s)
    return _Cut(work, work.finished, times_s, np.concatenate(work.rows), spans)


def _embedded(video: _Cut, clips: NDArray[np.float32]) -> Embedded:
    if not (_are_unit(video.frames) and _are_unit(clips)):
        fault = "the encoder gave vectors that are not finite"
        return _nothing(video.work, clips.shape[1], fault=fault)
    return Embedded(
        key=video.work.key,
        finished=video.finished,
        times_s=video.times_s,
        frames=video.frames.astype(np.float16),
        spans=video.spans,
        clips=clips.astype(np.float16),
    )


def _nothing(work: _Work, dim: int, *, fault: str = "") -> Embedded:
    assert work.finished is not None
    empty = np.zeros((0, dim), np.float16)
    return Embedded(work.key, work.finished, np.zeros(0), empty, [], empty, fault)


def _are_unit(rows: NDArray[np.float32]) -> bool:
    # Written so that NaN fails as well.
    return bool(np.all(np.abs(np.linalg.norm(rows, axis=1) - 1) < UNIT_TOLERANCE))


@contextmanager
def _thread_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are not waited for longer than one batch when the run is stopped."""
    executor = ThreadPoolExecutor(threads, thread_name_prefix="encode")
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _cores_per_thread(threads: int) -> Iterator[None]:
    """Let each encoding thread use its share of the cores and no more, where PyTorch encodes."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, cores() // threads))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))
