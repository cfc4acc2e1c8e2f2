"""The recall that is measured while an index is built, and what is chosen by it."""

from __future__ import annotations

import numpy as np
import pytest

from data.arrays import Floats, Ids
from data.errors import ReelwiseError
from indexer.store.rows import choice, half_matrix
from indexer.store.rows.choice import AUTO, chosen_kind, index_rows
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import BitRows, CellRows, FlatRows, GraphRows
from indexer.store.rows.row_index import RowIndex
from indexer.store.rows.tuning import RecallProbe, nearest_rows, tune, tuned
from tests.fakes import random_units
from tests.indexer.store.rows.index_contract import clustered


def test_recall_is_the_share_of_the_true_ten() -> None:
    rows = random_units(np.random.default_rng(4), 1000, 32)
    probe = RecallProbe.of(HalfMatrix.of(rows))
    exact = FlatRows.build(HalfMatrix.of(rows))
    assert probe.recall_at_10(exact) > 0.998

    class Half(FlatRows):
        def likely(self, queries: Floats, k: int) -> tuple[Floats, Ids]:
            return self.search(queries, k, allowed=np.arange(1000) % 2 == 0)

    assert 0.4 < probe.recall_at_10(Half.build(HalfMatrix.of(rows))) < 0.6


def test_queries_are_no_stored_vectors() -> None:
    matrix = HalfMatrix.of(clustered(1000))
    probe = RecallProbe.of(matrix)
    nearest = (probe.queries @ matrix.rows(slice(None)).T).max(axis=1)
    assert 0.5 < nearest.mean() < 0.95


def test_an_exact_kind_is_not_compared_with_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(RecallProbe, "of")
    matrix = HalfMatrix.of(random_units(np.random.default_rng(1), 200, 16))
    assert tuned(FlatRows.build(matrix)) == 1
    with pytest.raises(AttributeError):
        tuned(CellRows.build(matrix))


@pytest.mark.parametrize("share", [0.004, 0.3, 1.0])
def test_the_nearest_rows_are_those_of_all_blocks(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(half_matrix, "BLOCK", 128)
    rng = np.random.default_rng(2)
    rows, queries = random_units(rng, 1000, 16), random_units(rng, 30, 16)
    allowed = rng.random(1000) < share
    scores, found = nearest_rows(queries, HalfMatrix.of(rows), allowed if share < 1 else None)
    known = np.where(allowed, queries @ rows.astype(np.float16).astype(np.float32).T, -np.inf)
    n = min(10, int(allowed.sum()))
    best = -np.sort(-known, axis=1)[:, :10]
    assert np.allclose(-np.sort(-scores, axis=1), best, atol=1e-6)
    assert ((found >= 0).sum(axis=1) == n).all()
    inside = found >= 0
    assert allowed[found[inside]].all()


def test_what_no_setting_reaches_is_searched_as_thoroughly_as_can_be() -> None:
    index = CellRows.build(HalfMatrix.of(random_units(np.random.default_rng(1), 2000, 64)))
    reached = tune(index, RecallProbe.of(index.matrix), 1.1)
    assert index.parameters == CellRows.settings[-1]
    assert reached > 0.99


def test_a_kind_is_chosen_by_the_number_of_vectors_or_by_name() -> None:
    assert chosen_kind(1000) is chosen_kind(1000, AUTO) is FlatRows
    assert chosen_kind(1_000_000) is BitRows
    assert chosen_kind(10, "hnsw_fp16") is GraphRows
    with pytest.raises(ReelwiseError, match="no index kind 'tree'") as caught:
        chosen_kind(10, "tree")
    assert "ivf_rabitq" in caught.value.fix


def share_of_brute_force(index: RowIndex, rows: Floats) -> float:
    """Share of the twenty nearest allowed rows that an index of row numbers returns."""
    rng = np.random.default_rng(1)
    allowed = rng.random(len(rows)) < 0.7
    shares = []
    for query in rows[rng.integers(len(rows), size=100)]:
        _, got = index.search(query[None], 20, allowed=allowed)
        scores = np.where(allowed, rows @ query, -2.0)
        shares.append(np.isin(np.argpartition(-scores, 20)[:20], got).mean())
    return float(np.mean(shares))


def test_few_rows_are_compared_one_by_one_and_of_many_the_likely_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = clustered(10_000)
    assert isinstance(index_rows(rows), FlatRows)
    assert share_of_brute_force(index_rows(rows), rows) > 0.99  # float16 may swap the last two
    monkeypatch.setattr(choice, "EXACT_UP_TO", 1_000)
    assert isinstance(index_rows(rows), CellRows)
    assert share_of_brute_force(index_rows(rows), rows) > 0.9
