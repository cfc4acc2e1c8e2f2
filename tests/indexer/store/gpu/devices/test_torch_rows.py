"""The exact search and the training in torch, on torch's CPU: the code that runs on a GPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from indexer.store.gpu.devices import torch_rows as rows_module
from indexer.store.gpu.devices.torch_cells import TorchCells
from indexer.store.gpu.devices.torch_rows import TorchRows
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import BitRows, CellRows, FlatRows
from indexer.store.rows.row_index import CellTrainer, RowIndex
from indexer.store.rows.tuning import RecallProbe
from tests.indexer.store.rows.index_contract import clustered

CPU = torch.device("cpu")
VECTORS = clustered(3_000)
MATRIX = HalfMatrix.of(VECTORS)


@pytest.mark.parametrize("block", [1 << 20, 700])
def test_every_row_is_compared_block_by_block(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "BLOCK_ROWS", block)
    monkeypatch.setattr(rows_module, "QUERIES_AT_ONCE", 16)
    copy = TorchRows(MATRIX, 500, 3_000, CPU)
    queries = VECTORS[::61]
    best = MATRIX.nearest(queries, 3_000)[1]
    for allowed in (None, np.arange(3_000) % 3 == 0):
        mine = None if allowed is None else allowed[500:]
        got = copy.rows(queries, 10, mine) + 500
        for row, expected in zip(got, best, strict=True):
            passing = [
                each for each in expected if each >= 500 and (allowed is None or allowed[each])
            ]
            assert len(set(row) & set(passing[:10])) >= 9, "half precision may swap the last"
            assert set(row) <= set(passing[:14])


def test_a_gpu_is_asked_for_what_it_has_kernels_for() -> None:
    """Torch follows devices, types and shapes of what runs on a GPU without one."""
    gpu = torch.device("cuda", 0)
    with FakeTensorMode():
        rows, asked = (torch.empty(n, 32, dtype=torch.float16, device=gpu) for n in (900, 5))
        mask = torch.empty(900, dtype=torch.bool, device=gpu)
        products = rows_module.half_products(asked, rows)
        assert (products.device, products.dtype) == (gpu, torch.float32)
        assert products.shape == (5, 900)
        for allowed in (None, mask):
            found = rows_module.nearest(asked, [rows[:500], rows[500:]], 40, allowed)
            assert (found.device, found.dtype, found.shape) == (gpu, torch.int64, (5, 40))


def test_rows_that_there_are_not_are_told() -> None:
    copy = TorchRows(MATRIX, 0, 3_000, CPU)
    allowed = np.arange(3_000) == 7
    assert copy.rows(VECTORS[7:8], 3, allowed).tolist() == [[7, -1, -1]]
    copy.free()


def recall(index: RowIndex) -> float:
    index.parameters = {**index.settings[-1], "nprobe": 8}
    return RecallProbe.of(index.matrix).recall_at_10(index)


def test_cells_trained_in_torch_are_as_good_as_those_of_faiss() -> None:
    trainer: CellTrainer = TorchCells(CPU)
    for kind in (CellRows, BitRows):
        by_torch = kind.build(MATRIX, trainer)
        assert len(by_torch) == 3_000
        assert recall(by_torch) > recall(kind.build(MATRIX)) - 0.03
        centres = by_torch.faiss_index.quantizer.reconstruct_n(0, by_torch.faiss_index.nlist)
        assert np.allclose(np.linalg.norm(centres, axis=1), 1.0, atol=1e-3)


def test_rows_lie_in_the_cells_in_which_faiss_would_put_them() -> None:
    trainer = TorchCells(CPU)
    index = CellRows.build(MATRIX, trainer)
    cells = index.faiss_index
    centres = cells.quantizer.reconstruct_n(0, cells.nlist)
    nearest = trainer.nearest(MATRIX.rows(slice(None)), centres)
    by_faiss = cells.quantizer.search(MATRIX.rows(slice(None)), 1)[1].ravel()
    assert (nearest == by_faiss).mean() > 0.99  # half precision
    counts = [cells.invlists.list_size(each) for each in range(cells.nlist)]
    assert counts == np.bincount(nearest, minlength=cells.nlist).tolist()


def test_no_cell_is_left_empty() -> None:
    few = np.repeat(clustered(40), 50, axis=0)
    centres = TorchCells(CPU).centres(few, 32, 8)
    assert np.isfinite(centres).all()
    assert len(np.unique(centres, axis=0)) == 32


def test_exact_kinds_need_no_training() -> None:
    assert isinstance(FlatRows.build(MATRIX, TorchCells(CPU)), FlatRows)
