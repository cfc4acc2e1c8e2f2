"""The recall that is measured while an index is built."""

from __future__ import annotations

import numpy as np

from indexer.store.faiss_index import FlatIndex
from indexer.store.recall import RecallProbe
from tests.fakes import random_units


def test_recall_falls_where_clips_are_missing_or_moved() -> None:
    rng = np.random.default_rng(4)
    vectors, ids = random_units(rng, 1000, 32), np.arange(1000)
    probe = RecallProbe(vectors[:100])
    for start in range(0, 1000, 130):
        probe.see(ids[start : start + 130], vectors[start : start + 130])
    half = FlatIndex(32)
    half.add(ids[::2], vectors[::2])
    assert 0.4 < probe.recall_at_10(half) < 0.6
    noisy = FlatIndex(32)
    noisy.add(ids, vectors + 0.05 * rng.standard_normal(vectors.shape).astype(np.float32))
    assert probe.recall_at_10(noisy) < 0.99
