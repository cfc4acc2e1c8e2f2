"""Copies in cells and as graphs: what is chosen, how it is tried, and what follows if it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from data.arrays import Ids
from indexer.store.gpu import checking
from indexer.store.gpu import copies as copies_module
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from indexer.store.gpu.devices.copy_kinds import Copied, CopyKind, kinds_for, pq_bytes, row_bytes
from indexer.store.gpu.devices.device import Device
from indexer.store.gpu.devices.faiss_copies import FaissCells, FaissRows
from indexer.store.gpu.devices.packed import pack
from indexer.store.gpu.owner import Owner
from indexer.store.gpu.placement import Shape
from indexer.store.rows.kinds import BitRows, CellRows, FlatRows
from tests.indexer.store.gpu.copy_contract import N_ROWS, QUERIES, VECTORS, nearest
from tests.indexer.store.gpu.fake_gpu import FakeDevice, FakeGpu, made_segment, opener
from tests.indexer.store.gpu.kind_contract import SEGMENTS, KindContract, recall
from tests.indexer.store.gpu.test_owner import until


@pytest.fixture(autouse=True)
def _small_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies_module, "WORKING_BYTES", 0)
    monkeypatch.setattr(copies_module, "ROOM_SHARE", 1.0)


class TestKindsOnTheCpu(KindContract):
    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        return opener(FakeGpu())


class TestKindsInPiecesOnTwoGpus(KindContract):
    kinds = (CopyKind.IVF_FP16,)

    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        room = Shape(N_ROWS, 32, CopyKind.IVF_FP16, n_cells=128).piece_bytes(N_ROWS // 2 + 900)
        return opener(FakeGpu(total_bytes=room), FakeGpu(total_bytes=room))


def without_last(rows: Ids) -> Ids:
    """Of ten that are nearest one is missing."""
    return np.delete(rows, 9, axis=1) if rows.shape[1] > 9 else rows


@pytest.fixture
def gpu() -> FakeGpu:
    return FakeGpu()


def test_a_kind_is_chosen_by_rows_memory_and_what_is_installed() -> None:
    exact, fp16, sq8, pq, cagra = (
        CopyKind.EXACT,
        CopyKind.IVF_FP16,
        CopyKind.IVF_SQ8,
        CopyKind.IVF_PQ,
        CopyKind.CAGRA,
    )
    rows = Copied(1_000_000, 512, 2048)
    assert kinds_for(rows, cells_from=None, has_cuvs=True) == (exact,), "FAISS is not wanted"
    assert kinds_for(rows, cells_from=2_000_000, has_cuvs=True) == (exact, sq8, pq)
    assert kinds_for(rows, cells_from=1_000_000, has_cuvs=False) == (fp16, exact, sq8, pq)
    all_of_them = kinds_for(rows, cells_from=1_000_000, has_cuvs=True)
    assert all_of_them == (cagra, fp16, exact, sq8, pq)
    assert kinds_for(Copied(9_999, 512, 256), cells_from=1 << 40, has_cuvs=True) == (exact, sq8)
    assert kinds_for(Copied(1_000_000, 512), cells_from=1, has_cuvs=False) == (exact,)
    assert kinds_for(rows, cells_from=None, has_cuvs=False, named=pq) == (pq,)
    assert kinds_for(Copied(50, 512), cells_from=1, has_cuvs=False, named=pq) == ()
    sizes = [row_bytes(each, 512) for each in all_of_them]
    assert sizes == sorted(sizes, reverse=True)


def test_codes_are_of_a_length_that_a_gpu_has_a_kernel_for() -> None:
    for dim, size in ((512, 64), (768, 64), (1024, 64), (1152, 48), (1280, 64), (32, 32), (67, 0)):
        assert pq_bytes(dim) == size


def test_little_memory_makes_the_copy_smaller_and_not_worse(gpu: FakeGpu) -> None:
    segment = SEGMENTS[BitRows.kind]
    gpu.total_bytes = N_ROWS * row_bytes(CopyKind.EXACT, 32) - 1
    copies = GpuCopies(opener(gpu), CopyOptions(cells_from=1 << 40))
    copies.use([segment])
    assert (gpu.kinds, copies.n_held) == ([CopyKind.IVF_SQ8], N_ROWS)
    copies.close()
    gpu.kinds.clear()
    gpu.total_bytes = 100 * N_ROWS * row_bytes(CopyKind.EXACT, 32)
    copies = GpuCopies(opener(gpu), CopyOptions(cells_from=N_ROWS))
    copies.use([segment, made_segment("small", VECTORS[:500])])
    assert (gpu.kinds, copies.n_held) == ([CopyKind.IVF_FP16], N_ROWS + 500)
    assert recall(copies.search(segment, QUERIES, 10, None)) > 0.92
    copies.close()


def test_a_copy_that_finds_too_little_gives_way_to_the_next_kind(
    gpu: FakeGpu, caplog: pytest.LogCaptureFixture
) -> None:
    segment = SEGMENTS[BitRows.kind]
    gpu.spoilt = {CopyKind.IVF_FP16: without_last}
    copies = GpuCopies(opener(gpu), CopyOptions(cells_from=N_ROWS))
    copies.use([segment])
    assert (gpu.kinds, copies.n_held, copies.warnings) == ([CopyKind.IVF_FP16], N_ROWS, ())
    said = [each.getMessage() for each in caplog.records]
    assert said[0].startswith("no copy on a GPU as ivf_fp16: a copy of 6,000 clips on GPU 0 (fake)")
    assert "of the ten nearest, less than the 95.0% that the library wants" in said[0]
    assert np.array_equal(  # every row is compared instead
        copies.search(segment, QUERIES, 10, None)[1], nearest(np.arange(N_ROWS), 10)[1]
    )
    copies.close()


def test_where_no_kind_finds_enough_the_cpu_answers_and_it_is_said(gpu: FakeGpu) -> None:
    segment = SEGMENTS[CellRows.kind]
    gpu.spoilt = {CopyKind.IVF_SQ8: without_last}
    copies = GpuCopies(opener(gpu), CopyOptions(cells_from=1, kind=CopyKind.IVF_SQ8))
    copies.use([segment])
    assert copies.n_held == 0
    assert "of the ten nearest, less than the 95.0%" in copies.warnings[0]
    assert copies.warnings[0].endswith("; searching without")
    on_cpu = segment.index.search(QUERIES, 5)[1]
    assert np.array_equal(copies.search(segment, QUERIES, 5, None)[1], on_cpu)
    until(lambda: gpu.used_bytes == 0)
    copies.close()


def test_a_graph_is_used_where_one_can_be_built(gpu: FakeGpu) -> None:
    segment = SEGMENTS[CellRows.kind]
    for builds, kinds in ((True, [CopyKind.CAGRA]), (False, [CopyKind.IVF_FP16])):
        gpu.kinds.clear()
        gpu.builds_graphs = builds
        copies = GpuCopies(opener(gpu), CopyOptions(cells_from=N_ROWS, has_cuvs=True))
        copies.use([segment])
        assert (gpu.kinds, copies.n_held, copies.warnings) == (kinds, N_ROWS, ())
        rows = copies.search(segment, QUERIES, 600, None)[1]
        assert rows.shape == (len(QUERIES), 600), "more than a graph gives: the CPU does"
        copies.close()


def test_a_kind_that_an_index_cannot_have_is_said(gpu: FakeGpu) -> None:
    copies = GpuCopies(opener(gpu), CopyOptions(cells_from=1, kind=CopyKind.IVF_PQ))
    copies.use([made_segment("a", VECTORS[:500])])
    assert copies.warnings == (
        "500 clips in an index of the kind flat_fp16 cannot be copied to GPUs as ivf_pq; "
        "searching without",
    )
    copies.close()


def test_the_least_depth_that_suffices_is_set(gpu: FakeGpu) -> None:
    segment = SEGMENTS[BitRows.kind]
    cells = FaissCells(pack(BitRows.build(segment.vectors), CopyKind.IVF_FP16, 0, N_ROWS)
                       .faiss_index, CopyKind.IVF_FP16)  # fmt: skip
    thorough = cells.depth
    copies = GpuCopies(opener(gpu), CopyOptions(cells_from=1, kind=CopyKind.IVF_FP16))
    copies.use([segment])
    depths = {part.copy.depth for part in copies._held[BitRows.kind].parts}
    assert 1 <= depths.pop() < thorough == 128
    copies.close()


def test_true_neighbours_are_found_in_parts_and_by_the_cpu_where_memory_ends(
    gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "ROWS_AT_ONCE", 1_000)
    index, owner = made_segment("a", VECTORS, FlatRows).index, Owner(lambda: FakeDevice(gpu))
    by_gpu = checking.probe_of(index, owner)
    assert gpu.used_bytes == 0
    assert len(gpu.batches) == 6
    gpu.most_bytes = 1_000
    by_cpu = checking.probe_of(index, owner)
    assert len(gpu.batches) == 6
    assert np.allclose(np.sort(by_gpu.scores), np.sort(by_cpu.scores), atol=1e-4)
    owner.close()


def test_flat_indexes_of_faiss_give_the_best_of_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    import faiss  # noqa: TID251  # the flat index of the CPU in place of that of a GPU

    monkeypatch.setattr("indexer.store.gpu.devices.faiss_copies.BLOCK_ROWS", 1_024)
    matrix = SEGMENTS[CellRows.kind].vectors
    copy = FaissRows(matrix, 500, N_ROWS, lambda: faiss.IndexFlatIP(32))
    rows = copy.rows(QUERIES, 1_500, None) + 500
    expected = nearest(np.arange(500, N_ROWS), 10)[1]
    assert (rows[:, :10] == expected).mean() > 0.99
    assert rows.shape == (len(QUERIES), 1_500), "more than a block holds"
    with pytest.raises(ValueError, match="no masks"):
        copy.rows(QUERIES, 5, np.ones(N_ROWS - 500, np.bool_))
    copy.free()
