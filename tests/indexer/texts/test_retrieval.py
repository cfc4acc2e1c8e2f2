"""Ranks and figures on scores that are worked out by hand."""

import numpy as np
import pytest

from data.arrays import Floats
from indexer.texts import retrieval
from indexer.texts.retrieval import both_ranks, rank_figures

TABLE = np.array([[0.9, 0.1, 0.5], [0.8, 0.7, 0.3], [0.2, 0.6, 0.6], [0.3, 0.9, 0.4]], np.float32)
"""Four texts, three videos; the texts are of the videos 0, 0, 1 and 2."""
OWNERS = np.array([0, 0, 1, 2])


def scores(texts: Floats) -> Floats:
    return np.asarray(TABLE[texts[:, 0].astype(int)], np.float32)


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_the_best_text_of_a_video_counts_and_equal_scores_count_against_it(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieval, "TEXTS_AT_ONCE", at_once)
    rows = np.arange(4, dtype=np.float32)[:, None]
    of_texts, of_videos = both_ranks(rows, OWNERS, scores, 3)
    # Text 2 has .6 with its video and with another; text 3 has .4 where another has .9.
    assert of_texts.tolist() == [1, 1, 2, 2]
    # Video 0 has .9, and no foreign text more; video 1 .6 below .7 and .9; video 2 .4 below .5, .6.
    assert of_videos.tolist() == [1, 3, 3]


def test_a_video_without_texts_is_ranked_for_texts_only() -> None:
    rows = np.arange(3, dtype=np.float32)[:, None]
    of_texts, of_videos = both_ranks(rows, OWNERS[:3], scores, 3)
    assert of_texts.tolist() == [1, 1, 2]
    assert of_videos.tolist() == [1, 2]


def test_figures_are_those_of_the_ranks_and_what_is_missed_is_found_nowhere() -> None:
    ranks = np.array([1.0, 2.0, 6.0, 20.0])
    assert rank_figures(ranks, 0, 50) == {
        "recall_at_1": 0.25,
        "recall_at_5": 0.5,
        "recall_at_10": 0.75,
        "mrr": pytest.approx((1 + 1 / 2 + 1 / 6 + 1 / 20) / 4),
        "median_rank": 4.0,
        "n": 4,
        "candidates": 50,
    }
    missed = rank_figures(ranks, 4, 9)
    assert (missed["recall_at_1"], missed["recall_at_10"]) == (0.125, 0.375)
    assert missed["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 6 + 1 / 20) / 8)
    assert missed["median_rank"] == 10.0
