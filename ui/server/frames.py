"""Frames for pictures and previews, decoded by supervised children that the server keeps."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.video.children.pool import DecodePool
from data.video.types import DecodeRequest, FrameBatch, FrameSpec

CHILDREN = 2
"""Number of decoding children."""


class FrameSource:
    """A pool of decoding children that threads may share.

    A child that a file kills or hangs is replaced, and the file gives no frames.
    """

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[DecodePool] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._pools: list[DecodePool] = []
        self._closed = False

    def first(self, path: Path, spec: FrameSpec, start_s: float, end_s: float) -> FrameBatch | None:
        """The first frames of an interval; None where none can be decoded."""
        request = DecodeRequest(path, spec, start_s=start_s, end_s=end_s)
        return next(self.batches(request), None)

    def batches(self, request: DecodeRequest) -> Iterator[FrameBatch]:
        """The frames of a file or an interval, as decoded; closing the iterator stops the work."""
        with self._borrowed() as pool:
            for _, result in pool.run([request]):
                if isinstance(result, FrameBatch):
                    yield result

    @contextmanager
    def _borrowed(self) -> Iterator[DecodePool]:
        """A pool of one child for one caller alone; children start when first needed."""
        with self._lock:
            if self._closed:
                raise ValueError("the frame source is closed")
            if self._idle.empty() and len(self._pools) < CHILDREN:
                pool = DecodePool(1)
                pool.__enter__()
                self._pools.append(pool)
                self._idle.put(pool)
        pool = self._idle.get()
        try:
            yield pool
        finally:
            self._idle.put(pool)

    def close(self) -> None:
        """End the children."""
        with self._lock:
            self._closed = True
            pools, self._pools = self._pools, []
        for pool in pools:
            pool.close()
