from __future__ import annotations

import numpy as np
import pytest

from recommender.evaluation.metrics import ndcg_at, recall_at


def test_ndcg_by_hand() -> None:
    # Wanted at places 1 and 3 of three wanted: (1 + 1/2) / (1 + 1/log2(3) + 1/2).
    expected = 1.5 / (1.5 + 1 / np.log2(3))
    assert ndcg_at([7, 1, 8, 2], {7, 8, 9}, 10) == pytest.approx(expected)


def test_a_perfect_page_scores_1_even_when_more_is_wanted_than_fits() -> None:
    assert ndcg_at([1, 2], {1, 2, 3}, 2) == pytest.approx(1.0)


def test_recall_divides_by_all_that_is_wanted() -> None:
    assert recall_at([1, 2], {1, 2, 3, 4}, 2) == 0.5


def test_nothing_wanted_scores_0() -> None:
    assert (ndcg_at([1], set(), 10), recall_at([1], set(), 10)) == (0.0, 0.0)
