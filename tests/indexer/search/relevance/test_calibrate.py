"""Relevance: what a score is worth in this library, for this query."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_ndtr

from indexer.search.relevance.calibrate import CONFIDENT_RELEVANCE, Background


def background(rng: np.random.Generator, n: int, mean: float, spread: float) -> Background:
    return Background(rng.normal(mean, spread, n).astype(np.float32), n)


def test_the_best_of_many_accidents_is_confident_about_half_the_time() -> None:
    rng = np.random.default_rng(1)
    confident = 0
    for _ in range(400):
        noise = background(rng, 500, 0.2, 0.05)
        confident += noise.relevance(float(noise.scores.max())) >= CONFIDENT_RELEVANCE
    # 0.5 by definition for normal g, a little more since g bends normal scores upwards; without
    # the power n it would be 1.
    assert 0.4 < confident / 400 < 0.7


def test_an_accident_is_rarely_taken_for_certain() -> None:
    rng = np.random.default_rng(2)
    certain = sum(
        noise.relevance(float(noise.scores.max())) >= 0.95
        for noise in (background(rng, 500, 0.2, 0.05) for _ in range(400))
    )
    assert certain / 400 < 0.2  # 0.05 by definition, 1 without the power n


def test_a_score_far_above_the_background_is_relevant_and_a_usual_one_is_not() -> None:
    noise = background(np.random.default_rng(3), 10_000, 0.2, 0.03)
    assert noise.relevance(0.2) < 1e-6
    assert noise.relevance(0.30) < 0.5
    assert noise.relevance(0.40) > 0.99


def test_matches_among_the_background_do_not_raise_the_bar() -> None:
    rng = np.random.default_rng(4)
    scores = np.concatenate([rng.normal(0.2, 0.03, 900), rng.normal(0.6, 0.03, 100)])
    mixed = Background(scores.astype(np.float32), 1000)
    assert mixed.relevance(0.6) > 0.99


def test_a_larger_library_needs_a_higher_score() -> None:
    scores = np.random.default_rng(5).normal(0.2, 0.05, 1000).astype(np.float32)
    small, large = Background(scores, 1000), Background(scores, 1_000_000)
    assert large.relevance(0.4) < small.relevance(0.4)


def test_an_exact_copy_stands_out_where_everything_is_alike() -> None:
    scores = np.random.default_rng(6).normal(0.95, 0.02, 500).clip(0, 0.985)
    noise = Background(scores.astype(np.float32), 500)
    assert noise.relevance(1.0) > 0.95
    assert noise.relevance(0.97) < 0.5


@pytest.mark.parametrize("scores", [[], [0.3], [0.3, 0.3, 0.3]])
def test_tiny_and_constant_backgrounds_give_numbers(scores: list[float]) -> None:
    noise = Background(np.asarray(scores, np.float32), max(len(scores), 1))
    for score in (-1.0, 0.3, 1.0):
        assert 0.0 <= noise.relevance(score) <= 1.0


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50),
    st.floats(-1, 1),
    st.floats(-1, 1),
)
def test_a_higher_score_is_never_less_relevant(
    scores: list[float], one: float, other: float
) -> None:
    noise = Background(np.asarray(scores, np.float32), len(scores))
    low, high = sorted((one, other))
    assert noise.relevance(low) <= noise.relevance(high)


@pytest.mark.parametrize("n", [1, 40, 100_000])
def test_relevance_is_a_power_of_the_normal_distribution(n: int) -> None:
    noise = Background(np.zeros(0, np.float32), n)
    for score in np.linspace(-1, 1, 81):
        wanted = np.exp(n * log_ndtr(noise.z(score)))
        assert noise.relevance(score) == pytest.approx(wanted, rel=1e-9, abs=1e-290)
