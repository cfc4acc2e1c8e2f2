"""The recommender on simulated people, small enough for every run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.recommend_toons import run

Figure = Callable[[str], float]


@pytest.fixture(scope="module")
def figure() -> Figure:
    figures = run("small")
    return lambda name: float(str(figures[name]))


def test_the_blend_beats_each_source_and_is_not_too_good_to_be_true(figure: Figure) -> None:
    # 2026-11-21: blend .223, co-watching .216, interests .108, popularity .063, chance .022.
    assert figure("best_source_ndcg_at_10") < figure("blend_ndcg_at_10") < 0.28
    assert figure("blend_ndcg_at_10") > 0.19


def test_every_source_beats_chance(figure: Figure) -> None:
    for source in ("interest", "co_watch", "popularity"):
        assert figure(f"{source}_ndcg_at_10") > 2 * figure("random_ndcg_at_10")


def test_new_videos_are_found_by_content_alone(figure: Figure) -> None:
    assert figure("co_watch_new_recall_at_10") == figure("popularity_new_recall_at_10") == 0.0
    assert figure("interest_new_recall_at_10") > 2 * figure("random_new_recall_at_10")
    assert figure("blend_new_recall_at_10") > figure("random_new_recall_at_10")
