from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.model.blend import (
    CEILING,
    HISTORY_LENGTHS,
    Blend,
    Blender,
    calibrated,
    weights_from,
)
from recommender.model.model import DEFAULT_WEIGHTS
from recommender.sources.base import SameForAll
from recommender.sources.registry import (
    CONTENT,
    NEW,
    POPULARITY,
    RECENT_EASE,
    RECENT_POPULARITY,
    SOURCES,
)
from tests.recommender.tables import interactions

ANYBODY = interactions("a:0", n_items=3).histories.of(np.array([0, 1]))


def blended(*rows: list[float], weights: list[float], allowed: list[bool] | None = None) -> Blend:
    names = tuple("abcd"[: len(rows)])
    sources = {
        name: SameForAll(np.array(row).__getitem__) for name, row in zip(names, rows, strict=True)
    }
    table = weights_from([dict(zip(names, weights, strict=True))] * len(HISTORY_LENGTHS))
    histories = interactions("a:0", n_items=len(rows[0])).histories.of(np.array([0]))
    mask = None if allowed is None else np.array([allowed])
    return Blender(sources, table).blend(histories, mask)


def test_parts_add_up_to_a_total_between_0_and_1() -> None:
    rng = np.random.default_rng(3)
    got = blended(*[rng.normal(size=50).tolist() for _ in range(3)], weights=[0.5, 1.0, 0.3])
    assert got.parts.sum(axis=0) == pytest.approx(got.total)
    assert 0.0 <= got.total.min() <= got.total.max() <= 1.0


def test_the_total_alone_is_the_same() -> None:
    sources = {
        "a": SameForAll(np.array([3.0, 1.0, 0.0]).__getitem__),
        "b": SameForAll(np.array([0.0, 1, 5]).__getitem__),
    }
    table = weights_from([{"a": 1.0, "b": 0.5}] * len(HISTORY_LENGTHS))
    blender = Blender(sources, table)
    assert blender.total(ANYBODY) == pytest.approx(blender.blend(ANYBODY).total)
    some = blender.blend(ANYBODY, rows=np.array([2, 0]))
    assert some.parts.shape == (2, 2, 2)


def test_the_scale_of_a_source_does_not_matter() -> None:
    one = blended([3, 2, 1], [1, 2, 3], weights=[1, 1])
    other = blended([3, 2, 1], [1e6, 2e6, 3e6], weights=[1, 1])
    assert one.total == pytest.approx(other.total)


def test_what_a_source_says_of_what_is_not_allowed_changes_nothing() -> None:
    got = blended([1e9, 2.0, 1.0], weights=[1.0], allowed=[False, True, True])
    want = blended([0.0, 2.0, 1.0], weights=[1.0], allowed=[False, True, True])
    assert got.total == pytest.approx(want.total)


def test_an_outlier_is_capped() -> None:
    got = calibrated(np.array([[1e9] + [1.0] * 19], np.float32))
    assert got.max() == CEILING


def test_the_source_is_the_one_that_gave_most() -> None:
    got = blended([5, 1, 0], [1, 5, 0], weights=[1, 1])
    assert [got.source(0, row) for row in range(3)] == ["a", "b", None]


def test_without_other_people_what_they_did_gets_no_weight() -> None:
    alone = DEFAULT_WEIGHTS.trusting([kind.name for kind in SOURCES if kind.from_crowd], 0.0)
    row = dict(zip(alone.names, alone.table[2], strict=True))
    assert row[RECENT_EASE] == row[RECENT_POPULARITY] == 0.0
    assert row[CONTENT] > 0.0


def test_weights_follow_the_length_of_the_history() -> None:
    weights = weights_from([{"a": 1.0}, {}, {}, {"a": 2.0}])
    found: NDArray[np.float32] = weights.of(np.array([0, 1, 5, 6, 20, 21, 400]))
    assert (found[:, 0] > 0).tolist() == [True, False, False, False, False, True, True]
    assert weights.used == ("a",)
    assert weights.only(["b"]).used == ()


def test_a_new_person_gets_trends_and_new_videos() -> None:
    row = dict(zip(DEFAULT_WEIGHTS.names, DEFAULT_WEIGHTS.table[0], strict=True))
    assert {name for name, weight in row.items() if weight} == {RECENT_POPULARITY, POPULARITY, NEW}
