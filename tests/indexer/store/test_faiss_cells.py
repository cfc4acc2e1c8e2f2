from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import indexer.store.faiss_cells
from indexer.store.faiss_cells import NearestRows


def vectors(n: int, *, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    rows = np.repeat(rng.standard_normal((n // 50, 32)), 50, axis=0)
    rows += 0.7 * rng.standard_normal(rows.shape)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def share_found(nearest: NearestRows, rows: NDArray[np.float32]) -> float:
    rng = np.random.default_rng(1)
    among = rng.random(len(rows)) < 0.7
    found = []
    for query in rows[rng.integers(len(rows), size=100)]:
        got = nearest.search(query[None], 20, among=among)
        assert among[got].all()
        assert (np.diff(got) > 0).all()
        scores = np.where(among, rows @ query, -2.0)
        found.append(np.isin(np.argpartition(-scores, 20)[:20], got).mean())
    return float(np.mean(found))


def test_few_rows_are_compared_one_by_one() -> None:
    rows = vectors(2_000)
    assert share_found(NearestRows(rows), rows) > 0.99  # float16 may swap the last two


def test_many_rows_are_looked_for_in_a_few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer.store.faiss_cells, "EXACT", 1_000)
    rows = vectors(10_000)
    assert share_found(NearestRows(rows), rows) > 0.97
    monkeypatch.setattr(indexer.store.faiss_cells, "PROBES", 1)
    assert 0.8 < share_found(NearestRows(rows), rows) < 0.97


def test_several_queries_give_each_row_once_and_nothing_gives_nothing() -> None:
    rows = vectors(500)
    everything = np.ones(500, bool)
    nearest = NearestRows(rows)
    assert len(nearest) == 500
    assert nearest.search(rows[[3, 3, 4]], 500, among=everything).tolist() == list(range(500))
    assert not len(nearest.search(rows[:0], 5, among=everything))
    assert not len(nearest.search(rows[:2], 5, among=~everything))
