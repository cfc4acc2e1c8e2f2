from __future__ import annotations

import numpy as np

from data.review.finding import Finding
from indexer.review.found import LONGEST_S, FoundClips, stretches


def clips(*rows: tuple[int, float, float, float]) -> FoundClips:
    videos, starts_s, ends_s, scores = zip(*rows, strict=True)
    return FoundClips(
        np.array(videos, np.int64), np.array(starts_s), np.array(ends_s), np.array(scores)
    )


def test_clips_that_touch_are_one_stretch_with_the_highest_score() -> None:
    found = clips((1, 4.0, 8.0, 0.9), (1, 0.0, 4.0, 0.8), (1, 9.0, 12.0, 0.7), (2, 8.0, 9.0, 0.6))
    assert stretches(found) == [
        Finding(1, 0.0, 8.0, 0.9),
        Finding(1, 9.0, 12.0, 0.7),
        Finding(2, 8.0, 9.0, 0.6),
    ]


def test_a_long_stretch_is_several_that_share_nothing() -> None:
    n = 40
    found = stretches(clips(*((1, 5.0 * at, 5.0 * at + 10.0, 0.9) for at in range(n))))
    assert [each.start_s for each in found][1:] == [each.end_s for each in found][:-1]
    assert max(each.end_s - each.start_s for each in found) <= LONGEST_S
    assert (found[0].start_s, found[-1].end_s) == (0.0, 5.0 * (n - 1) + 10.0)
