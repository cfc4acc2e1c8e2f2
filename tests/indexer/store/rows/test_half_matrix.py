"""Matrices of float16 in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import ReelwiseError
from indexer.store.rows.half_matrix import HalfMatrix, writing
from tests.fakes import random_units

ROWS = random_units(np.random.default_rng(0), 300, 33)


def written(path: Path, dim: int = 33) -> Path:
    with writing(path, dim) as file:
        for start in range(0, 300, 70):
            file.add(ROWS[start : start + 70])
    return path


def test_a_file_is_mapped_and_holds_what_was_written(tmp_path: Path) -> None:
    mapped = HalfMatrix.map(written(tmp_path / "m"), dim=33, n=300)
    assert (len(mapped), mapped.is_mapped, HalfMatrix.of(ROWS).is_mapped) == (300, True, False)
    assert np.array_equal(mapped.half, ROWS.astype(np.float16))
    assert np.allclose(mapped.rows([7, 299, 0]), ROWS[[7, 299, 0]], atol=1e-3)
    assert mapped.half.ctypes.data % 2 == 0
    joined = np.concatenate([rows for _, rows in mapped.blocks()])
    assert np.array_equal(joined, mapped.rows(slice(None)))


def test_faiss_compares_the_rows_where_they_lie(tmp_path: Path) -> None:
    mapped = HalfMatrix.map(written(tmp_path / "m"), dim=33, n=300)
    assert not mapped.flat.codes.is_owned
    scores, rows = mapped.nearest(ROWS[:20], 3)
    exact = ROWS[:20] @ mapped.rows(slice(None)).T
    assert np.array_equal(rows, np.argsort(-exact, axis=1)[:, :3])
    assert np.allclose(scores, -np.sort(-exact, axis=1)[:, :3], atol=1e-5)


def test_an_empty_matrix_has_no_neighbours(tmp_path: Path) -> None:
    with writing(tmp_path / "m", 8):
        pass
    empty = HalfMatrix.map(tmp_path / "m", dim=8, n=0)
    assert empty.nearest(np.ones((1, 8), np.float32), 2)[1].tolist() == [[-1, -1]]


@pytest.mark.parametrize(("dim", "n"), [(33, 299), (32, 300), (300, 33)])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, dim: int, n: int) -> None:
    path = written(tmp_path / "m")
    with pytest.raises(ReelwiseError, match=f"does not hold {n} vectors of {dim}"):
        HalfMatrix.map(path, dim=dim, n=n)


def test_a_header_that_faiss_would_read_otherwise_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "m")
    content = path.read_bytes()
    for place in range(128):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(ReelwiseError, match="does not hold"):
            HalfMatrix.map(path, dim=33, n=300)


def test_the_nearest_of_some_rows_are_told_by_their_place() -> None:
    rng = np.random.default_rng(8)
    rows, queries = random_units(rng, 300, 24), random_units(rng, 5, 24)
    matrix, chosen = HalfMatrix.of(rows), np.array([250, 3, 77, 78, 10])
    scores, places = matrix.nearest_of(queries, 3, chosen)
    known = queries @ matrix.rows(chosen).T
    assert np.array_equal(places, np.argsort(-known, axis=1)[:, :3])
    assert np.allclose(scores, -np.sort(-known, axis=1)[:, :3], atol=1e-5)
