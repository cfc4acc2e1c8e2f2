"""Which segments become one."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.store.segments.merging import MERGED_AT_ONCE, MOST_SEGMENTS, to_merge


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ([], []),
        ([5], []),
        ([1_000_000, 10], []),
        ([10, 10], [0, 1]),
        ([1_000_000, 10, 15], [1, 2]),
        ([10, 21], []),
        ([10, 20, 60, 181], [0, 1, 2]),
        ([10, 20, 60, 180], [0, 1, 2, 3]),
    ],
)
def test_one_takes_in_each_that_is_not_much_larger(sizes: list[int], chosen: list[int]) -> None:
    assert sorted(to_merge(sizes, sizes, at_most=None)) == chosen


def test_one_that_is_worn_is_made_anew() -> None:
    assert to_merge([1000, 10], [700, 10], at_most=None) == [0]
    assert to_merge([1000, 10], [760, 10], at_most=None) == []
    assert to_merge([100_000, 10], [50_000, 10], at_most=MERGED_AT_ONCE) == []


def test_large_ones_wait() -> None:
    sizes = [MERGED_AT_ONCE, MERGED_AT_ONCE, 5, 5]
    assert sorted(to_merge(sizes, sizes, at_most=MERGED_AT_ONCE)) == [2, 3]
    assert sorted(to_merge(sizes[:2], sizes[:2], at_most=None)) == [0, 1]
    assert to_merge(sizes[:2], sizes[:2], at_most=MERGED_AT_ONCE) == []


def test_a_clip_is_copied_a_few_times_and_segments_stay_few() -> None:
    """Ten thousand publications of one video each."""
    rng = np.random.default_rng(0)
    segments: list[int] = []
    copied, most = 0, 0
    total = 0
    for _ in range(10_000):
        n = int(rng.integers(1, 40))
        segments.append(n)
        total += n
        while chosen := to_merge(segments, segments, at_most=None):
            merged = sum(segments[each] for each in chosen)
            copied += merged
            segments = [size for at, size in enumerate(segments) if at not in chosen] + [merged]
        most = max(most, len(segments))
    assert sum(segments) == total
    assert copied / total < 2 * np.log2(10_000)
    assert most <= MOST_SEGMENTS
