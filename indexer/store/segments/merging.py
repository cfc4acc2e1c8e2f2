"""Which segments are made into one: few enough to search, each clip copied a few times in its life.

Segments are merged as in a log-structured merge tree (O'Neil and others, 1996): a new one takes in
each that is not much larger than all before it together. A clip that lies in a segment of n clips
is copied some log2(n) times until it lies there, so that one new video costs what one video is, at
any size. A segment is made anew as well where much of it does not count any more.
"""

from collections.abc import Sequence

TAKES_IN = 2.0
"""A segment is taken in that is at most this many times as large as all smaller ones together."""

DEAD_SHARE = 0.25
"""A segment of which more than this share does not count is made anew."""

MERGED_AT_ONCE = 20_000
"""Clips that a publication merges on its way; merging more waits until the run has published."""

MOST_SEGMENTS = 12
"""More of them are merged whatever their sizes."""


def to_merge(n_clips: Sequence[int], n_live: Sequence[int], *, at_most: int | None) -> list[int]:
    """Tell which segments to make into one; fewer than two, and none that is half dead: none.

    Args:
        n_clips: Clips of each segment.
        n_live: How many of them count.
        at_most: Most clips that count in the new one; None for any number.
    """
    order = sorted(range(len(n_live)), key=lambda each: n_live[each])
    chosen: list[int] = []
    total = 0
    for place, each in enumerate(order):
        is_due = (
            not chosen or n_live[each] <= TAKES_IN * total or len(order) - place >= MOST_SEGMENTS
        )
        if not is_due or (at_most is not None and total + n_live[each] > at_most):
            break
        chosen.append(each)
        total += n_live[each]
    worn = [each for each in order if n_live[each] < (1 - DEAD_SHARE) * n_clips[each]]
    worn = [each for each in worn if at_most is None or n_live[each] <= at_most]
    if len(chosen) < 2 and worn:
        return worn[:1]
    return chosen if len(chosen) > 1 or any(each in worn for each in chosen) else []
