from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.events.confidence import decayed, view_confidence


def confidence(watched_s: float, duration_s: float) -> float:
    return float(view_confidence(np.array([watched_s]), np.array([duration_s]))[0])


@pytest.mark.parametrize(
    ("watched_s", "duration_s", "expected"),
    [
        (9.9, 100.0, 0.0),  # under 10 %
        (45.0, 100.0, 0.5),  # halfway between 10 % and 80 %
        (80.0, 100.0, 1.0),
        (140.0, 100.0, 1.0),
        (2.9, 5.0, 0.0),  # over half, but under 3 s
        (2.0, 2.2, 1.0),  # a short one, finished
        (2.9, np.nan, 0.0),
        (30.0, np.nan, 0.5),  # nobody knows of how much
        (30.0, 0.0, 0.5),
        (np.nan, 100.0, 1.0),  # a view, seconds unknown
    ],
)
def test_confidence_follows_the_watched_fraction(
    watched_s: float, duration_s: float, expected: float
) -> None:
    assert confidence(watched_s, duration_s) == pytest.approx(expected)


@given(a=st.floats(0, 1e308), b=st.floats(0, 1e308), duration_s=st.floats(5e-324, 1e308))
def test_watching_longer_never_says_less(a: float, b: float, duration_s: float) -> None:
    low, high = sorted((a, b))
    assert 0.0 <= confidence(low, duration_s) <= confidence(high, duration_s) <= 1.0


def test_a_weight_halves_with_each_half_life_and_the_future_counts_as_now() -> None:
    day_s = 86_400.0
    got = decayed(np.array([-5 * day_s, 0.0, 14 * day_s, 28 * day_s]), 14.0)
    assert got.tolist() == pytest.approx([1.0, 1.0, 0.5, 0.25])
