"""What is asked of cuvs, by one that compares every row on the CPU: the package needs a GPU."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from indexer.store.gpu.devices.cagra import CagraCopy
from indexer.store.rows.half_matrix import HalfMatrix
from tests.indexer.store.rows.index_contract import clustered

VECTORS = clustered(900)


class Array:
    """As the arrays that cuvs gives."""

    def __init__(self, rows: torch.Tensor) -> None:
        self._rows = rows

    def copy_to_host(self) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
        return self._rows.numpy().astype(np.uint32)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """The parameters that cuvs was given."""
    seen: list[SimpleNamespace] = []

    def params(**values: object) -> SimpleNamespace:
        seen.append(SimpleNamespace(**values))
        return seen[-1]

    def search(
        params: SimpleNamespace, index: torch.Tensor, queries: torch.Tensor, k: int
    ) -> tuple[None, Array]:
        assert queries.dtype == index.dtype == torch.float16
        assert k <= params.itopk_size
        rows = (queries.float() @ index.float().T).topk(k, dim=1).indices
        rows[:, -1] = 0xFFFFFFFF  # what it writes where it found too few
        return None, Array(rows)

    cagra = SimpleNamespace(
        IndexParams=params, SearchParams=params, build=lambda _, rows: rows, search=search
    )
    neighbors = ModuleType("cuvs.neighbors")
    monkeypatch.setattr(neighbors, "cagra", cagra, raising=False)
    monkeypatch.setitem(sys.modules, "cuvs", ModuleType("cuvs"))
    monkeypatch.setitem(sys.modules, "cuvs.neighbors", neighbors)
    return seen


def test_rows_are_counted_from_the_first_and_those_that_there_are_not_are_told(
    asked: list[SimpleNamespace],
) -> None:
    copy = CagraCopy(HalfMatrix.of(VECTORS), 100, 900, torch.device("cpu"))
    rows = copy.rows(VECTORS[100:900:50], 5, None)
    assert rows.dtype == np.int64
    assert rows[:, 0].tolist() == list(range(0, 800, 50))
    assert (rows[:, -1] == -1).all()
    assert asked[0].metric == "inner_product"
    copy.free()


def test_a_walk_keeps_as_many_rows_in_view_as_are_wanted(asked: list[SimpleNamespace]) -> None:
    copy = CagraCopy(HalfMatrix.of(VECTORS), 0, 900, torch.device("cpu"))
    for depth, k, width in ((64, 10, 64), (64, 70, 96), (512, 70, 512), (64, 512, 512)):
        copy.depth = depth
        assert copy.rows(VECTORS[:2], k, None).shape == (2, k)
        assert asked[-1].itopk_size == width
    with pytest.raises(ValueError, match="no masks"):
        copy.rows(VECTORS[:2], 5, np.ones(900, np.bool_))
