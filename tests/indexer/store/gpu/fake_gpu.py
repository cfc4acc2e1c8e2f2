"""GPUs that are none: they answer by brute force, and fail as they are told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from indexer.store.gpu.device import Copy, Device, DeviceFull
from indexer.store.rows.arrays import Floats, Ids, Mask
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import FlatRows
from indexer.store.rows.row_index import RowIndex
from indexer.store.segments.columns import columns_of
from indexer.store.segments.segment import Segment, SegmentFacts


@dataclass(eq=False)
class FakeCopy:
    """Rows that are compared in numpy."""

    device: FakeDevice
    vectors: Floats
    size_bytes: int
    takes_masks: bool = True

    @property
    def is_exact(self) -> bool:
        return self.takes_masks

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        gpu = self.device.gpu
        self.device.note_thread()
        gpu.gate.wait(timeout=30)
        if gpu.errors:
            raise gpu.errors.pop(0)
        gpu.batches.append(len(queries))
        gpu.masked += allowed is not None
        scores = queries @ self.vectors.T
        if allowed is not None:
            assert self.takes_masks
            scores[:, ~allowed] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best[np.take_along_axis(scores, best, axis=1) == -np.inf] = -1
        best = best if self.is_exact else gpu.spoil_cells(best)
        return np.asarray(gpu.spoil(best), np.int64)

    def free(self) -> None:
        self.device.note_thread()
        self.device.gpu.used_bytes -= self.size_bytes


class FakeDevice:
    """What an owner opens of a `FakeGpu`."""

    def __init__(self, gpu: FakeGpu) -> None:
        self.gpu = gpu
        self.name = gpu.name
        gpu.n_opened += 1
        self._thread = threading.get_ident()
        if gpu.refuses_to_open:
            raise RuntimeError("CUDA error: no device\nmore lines")

    def note_thread(self) -> None:
        if threading.get_ident() != self._thread:
            self.gpu.strangers += 1

    def free_bytes(self) -> int:
        self.note_thread()
        return self.gpu.total_bytes - self.gpu.used_bytes

    def copy_rows(self, index: RowIndex, first: int, stop: int) -> Copy:
        return self._copied(index, first, stop, takes_masks=True)

    def copy_cells(self, index: RowIndex) -> Copy:
        self.gpu.n_cells += 1
        return self._copied(index, 0, len(index), takes_masks=False)

    def _copied(self, index: RowIndex, first: int, stop: int, *, takes_masks: bool) -> Copy:
        self.note_thread()
        size_bytes = 2 * index.dim * (stop - first)
        if self.gpu.used_bytes + size_bytes > self.gpu.most_bytes:
            raise DeviceFull("a GPU has no memory left")
        self.gpu.used_bytes += size_bytes
        return FakeCopy(self, index.matrix.rows(slice(first, stop)), size_bytes, takes_masks)


@dataclass
class FakeGpu:
    """One GPU, as a test wants it."""

    name: str = "GPU 0 (fake)"
    total_bytes: int = 100 << 30
    """What it says it has."""
    most_bytes: int = 100 << 30
    """What it really has."""
    errors: list[Exception] = field(default_factory=list)
    """What the next questions raise."""
    spoil: Callable[[Ids], Ids] = lambda rows: rows
    """Changes every answer."""
    spoil_cells: Callable[[Ids], Ids] = lambda rows: rows
    """Changes every answer of copies of cells."""
    refuses_to_open: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    """Questions wait for it."""
    used_bytes: int = 0
    batches: list[int] = field(default_factory=list)
    """How many queries were asked at once."""
    masked: int = 0
    n_opened: int = 0
    n_cells: int = 0
    strangers: int = 0
    """Calls by a thread that did not open it."""

    def __post_init__(self) -> None:
        self.gate.set()


def opener(*gpus: FakeGpu) -> Callable[[], Mapping[int, Callable[[], Device]]]:
    """What tells which GPUs there are."""
    return lambda: {number: partial(FakeDevice, gpu) for number, gpu in enumerate(gpus)}


def made_segment(
    name: str, rows: Floats, kind: type[RowIndex] = FlatRows, recall_at_10: float = 1.0
) -> Segment:
    """A segment as it is opened from a folder, of one video for each ten clips."""
    n, dim = rows.shape
    videos = range(-(-n // 10))
    ids = [np.arange(10 * video, min(10 * video + 10, n)) for video in videos]
    spans = [np.zeros((len(each), 2)) for each in ids]
    columns = columns_of(list(videos), [0] * len(videos), ids, spans)
    index = kind.build(HalfMatrix.of(rows))
    facts = SegmentFacts(
        1,
        name,
        "fake",
        dim,
        len(videos),
        n,
        ("part",),
        kind.kind,
        {},
        recall_at_10,
        "auto",
        0.95,
        {},
    )
    return Segment(columns, ("part",), index, HalfMatrix.of(rows[: len(videos)]), facts)
