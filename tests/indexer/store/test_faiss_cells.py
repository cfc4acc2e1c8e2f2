"""The approximate index kind, and the choice between it and the exact one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import indexer.store.faiss_cells
from data.errors import ReelwiseError
from indexer.store.faiss_cells import CellIndex, index_rows
from indexer.store.faiss_flat import FlatIndex
from tests.indexer.store.index_contract import (
    DIM,
    IndexContract,
    clustered,
    share_of_brute_force,
    some_ids,
)


class TestCellIndex(IndexContract):
    kind = CellIndex
    least_recall = 0.97

    def test_a_file_of_another_kind_is_refused(self, tmp_path: Path) -> None:
        cells, _ = self.build(some_ids(300), clustered(300))
        cells.save(tmp_path / "cells")
        flat = FlatIndex(DIM)
        flat.add(some_ids(300), clustered(300))
        flat.save(tmp_path / "flat")
        with pytest.raises(ReelwiseError, match="not of the kind flat_fp16"):
            FlatIndex.load(tmp_path / "cells", dim=DIM, n=300)
        with pytest.raises(ReelwiseError, match="not of the kind ivf_fp16"):
            CellIndex.load(tmp_path / "flat", dim=DIM, n=300)


def test_few_rows_are_compared_one_by_one() -> None:
    rows = clustered(2_000)
    assert isinstance(index_rows(rows), FlatIndex)
    assert share_of_brute_force(index_rows(rows), rows) > 0.99  # float16 may swap the last two


def test_many_rows_are_looked_up_in_a_few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer.store.faiss_cells, "EXACT", 1_000)
    rows = clustered(10_000)
    assert isinstance(index_rows(rows), CellIndex)
    assert share_of_brute_force(index_rows(rows), rows) > 0.97
    monkeypatch.setattr(indexer.store.faiss_cells, "PROBES", 1)
    assert 0.8 < share_of_brute_force(index_rows(rows), rows) < 0.97


def test_one_probed_cell_may_hold_fewer_than_were_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer.store.faiss_cells, "PROBES", 1)
    rows = clustered(5_000)
    index = CellIndex.empty(DIM, n=5_000, sample=rows)
    index.add(np.arange(5_000), rows)
    _, got = index.search(rows[:3], 2_000)
    assert got.shape == (3, 2_000)
    assert (got == -1).any()
    assert all(len(np.unique(row[row >= 0])) == (row >= 0).sum() for row in got)
