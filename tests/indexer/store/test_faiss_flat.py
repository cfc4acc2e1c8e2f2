"""The exact index kind."""

from __future__ import annotations

import numpy as np

from indexer.store.faiss_flat import FlatIndex
from tests.fakes import random_units
from tests.indexer.store.index_contract import IndexContract


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
