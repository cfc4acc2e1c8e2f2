"""Cells: centres by k-means, and the nearest of them."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.store.rows import cells
from indexer.store.rows.cells import centres_of, nearest_cells
from tests.fakes import random_units, unit_rows


def test_the_nearest_centre_is_that_of_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "_AT_ONCE", 64)
    rng = np.random.default_rng(1)
    rows, centres = random_units(rng, 500, 16), random_units(rng, 20, 16)
    assert np.array_equal(nearest_cells(rows, centres), (rows @ centres.T).argmax(axis=1))


def test_groups_that_lie_apart_have_a_centre_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "_AT_ONCE", 100)
    rng = np.random.default_rng(2)
    groups = random_units(rng, 8, 64)
    rows = unit_rows(groups[rng.integers(8, size=1000)] + 0.02 * random_units(rng, 1000, 64))
    # More centres than groups: some of them are empty after a round, and are set anew.
    centres = centres_of(rows, 24, 10)
    assert np.allclose(np.linalg.norm(centres, axis=1), 1, atol=1e-5)
    assert ((groups @ centres.T).max(axis=1) > 0.99).all()
    assert len(np.unique(nearest_cells(rows, centres))) > 12


def test_each_round_brings_rows_nearer_to_their_centre() -> None:
    rows = random_units(np.random.default_rng(3), 2000, 16)
    near = [(rows @ centres_of(rows, 32, rounds).T).max(axis=1).mean() for rounds in (0, 1, 8)]
    assert near[0] < near[1] < near[2]
