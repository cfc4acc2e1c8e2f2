"""The real GPUs of this machine. Nothing here has run yet: no machine with a GPU was at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import pytest

from indexer.store.gpu import copies as copies_module
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from indexer.store.gpu.devices.copy_kinds import CopyKind
from indexer.store.gpu.devices.device import Copy, Device
from indexer.store.gpu.devices.faiss_copies import FaissCells
from indexer.store.gpu.devices.packed import PackedCells, pack
from indexer.store.gpu.opening import cuvs_version, open_trainer, tried_gpus, tried_graph
from indexer.store.gpu.owner import Owner
from indexer.store.rows.kinds import BitRows, CellRows
from indexer.store.rows.tuning import RecallProbe
from tests.indexer.store.gpu.copy_contract import N_ROWS, QUERIES, VECTORS, CopyContract, nearest
from tests.indexer.store.gpu.fake_gpu import made_segment
from tests.indexer.store.gpu.kind_contract import SEGMENTS, KindContract, recall

pytestmark = pytest.mark.gpu


def real_gpus() -> Mapping[int, Callable[[], Device]]:
    from indexer.store.gpu.devices.cuda import open_gpus

    return open_gpus()


class TestCopiesOnRealGpus(CopyContract):
    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        return real_gpus


class TestCopiesByFaissAlone(CopyContract):
    """Flat indexes of FAISS, as on a machine where torch cannot use the GPU."""

    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        from indexer.store.gpu.devices.cuda import CudaDevice

        return lambda: {0: lambda: CudaDevice(0, by_torch=False)}


class TestKindsOnRealGpus(KindContract):
    """Cells of FAISS, cloned to a GPU."""

    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        return real_gpus


@pytest.mark.skipif(cuvs_version() is None, reason="cuvs is not installed: reelwise[gpu]")
def test_a_graph_of_cuvs_finds_what_the_library_wants() -> None:
    copies = GpuCopies(real_gpus, CopyOptions(cells_from=1, has_cuvs=True, kind=CopyKind.CAGRA))
    segment = SEGMENTS[BitRows.kind]
    copies.use([segment])
    assert (copies.warnings, copies.n_held) == ((), N_ROWS)
    assert recall(copies.search(segment, QUERIES, 10, None)) > 0.92
    copies.close()
    assert tried_graph()


def copied(device: Device, packed: PackedCells) -> Copy:
    return device.copy_cells(packed)


def test_what_faiss_finds_on_a_gpu_it_finds_on_the_cpu(owner: Owner) -> None:
    index = BitRows.build(SEGMENTS[BitRows.kind].vectors)
    for kind in (CopyKind.IVF_FLAT, CopyKind.IVF_FP16, CopyKind.IVF_SQ8):
        packed = pack(index, kind, 0, N_ROWS)
        copy = owner.do(partial(copied, packed=packed))
        answer = owner.ask(copy, QUERIES, 42, None)
        assert answer is not None
        on_cpu = FaissCells(packed.faiss_index, kind).rows(QUERIES, 42, None)
        same = (owner.rows_of(answer)[:, :, None] == on_cpu[:, None, :]).any(axis=2)
        assert same.mean() > 0.98, kind
        owner.discard(copy)


@pytest.fixture
def owner() -> Iterator[Owner]:
    made = Owner(next(iter(real_gpus().values())))
    yield made
    made.close()


def test_torch_compares_every_row(owner: Owner) -> None:
    segment = made_segment("a", VECTORS)
    copy = owner.do(lambda device: device.copy_rows(segment.index, 0, N_ROWS))
    answer = owner.ask(copy, QUERIES, 20, None)
    assert answer is not None
    rows = owner.rows_of(answer)
    expected = nearest(np.arange(N_ROWS), 10)[1]
    assert all(set(best) <= set(got) for best, got in zip(expected, rows, strict=True))


def test_a_full_gpu_leaves_the_search_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(copies_module, "WORKING_BYTES", -(1 << 50))  # believes that there is room
    free_bytes = torch.cuda.mem_get_info(0)[0]
    taken = torch.empty(max(free_bytes - (16 << 20), 0), dtype=torch.uint8, device="cuda:0")
    rows = np.tile(VECTORS, (100, 1))
    copies = TestCopiesOnRealGpus().copies()
    segment = made_segment("a", rows)
    copies.use([segment])
    scores, _ = copies.search(segment, QUERIES, 5, None)
    assert np.allclose(scores, segment.index.search(QUERIES, 5)[0], atol=1e-3)
    if torch.cuda.device_count() == 1:
        assert "a GPU has no memory left; searching without" in copies.warnings
    copies.close()
    del taken


def test_free_memory_is_the_same_by_torch_and_by_the_driver() -> None:
    import torch

    from indexer.store.gpu.devices.cuda import CudaDevice

    by_torch, by_driver = (CudaDevice(0, by_torch=each).free_bytes() for each in (True, False))
    assert abs(by_torch - by_driver) < 1 << 30
    assert 0 < by_driver <= torch.cuda.get_device_properties(0).total_memory


def test_cells_trained_on_a_gpu_are_as_good_as_on_the_cpu() -> None:
    matrix = made_segment("a", VECTORS).vectors
    recalls = []
    for trainer in (None, open_trainer("cuda")):
        index = CellRows.build(matrix, trainer)
        index.parameters = {"nprobe": 8}
        recalls.append(RecallProbe.of(matrix).recall_at_10(index))
    assert recalls[1] > recalls[0] - 0.03


def test_every_gpu_is_tried_by_the_doctor() -> None:
    assert len(tried_gpus()) == len(real_gpus())
