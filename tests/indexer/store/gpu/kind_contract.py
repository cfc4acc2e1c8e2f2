"""What a copy that does not compare every row must do; FAISS does it on the CPU and on GPUs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pytest

from data.arrays import Floats, Ids
from indexer.store.gpu import making
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from indexer.store.gpu.devices import copy_kinds, packed
from indexer.store.gpu.devices.copy_kinds import IN_CELLS, CopyKind
from indexer.store.gpu.devices.device import Device
from indexer.store.gpu.devices.packed import PackedCells, pack
from indexer.store.rows.kinds import BitRows, CellIndex, CellRows
from indexer.store.segments.segment import Segment
from tests.indexer.store.gpu.copy_contract import N_ROWS, QUERIES, VECTORS, nearest
from tests.indexer.store.gpu.fake_gpu import made_segment

TARGET = 0.95
SEGMENTS = {kind.kind: made_segment(kind.kind, VECTORS, kind) for kind in (BitRows, CellRows)}


@cache
def packed_once(index: CellIndex, kind: CopyKind, first: int, stop: int) -> PackedCells:
    """As `pack`, which trains codes."""
    return pack(index, kind, first, stop)


def recall(found: tuple[Floats, Ids]) -> float:
    """The share of the true ten nearest rows that are found."""
    expected = nearest(np.arange(N_ROWS), 10)[1]
    return float((found[1][:, :, None] == expected[:, None, :]).any(axis=2).mean())


class KindContract:
    """Subclasses give the GPUs."""

    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        """What tells which GPUs there are."""
        raise NotImplementedError

    kinds: tuple[CopyKind, ...] = IN_CELLS

    @pytest.fixture(autouse=True)
    def _few_rows_suffice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(copy_kinds, "PQ_FROM", N_ROWS)
        monkeypatch.setattr(packed, "PQ_TRAINED_BY", 256 * 8)
        monkeypatch.setattr(packed, "PQ_ROUNDS", 3)
        monkeypatch.setattr(making, "pack", packed_once)

    def held(self, kind: CopyKind, segment: Segment) -> GpuCopies:
        """Copies of a segment as a kind."""
        copies = GpuCopies(self.gpus(), CopyOptions(cells_from=1, kind=kind))
        copies.use([segment])
        assert (copies.warnings, copies.n_held) == ((), N_ROWS)
        return copies

    def test_it_finds_as_much_as_the_library_wants_with_right_scores(self) -> None:
        segment = SEGMENTS[BitRows.kind]
        stored = VECTORS.astype(np.float16).astype(np.float32)
        for kind in self.kinds:
            copies = self.held(kind, segment)
            scores, rows = copies.search(segment, QUERIES, 10, None)
            assert recall((scores, rows)) > TARGET - 0.03, kind  # other queries than it was tried
            exact = np.einsum("qd,qkd->qk", QUERIES, stored[rows])
            assert np.allclose(scores, exact, atol=1e-4)
            assert (np.diff(scores, axis=1) <= 0).all()
            own = copies.search(segment, VECTORS, 1, None)[1][:, 0]
            assert (own == np.arange(N_ROWS)).mean() > TARGET, "each row is in it"
            copies.close()

    def test_it_finds_the_same_rows_as_the_index_on_the_cpu(self) -> None:
        segment = SEGMENTS[CellRows.kind]
        on_cpu = segment.index.search(QUERIES, 10)[1]
        for kind in self.kinds:
            copies = self.held(kind, segment)
            rows = copies.search(segment, QUERIES, 10, None)[1]
            same = (rows[:, :, None] == on_cpu[:, None, :]).any(axis=2).mean()
            assert same > TARGET - 0.03, kind
            copies.close()

    def test_filters_are_left_to_the_cpu(self) -> None:
        segment = SEGMENTS[CellRows.kind]
        copies = self.held(self.kinds[-1], segment)
        allowed = np.arange(N_ROWS) != 3
        rows = copies.search(segment, QUERIES, 5, allowed)[1]
        assert np.array_equal(rows, segment.index.search(QUERIES, 5, allowed=allowed)[1])
        assert copies.warnings == ()
        copies.close()
