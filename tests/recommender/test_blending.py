from __future__ import annotations

import numpy as np
import pytest

from recommender.blending import CEILING, SOURCES, Source, blend, weights_for


def scores(
    n: int, **known: list[float]
) -> dict[Source, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    return {name: np.asarray(known.get(name.replace("-", "_"), [0.0] * n)) for name in SOURCES}


def test_parts_add_up_to_a_total_between_0_and_1() -> None:
    rng = np.random.default_rng(3)
    raw: dict[Source, np.ndarray[tuple[int], np.dtype[np.float64]]] = {
        name: rng.normal(size=50) for name in SOURCES
    }
    got = blend(raw, np.ones(50, bool), np.array([0.5, 1.0, 0.3, 0.1]))
    assert got.parts.sum(axis=0) == pytest.approx(got.total)
    assert 0.0 <= got.total.min() <= got.total.max() <= 1.0


def test_the_scale_of_a_source_does_not_matter() -> None:
    weights, everybody = np.ones(4), np.ones(3, bool)
    one = blend(scores(3, interest=[3, 2, 1], popular=[1, 2, 3]), everybody, weights)
    other = blend(scores(3, interest=[3, 2, 1], popular=[1e6, 2e6, 3e6]), everybody, weights)
    assert one.total == pytest.approx(other.total)


def test_what_a_source_says_of_no_candidates_changes_nothing() -> None:
    candidates = np.array([False, True, True])
    got = blend(scores(3, popular=[1e9, 2.0, 1.0]), candidates, np.ones(4))
    want = blend(scores(3, popular=[0.0, 2.0, 1.0]), candidates, np.ones(4))
    assert got.total == pytest.approx(want.total)


def test_an_outlier_is_capped() -> None:
    got = blend(scores(20, popular=[1e9] + [1.0] * 19), np.ones(20, bool), np.array([0, 0, 1.0, 0]))
    assert got.parts[2].max() * CEILING == pytest.approx(CEILING)
    assert got.total[0] == pytest.approx(1.0)


def test_the_source_is_the_one_that_gave_most() -> None:
    got = blend(
        scores(3, interest=[5, 1, 0], co_watch=[1, 5, 0]),
        np.ones(3, bool),
        np.array([1.0, 1, 1, 1]),
    )
    assert [got.source(row) for row in range(3)] == ["interest", "co-watch", None]


def test_nobody_elses_history_gives_the_crowd_no_say() -> None:
    alone, among_many = weights_for(10, 0), weights_for(10, 10_000)
    assert alone[1] == alone[2] == 0.0
    assert alone[0] == among_many[0] > 0.0
    assert among_many[1] > 0.99


def test_a_new_person_gets_trends_and_new_videos() -> None:
    interest, co_watch, popular, new = weights_for(0, 1000)
    assert interest == co_watch == 0.0
    assert popular > new > 0.0
