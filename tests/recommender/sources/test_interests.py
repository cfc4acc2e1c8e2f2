from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.sources.interests import MAX_INTERESTS, find_interests
from tests.recommender.people import around, axes


@pytest.mark.parametrize("n_tastes", [1, 2, 3, 5])
def test_there_are_as_many_interests_as_tastes(n_tastes: int) -> None:
    vectors = around(axes(n_tastes), 8)
    found = find_interests(vectors, np.ones(len(vectors)))
    assert len(found) == n_tastes
    themes = [{int(m) // 8 for m in one.members} for one in found]
    assert sorted(themes, key=min) == [{t} for t in range(n_tastes)]


def test_the_heavier_taste_comes_first_with_its_share() -> None:
    vectors = around(axes(2), 5)
    found = find_interests(vectors, np.array([1.0] * 5 + [3.0] * 5))
    assert [round(one.share, 6) for one in found] == [0.75, 0.25]
    assert found[0].medoid >= 5


def test_one_odd_video_among_many_is_no_interest() -> None:
    vectors = np.concatenate([around(axes(1), 30), around([axes(2)[1]], 1)])
    assert len(find_interests(vectors, np.ones(31))) == 1


def test_the_medoid_is_the_most_central_member() -> None:
    angles = np.deg2rad([0.0, 8.0, 10.0, 12.0, 20.0])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert find_interests(vectors, np.ones(5))[0].medoid == 2


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 40),
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-9, 1e6),
)
def test_everything_watched_belongs_to_exactly_one_interest(
    n: int, seed: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 6)).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    found = find_interests(vectors, rng.uniform(0.1, 1.0, n) * scale)
    assert len(found) <= MAX_INTERESTS
    assert sorted(int(m) for one in found for m in one.members) == list(range(n))
    assert all(one.medoid in one.members for one in found)
    assert sum(one.share for one in found) == pytest.approx(1.0 if n else 0.0)
