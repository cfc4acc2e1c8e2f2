"""The recommender on simulated people, small enough for every run."""

from __future__ import annotations

from benchmarks.recommend_toons import run

GOT = run("small")


def value(name: str) -> float:
    return float(str(GOT[name]))


def test_the_blend_beats_each_source_and_is_not_too_good_to_be_true() -> None:
    # 2026-11-21: blend .242, co-watching .235, interests .098, popularity .073, chance .024.
    assert value("best_source_ndcg_at_10") < value("blend_ndcg_at_10") < 0.32
    assert value("blend_ndcg_at_10") > 0.20


def test_every_source_beats_chance() -> None:
    for source in ("interest", "co_watch", "popularity"):
        assert value(f"{source}_ndcg_at_10") > 2 * value("random_ndcg_at_10")


def test_new_videos_are_found_by_content_alone() -> None:
    assert value("co_watch_new_recall_at_10") == value("popularity_new_recall_at_10") == 0.0
    assert value("interest_new_recall_at_10") > 0.1
    assert value("blend_new_recall_at_10") > 0.05
