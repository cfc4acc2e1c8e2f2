from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.diversity import DIVERSITY, diversify, keep_places, places_for_new


def test_a_twin_loses_its_part_and_gives_way() -> None:
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 1]]
    got = diversify(np.array([1.0, 0.9, 0.8]), vectors, 3)
    assert [position for position, _ in got] == [0, 2, 1]
    assert got[2][1] == pytest.approx(0.9 * (1 - DIVERSITY))


def test_the_opposite_is_not_rewarded() -> None:
    vectors = np.array([[1, 0], [-1, 0], [0, 1]], np.float32)
    got = diversify(np.array([1.0, 0.5, 0.6]), vectors, 3)
    assert [value for _, value in got] == pytest.approx([1.0, 0.6, 0.5])


@settings(max_examples=60, deadline=None)
@given(n=st.integers(0, 60), k=st.integers(1, 30), seed=st.integers(0, 10_000))
def test_values_never_rise_and_nothing_comes_twice(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 4)).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    got = diversify(rng.random(n), vectors, k)
    assert len({position for position, _ in got}) == len(got) == min(n, k)
    values = [value for _, value in got]
    assert values == sorted(values, reverse=True)


def test_a_tenth_of_the_places_is_kept_for_new_videos() -> None:
    assert [places_for_new(k) for k in (1, 4, 5, 10, 14, 15, 100)] == [0, 0, 1, 1, 1, 2, 10]


def test_a_kept_place_is_the_last_and_worth_no_more_than_the_one_before() -> None:
    page = [(i, 1.0 - 0.1 * i) for i in range(5)]
    kept, brought = keep_places(page, [(9, 0.95)], 5)
    assert [position for position, _ in kept] == [0, 1, 2, 3, 9]
    assert kept[-1][1] == kept[-2][1]
    assert brought == {9}


def test_a_new_video_that_came_by_itself_fills_the_place() -> None:
    page = [(i, 1.0 - 0.1 * i) for i in range(5)]
    assert keep_places(page, [(2, 0.8), (9, 0.7)], 5) == (page, set())


def test_new_videos_never_push_each_other_out() -> None:
    page = [(0, 0.9), (1, 0.8), (2, 0.7), (3, 0.6), (4, 0.5)] + [(i, 0.1) for i in range(5, 15)]
    kept, brought = keep_places(page, [(14, 0.1), (20, 0.05)], 15)
    assert brought == {20}
    assert 14 in {position for position, _ in kept}
    assert len(kept) == 15
