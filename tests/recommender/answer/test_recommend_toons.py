"""The recommender on simulated people, small enough for every run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.recommending.recommend_toons import run

pytestmark = pytest.mark.long(20)

Figure = Callable[[str], float]


@pytest.fixture(scope="module")
def figure() -> Figure:
    figures = run("small")
    return lambda name: float(str(figures[name]))


def test_the_blend_is_as_good_as_its_best_source_and_not_too_good_to_be_true(
    figure: Figure,
) -> None:
    # On the full size the blend is surely ahead of every source: README.
    assert figure("best_source_ndcg_at_10") < figure("blend_ndcg_at_10") + 0.005
    assert 1.05 * figure("default_ndcg_at_10") < figure("blend_ndcg_at_10") < 0.28


def test_every_source_beats_chance(figure: Figure) -> None:
    for source in ("content", "recent_ease", "next_item", "rp3beta", "ials", "popularity"):
        assert figure(f"{source}_ndcg_at_10") > 2 * figure("random_ndcg_at_10")


def test_new_videos_are_found_by_content(figure: Figure) -> None:
    assert figure("recent_ease_new_recall_at_10") == figure("popularity_new_recall_at_10") == 0.0
    chance = figure("random_new_recall_at_10")
    assert figure("content_new_recall_at_10") > 2 * chance
    assert figure("page_new_recall_at_10") > chance
