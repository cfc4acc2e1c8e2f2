"""Metrics by hand, beside plain implementations, and beside other people's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score

from recommender.choosing.ranking import CUTS, accuracy, ask, first_places, top_items
from recommender.choosing.splits import Case
from tests.recommender.tables import interactions


class Fixed:
    """The same scores for everybody."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.values = values.astype(np.float32)

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.broadcast_to(self.values, (len(people), len(self.values)))


def random_case(
    seed: int, n_people: int = 40, n_items: int = 60
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((n_people, n_items)).astype(np.float32)
    wanted = rng.random((n_people, n_items)) < rng.choice([0.02, 0.1, 0.6], (n_people, 1))
    wanted[np.arange(n_people), rng.integers(0, n_items, n_people)] = True
    return scores, wanted


@pytest.mark.parametrize("seed", range(3))
def test_metrics_equal_plain_implementations_and_scikit_learn(seed: int) -> None:
    scores, wanted = random_case(seed)
    values = accuracy(top_items(scores, 20), wanted)
    for row in range(len(scores)):
        ranked = np.argsort(-scores[row]).tolist()
        liked = set(np.flatnonzero(wanted[row]).tolist())
        for k in CUTS:
            assert values[f"recall_at_{k}"][row] == pytest.approx(
                len({*ranked[:k]} & {*liked}) / len(liked)
            )
            theirs = ndcg_score(wanted[row : row + 1], scores[row : row + 1], k=k)
            assert values[f"ndcg_at_{k}"][row] == pytest.approx(theirs)


RANX = {
    "ndcg_at_5": 0.30215411579355145,
    "ndcg_at_10": 0.316504764430492,
    "ndcg_at_20": 0.3328867047887439,
    "recall_at_5": 0.09551157285728665,
    "recall_at_10": 0.17243156902986514,
    "recall_at_20": 0.31453380106256673,
    "hit_rate_at_5": 0.625,
    "hit_rate_at_10": 0.7,
    "hit_rate_at_20": 0.8,
    "mrr": 0.45048316899993035,
}
"""What ranx 0.3.21 (numba 0.68.1) printed for `random_case(7)`, 2026-11-21.

It is no dependency of the tests: it brings numba and 25 packages and compiles for minutes.
"""


def test_metrics_equal_what_ranx_printed() -> None:
    scores, wanted = random_case(7)
    values = accuracy(top_items(scores, 20), wanted) | first_places(scores, wanted)
    assert {name: values[name].mean() for name in RANX} == pytest.approx(RANX)


@given(st.integers(0, 10_000), st.integers(1, 25), st.integers(1, 25))
@settings(max_examples=60, deadline=None)
def test_the_best_are_those_of_a_stable_sort(seed: int, n_items: int, k: int) -> None:
    # Few different values: ties are the hard part.
    scores = np.random.default_rng(seed).integers(0, 4, (5, n_items)).astype(np.float32)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    assert top_items(scores, k).tolist() == expected.tolist()


def test_an_item_left_out_is_no_item() -> None:
    scores = np.array([[-np.inf, 3.0, -np.inf, 5.0]], np.float32)
    assert top_items(scores, 3).tolist() == [[3, 1, -1]]


def test_the_first_place_counts_the_whole_ranking_and_halves_ties() -> None:
    scores = np.array([[5.0, 4.0, 3.0, 2.0], [1.0, 1.0, 1.0, 0.0]], np.float32)
    wanted = np.array([[False, False, True, True], [True, False, False, False]])
    places = first_places(scores, wanted)
    assert places["rank"].tolist() == [3.0, 2.0]
    assert places["mrr"].tolist() == pytest.approx([1 / 3, 1 / 2])


def test_what_a_person_has_met_is_never_listed_and_never_asked_for() -> None:
    train = interactions("a:0 a:1 b:2")
    test = interactions("a:1 a:3 b:0 b:3")
    case = Case(train, test)
    assert np.argwhere(case.wanted.toarray()).tolist() == [[0, 3], [1, 0], [1, 3]]
    outcome = ask(Fixed(np.array([4.0, 3.0, 2.0, 1.0])).scores, case)
    # a sees 2, 3 and wants 3; b sees 0, 1, 3 and wants 0 and 3.
    assert outcome.values["mrr"].tolist() == pytest.approx([1 / 2, 1.0])
    assert outcome.values["ndcg_at_5"][0] == pytest.approx(1 / np.log2(3))
    assert outcome.values["recall_at_5"].tolist() == [1.0, 1.0]
    assert outcome.known.tolist() == [2, 1]


def test_new_videos_are_asked_for_on_their_own() -> None:
    case = Case(interactions("a:0 b:1"), interactions("a:1 a:3 b:0"))
    outcome = ask(Fixed(np.array([1.0, 4.0, 3.0, 2.0])).scores, case)
    assert outcome.new["recall_at_5"][0] == 1.0
    assert np.isnan(outcome.new["recall_at_5"][1])


def test_chunks_do_not_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    met = " ".join(f"p{u}:{i}" for u in range(9) for i in rng.permutation(12)[:4])
    later = " ".join(f"p{u}:{i}" for u in range(9) for i in rng.permutation(12)[:5])
    case = Case(interactions(met, n_items=12), interactions(later, n_items=12))
    scorer = Fixed(rng.random(12)).scores
    whole = ask(scorer, case)
    monkeypatch.setattr("recommender.choosing.ranking._CHUNK_BYTES", 4 * 12 * 2)
    parts = ask(scorer, case)
    for name, values in whole.values.items():
        assert parts.values[name] == pytest.approx(values)
