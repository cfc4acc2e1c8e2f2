"""The index kinds, and the choice between them."""

from __future__ import annotations

from pathlib import Path

import faiss  # noqa: TID251  # its limits are the process's
import numpy as np
import pytest

import indexer.store.faiss_index
from data.errors import ReelwiseError
from indexer.store.faiss_index import CellIndex, FlatIndex, index_rows
from tests.fakes import random_units
from tests.indexer.store.index_contract import (
    DIM,
    IndexContract,
    clustered,
    share_of_brute_force,
    some_ids,
)


class TestFlatIndex(IndexContract):
    kind = FlatIndex

    def test_what_is_returned_is_the_best_in_order(self) -> None:
        rng = np.random.default_rng(1)
        vectors, ids = random_units(rng, 700, 32), rng.permutation(10_000)[:700].astype(np.int64)
        index, recall = self.build(ids, vectors)
        queries = random_units(rng, 40, 32)
        _, got = index.search(queries, 5)
        best = np.argsort(-(queries @ vectors.T), axis=1)[:, :5]
        assert (got == ids[best]).mean() > 0.99  # float16 may swap two neighbours
        assert recall > 0.998


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
    monkeypatch.setattr(indexer.store.faiss_index, "EXACT", 1_000)
    rows = clustered(10_000)
    assert isinstance(index_rows(rows), CellIndex)
    assert share_of_brute_force(index_rows(rows), rows) > 0.97
    monkeypatch.setattr(indexer.store.faiss_index, "PROBES", 1)
    assert 0.8 < share_of_brute_force(index_rows(rows), rows) < 0.97


def test_where_the_probed_cells_hold_fewer_than_were_wanted_all_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(indexer.store.faiss_index, "PROBES", 1)
    rows = clustered(5_000)
    index = CellIndex.empty(DIM, n=5_000, sample=rows)
    index.add(np.arange(5_000), rows)
    _, got = index.search(rows[:3], 2_000)
    assert got.shape == (3, 2_000)
    assert all(len(set(row)) == 2_000 for row in got.tolist())
    assert got.min() >= 0


def test_reading_an_index_leaves_the_limits_of_faiss_as_they_were(tmp_path: Path) -> None:
    index = FlatIndex(8)
    index.add(np.arange(3), np.eye(3, 8, dtype=np.float32))
    index.save(tmp_path / "good")
    (tmp_path / "bad").write_bytes((tmp_path / "good").read_bytes()[:50])

    def limits() -> tuple[int, int]:
        return (
            faiss.get_deserialization_vector_byte_limit(),
            faiss.get_deserialization_loop_limit(),
        )

    before = limits()
    FlatIndex.load(tmp_path / "good", dim=8, n=3)
    with pytest.raises(ReelwiseError, match="unusable"):
        FlatIndex.load(tmp_path / "bad", dim=8, n=3)
    assert limits() == before
