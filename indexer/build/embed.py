"""Decode and encode side by side: from decode requests to the vectors of whole videos.

Child processes decode, threads of this process encode, and neither waits for the other: frames of
several videos share a batch, and a batch is encoded while the next one is being filled. Each
encoding thread uses one core (PyTorch lets go of the interpreter while it computes), which scales
better than one call spread over all cores and does not suffer on a busy machine.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.cores import cores
from data.video.children.pool import DecodePool
from data.video.clips.borders import SampledVideo
from data.video.clips.cuts import CutDetector
from data.video.clips.rule import USUAL_RULE, ClipRule
from data.video.small_frames import reduced, small_frames
from data.video.types import DecodeRequest, Ending, FrameBatch, Pixels
from indexer.build.cutting import Embedded, Encoded, cut_videos

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

BATCH_FRAMES = 64
"""Frames in one call of the encoder, of any number of videos."""

EARLY_AFTER_S = 0.5
"""An idle encoder waits this long for a full batch, then takes a smaller one, which costs more per
frame."""

CLOSE_FRAMES = 640
"""Frames of finished videos that are made into clips in one call: larger calls cost less."""

CLOSE_AFTER_S = 0.5
"""A finished video waits no longer than this for others to be made into clips with."""

MOST_THREADS = 8
"""Encoding threads; on larger machines each gets several cores."""


@dataclass
class _Work:
    """One video on its way."""

    key: int
    detector: CutDetector = field(default_factory=CutDetector)
    times_s: list[NDArray[np.float64]] = field(default_factory=list)
    rows: list[NDArray[np.float32]] = field(default_factory=list)
    waiting: int = 0
    """Frames that were decoded and are not encoded yet."""
    keyframes_s: list[NDArray[np.float64]] = field(default_factory=list)
    bright: list[NDArray[np.uint8]] = field(default_factory=list)
    ending: Ending | None = None

    def encoded(self, dim: int) -> Encoded:
        """The video with all its frames together."""
        assert self.ending is not None
        times_s = np.concatenate([np.zeros(0), *self.times_s])
        frames = np.concatenate([np.zeros((0, dim), np.float32), *self.rows])
        promised_s = self.ending.info.duration_s if self.ending.info is not None else 0.0
        end_s = promised_s if self.ending.state == "done" else self.ending.decoded_s
        footage = SampledVideo(
            times_s=times_s,
            frames=frames.astype(np.float16),
            end_s=max([end_s, *times_s[-1:].tolist()]),
            cuts_s=np.array(self.detector.cuts_s, np.float64),
            keyframes_s=np.concatenate([np.zeros(0), *self.keyframes_s]),
        )
        small = (
            small_frames(np.concatenate(self.bright), times_s, footage.cuts_s)
            if self.bright
            else None
        )
        return Encoded(self.key, self.ending, footage, frames, small)


class EmbeddingStream:
    """Turns decode requests into embedded videos, in the order in which they finish.

    The encoder is called from several threads at once: one per core, at most `MOST_THREADS`, unless
    `threads` says otherwise. The pool must be entered.
    """

    def __init__(
        self,
        pool: DecodePool,
        encoder: Encoder,
        rule: ClipRule = USUAL_RULE,
        *,
        threads: int | None = None,
    ) -> None:
        self._rule = rule
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

    def run(self, requests: Iterable[DecodeRequest]) -> Generator[Embedded]:
        """Embed the video of each request, whose key is the video's id.

        `requests` is pulled only as decoders become free.
        """
        threads = ThreadPoolExecutor(self._threads, thread_name_prefix="encode")
        with _cores_per_thread(self._threads), ExitStack() as stack:
            # The threads end within one batch when the run is stopped.
            stack.callback(threads.shutdown, cancel_futures=True)
            for key, result in self._pool.run(requests):
                self._take(key, result)
                self._submit(threads, whole_batches=True)
                self._collect(at_most=2 * self._threads)
                self._close_complete(threads, whole_groups=True)
                yield from self._ready(wait=False)
            self._submit(threads, whole_batches=False)
            self._collect(at_most=0)
            self._close_complete(threads, whole_groups=False)
            yield from self._ready(wait=True)

    def left(self) -> Iterator[Embedded]:
        """Videos that had come to their end when `run` was stopped, and were not given yet."""
        while self._closing:
            closing = self._closing.popleft()
            if not closing.cancelled() and closing.exception() is None:
                yield from closing.result()

    def _take(self, key: int, result: FrameBatch | Ending) -> None:
        work = self._works.setdefault(key, _Work(key))
        if isinstance(result, Ending):
            work.ending = result
            return
        work.detector.feed(result.pixels, result.times_s)
        work.times_s.append(result.times_s)
        work.keyframes_s.append(result.keyframes_s)
        work.bright.append(reduced(result.pixels, self._encoder.frame_spec))
        work.waiting += len(result.pixels)
        if not self._buffered:
            self._buffered_since_s = time.monotonic()
        self._buffer.append((work, result.pixels))
        self._buffered += len(result.pixels)

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
            first = 0
            for work, count in owners:
                work.rows.append(rows[first : first + count])
                work.waiting -= count
                first += count
        complete = [w for w in self._works.values() if w.ending is not None and w.waiting == 0]
        if complete and not self._complete:
            self._complete_since_s = time.monotonic()
        for work in complete:
            self._complete.append(self._works.pop(work.key))

    def _close_complete(self, threads: ThreadPoolExecutor, *, whole_groups: bool) -> None:
        """Make finished videos into clips once there are enough of them, or one has waited long."""
        if not self._complete:
            return
        few = sum(len(rows) for work in self._complete for rows in work.rows) < CLOSE_FRAMES
        waited_s = time.monotonic() - self._complete_since_s
        if whole_groups and few and waited_s < CLOSE_AFTER_S:
            return
        self._closing.append(threads.submit(self._close, self._complete))
        self._complete = []

    def _ready(self, *, wait: bool) -> Iterator[Embedded]:
        while self._closing and (wait or self._closing[0].done()):
            # Dropped once it is there: a Ctrl-C while this waits loses nothing.
            videos = self._closing[0].result()
            self._closing.popleft()
            yield from videos

    def _close(self, works: Sequence[_Work]) -> list[Embedded]:
        """Cut videos whose frames are all encoded into clips, and encode those in one call."""
        return cut_videos(
            [work.encoded(self._encoder.dim) for work in works], self._encoder, self._rule
        )


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
