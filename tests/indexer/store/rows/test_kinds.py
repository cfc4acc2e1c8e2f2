"""The index kinds."""

from __future__ import annotations

from pathlib import Path

import faiss  # noqa: TID251  # its limits are the process's
import numpy as np
import pytest

from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import INDEX_KINDS, BitRows, CellRows, FlatRows, GraphRows, n_cells
from tests.fakes import random_units
from tests.indexer.store.rows.index_contract import IndexContract, clustered, content_of


class TestFlatRows(IndexContract):
    kind = FlatRows

    def test_what_is_returned_is_the_best_in_order(self) -> None:
        rng = np.random.default_rng(1)
        vectors, queries = random_units(rng, 700, 32), random_units(rng, 40, 32)
        _, got = self.build(vectors).search(queries, 5)
        best = np.argsort(-(queries @ vectors.T), axis=1)[:, :5]
        assert (got == best).mean() > 0.99  # float16 may swap two neighbours


class TestCellRows(IndexContract):
    kind = CellRows


class TestBitRows(IndexContract):
    kind = BitRows


class TestGraphRows(IndexContract):
    kind = GraphRows


def test_every_kind_is_tested() -> None:
    tested = {each.kind for each in IndexContract.__subclasses__()}
    assert tested == set(INDEX_KINDS.values())


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    matrix = HalfMatrix.of(clustered(300))
    for kind, other in ((CellRows, BitRows), (BitRows, GraphRows), (GraphRows, CellRows)):
        kind.build(matrix).save(tmp_path / kind.kind)
        with pytest.raises(ValueError, match=f"not of the kind {other.kind}"):
            other.load(content_of(tmp_path / kind.kind), matrix)


def test_codes_take_a_sixteenth_of_the_memory_of_vectors() -> None:
    matrix = HalfMatrix.of(random_units(np.random.default_rng(0), 2_000, 512))
    bits, cells = BitRows.build(matrix), CellRows.build(matrix)
    per_vector = (bits.memory_bytes - 4 * 512 * n_cells(2_000)) / 2_000
    assert per_vector < 1024 / 8
    assert cells.memory_bytes > matrix.size_bytes


def test_reading_an_index_leaves_the_limits_of_faiss_as_they_were(tmp_path: Path) -> None:
    matrix = HalfMatrix.of(clustered(300))
    CellRows.build(matrix).save(tmp_path / "good")
    content = content_of(tmp_path / "good")

    def limits() -> tuple[int, int]:
        return (
            faiss.get_deserialization_vector_byte_limit(),
            faiss.get_deserialization_loop_limit(),
        )

    before = limits()
    CellRows.load(content, matrix)
    with pytest.raises(ValueError, match="cannot read"):
        CellRows.load(content[:50], matrix)
    assert limits() == before
