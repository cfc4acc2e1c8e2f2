"""iALS beside plain normal equations."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources import ials
from recommender.sources.base import Source
from recommender.sources.ials import DECAY, FACTORS, fit_ials
from recommender.sources.registry import IALS
from tests.recommender.sources.contract import SavedSourceContract

UNSEEN = 0.05


def met(n_people: int = 40, n_items: int = 300) -> sparse.csr_array:
    """People who met nothing, a few, and nearly all items."""
    rng = np.random.default_rng(0)
    parts = np.concatenate([[0.0, 1.0], rng.random(n_people - 2) ** 3])
    dense = rng.uniform(0.1, 1.0, (n_people, n_items))
    dense *= rng.random((n_people, n_items)) < parts[:, None]
    return sparse.csr_array(dense)


def plainly(liked: NDArray[np.float64], items: NDArray[np.float64]) -> NDArray[np.float64]:
    """The best vector of each row, one system at a time, in double precision."""
    found = np.zeros((len(liked), FACTORS))
    n_known = np.count_nonzero(items.any(axis=1))
    for row, weight in enumerate(liked):
        if weight.any():
            ridge = DECAY * (weight.sum() + UNSEEN * n_known)
            system = UNSEEN * items.T @ items + (items.T * weight) @ items
            found[row] = np.linalg.solve(system + ridge * np.eye(FACTORS), items.T @ weight)
    return found


@pytest.mark.parametrize("rounds", [40, 1])
def test_people_are_the_solutions_of_their_normal_equations(
    rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ials, "_ROUNDS", rounds)  # after a single one LAPACK takes over
    liked = met()
    lengths = np.diff(liked.indptr)
    assert lengths.min() == 0 < (lengths < FACTORS).sum()
    assert (lengths > FACTORS).sum() >= 3
    items = np.random.default_rng(1).standard_normal((300, FACTORS)).astype(np.float32)
    found = ials._Side(items, UNSEEN).solved(liked.astype(np.float32))
    expected = plainly(liked.toarray(), items.astype(np.float64))
    assert found == pytest.approx(expected, abs=1e-4)


def test_rows_are_solved_in_any_company(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = fit_ials(met()).items
    monkeypatch.setattr(ials, "_PADDED", 3.0)
    monkeypatch.setattr(ials, "_NUMBERS", FACTORS * 300)
    assert fit_ials(met()).items == pytest.approx(expected, abs=1e-3)


class TestIals(SavedSourceContract):
    name, tolerance = IALS, 1e-4

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        return fit_ials(histories.matrix().astype(np.float64))
