"""GPUs that are none: they answer by brute force, and fail as they are told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.copy_kinds import CopyKind
from indexer.store.gpu.devices.device import MOST_K, Copy, Device, DeviceFull, DeviceRefused
from indexer.store.gpu.devices.faiss_copies import FaissCells
from indexer.store.gpu.devices.packed import PackedCells
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
    kind: CopyKind = CopyKind.EXACT
    depth: int = 0
    depths: Sequence[int] = ()
    oversampling: int = 2
    most_k: int = MOST_K

    @property
    def is_exact(self) -> bool:
        return self.kind is CopyKind.EXACT

    @property
    def takes_masks(self) -> bool:
        return self.is_exact

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        gpu = self.device.gpu
        self.device.note_thread()
        gpu.gate.wait(timeout=30)
        if gpu.errors:
            raise gpu.errors.pop(0)
        gpu.batches.append(len(queries))
        gpu.masked += allowed is not None
        best = self.nearest(queries, k, allowed)
        best = best if self.kind not in gpu.spoilt else gpu.spoilt[self.kind](best)
        return np.asarray(gpu.spoil(best), np.int64)

    def nearest(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        scores = queries @ self.vectors.T
        if allowed is not None:
            assert self.takes_masks
            scores[:, ~allowed] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best[np.take_along_axis(scores, best, axis=1) == -np.inf] = -1
        return best

    def free(self) -> None:
        self.device.note_thread()
        self.device.gpu.used_bytes -= self.size_bytes


class FakeCells(FakeCopy):
    """Cells that FAISS looks into as it does on a GPU, on the CPU."""

    def __init__(self, device: FakeDevice, packed: PackedCells, size_bytes: int) -> None:
        super().__init__(device, np.zeros((0, 0), np.float32), size_bytes, packed.kind)
        self._cells = FaissCells(packed.faiss_index, packed.kind)
        self.depths, self.depth = self._cells.depths, self._cells.depth
        self.oversampling = self._cells.oversampling

    def nearest(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        self._cells.depth = self.depth
        return self._cells.rows(queries, k, allowed)


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
        size_bytes = self._taken(2 * index.dim * (stop - first))
        return FakeCopy(self, index.matrix.rows(slice(first, stop)), size_bytes)

    def copy_cells(self, packed: PackedCells) -> Copy:
        inner = packed.faiss_index
        self.gpu.kinds.append(packed.kind)
        return FakeCells(self, packed, self._taken(inner.ntotal * inner.code_size))

    def copy_graph(self, index: RowIndex, first: int, stop: int) -> Copy:
        if not self.gpu.builds_graphs:
            raise DeviceRefused("cuvs cannot build a graph (RuntimeError: fake)")
        self.gpu.kinds.append(CopyKind.CAGRA)
        size_bytes = self._taken(2 * index.dim * (stop - first))
        rows = index.matrix.rows(slice(first, stop))
        return FakeCopy(self, rows, size_bytes, CopyKind.CAGRA, 512, (64, 512), most_k=512)

    def _taken(self, size_bytes: int) -> int:
        self.note_thread()
        if self.gpu.used_bytes + size_bytes > self.gpu.most_bytes:
            raise DeviceFull("a GPU has no memory left")
        self.gpu.used_bytes += size_bytes
        return size_bytes


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
    spoilt: dict[CopyKind, Callable[[Ids], Ids]] = field(default_factory=dict)
    """Changes every answer of a kind of copies."""
    builds_graphs: bool = True
    refuses_to_open: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    """Questions wait for it."""
    used_bytes: int = 0
    batches: list[int] = field(default_factory=list)
    """How many queries were asked at once."""
    masked: int = 0
    n_opened: int = 0
    kinds: list[CopyKind] = field(default_factory=list)
    """Kinds of the copies that were made, all but those that compare every row."""
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
