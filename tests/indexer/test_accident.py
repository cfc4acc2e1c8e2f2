"""Relevance by how high unrelated texts score."""

from __future__ import annotations

import numpy as np
import pytest

from data.arrays import Floats
from embeddings.plain.layers import unit
from indexer.accident import CONFIDENT_BY_ACCIDENT, best_by_accident


def rows(count: int, seed: int, dim: int = 64) -> Floats:
    return unit(np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32))


def confident_share(texts: Floats, clips: Floats, by: Floats) -> float:
    learnt = best_by_accident(by, clips, len(clips))
    assert learnt is not None
    best = (texts @ clips.T).max(axis=1).tolist()
    return float(np.mean([learnt.relevance(score, len(clips)) >= 0.5 for score in best]))


@pytest.mark.parametrize("n_clips", [1, 30, 3000])
def test_one_unrelated_text_in_ten_is_called_confident(n_clips: int) -> None:
    share = confident_share(rows(2000, 1), rows(n_clips, 2), by=rows(500, 3))
    assert 0.06 < share < 0.14


def test_what_a_text_shows_is_confident() -> None:
    clips = rows(500, 2)
    shown = unit(clips[:50] + 0.5 * rows(50, 4))
    assert confident_share(shown, clips, by=rows(500, 3)) > 0.95


def test_a_few_captions_that_the_library_shows_move_it_hardly() -> None:
    clips, texts = rows(500, 2), rows(500, 3)
    clean = best_by_accident(texts, clips, 500)
    texts[:20] = unit(clips[:20] + 0.2 * rows(20, 5))
    mixed = best_by_accident(texts, clips, 500)
    assert clean is not None
    assert mixed is not None
    assert abs(clean.location - mixed.location) < 0.3 * clean.scale


def test_a_sample_stands_for_the_whole_library() -> None:
    clips, texts = rows(20_000, 2), rows(500, 3)
    whole = best_by_accident(texts, clips, 20_000)
    sampled = best_by_accident(texts, clips[:2000], 20_000)
    assert whole is not None
    assert sampled is not None
    assert abs(whole.location - sampled.location) < 0.5 * whole.scale


def test_fewer_clips_reach_a_score_by_accident_less_often() -> None:
    learnt = best_by_accident(rows(500, 3), rows(1000, 2), 1000)
    assert learnt is not None
    score = learnt.location
    assert (
        learnt.probability(score, 10)
        < learnt.probability(score, 1000)
        == pytest.approx(1 - np.exp(-1))
    )
    assert learnt.relevance(score, 10) > learnt.relevance(score, 1000)


def test_relevance_rises_with_the_score_and_stays_between_0_and_1() -> None:
    learnt = best_by_accident(rows(500, 3), rows(100, 2), 100)
    assert learnt is not None
    given = [learnt.relevance(score, 100) for score in np.linspace(-1, 1, 200)]
    assert given == sorted(given)
    assert 0 < given[0] < CONFIDENT_BY_ACCIDENT
    assert 0.99 < given[-1] <= 1


def test_an_empty_library_teaches_nothing() -> None:
    assert best_by_accident(rows(5, 1), rows(0, 2), 0) is None


def test_equal_scores_are_no_certainty() -> None:
    learnt = best_by_accident(np.ones((5, 1), np.float32), np.ones((3, 1), np.float32), 3)
    assert learnt is not None
    assert 0 < learnt.relevance(1.0, 3) < 0.5
