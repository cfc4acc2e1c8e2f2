"""From scored videos to a page: not ten times the same, and places for what nobody has watched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIVERSITY = 0.3
"""Part of its score that a video loses when its twin is on the page already."""
_POOL = 100


def diversify(
    scores: NDArray[np.float64], vectors: NDArray[np.float32], k: int
) -> list[tuple[int, float]]:
    """Choose greedily by score times (1 - `DIVERSITY` x likeness to the nearest one chosen before).

    Maximal marginal relevance (Carbonell and Goldstein 1998) as a product, so that what is reported
    stays in [0, 1]. A video can only lose as the page fills, so the reported values never rise.

    Args:
        scores: (n,) at least 0.
        vectors: (n, d) centred unit rows.
        k: Most videos to choose.

    Returns:
        (position, value at the time it was chosen), best first; ties go to the earlier position.
    """
    pool = np.argsort(-scores, kind="stable")[: max(_POOL, 5 * k)]
    rows, base = vectors[pool], scores[pool]
    alike = np.zeros(len(pool))
    left = np.ones(len(pool), bool)
    chosen: list[tuple[int, float]] = []
    while len(chosen) < k and left.any():
        value = np.where(left, base * (1.0 - DIVERSITY * alike), -1.0)
        best = int(np.argmax(value))
        chosen.append((int(pool[best]), float(value[best])))
        left[best] = False
        alike = np.maximum(alike, np.clip(rows @ rows[best], 0.0, 1.0))
    return chosen


def places_for_new(k: int) -> int:
    """How many of k places are kept for videos that nobody has watched: a tenth, none below 5."""
    return (k + 5) // 10


def keep_places(
    page: list[tuple[int, float]], new: list[tuple[int, float]], k: int
) -> tuple[list[tuple[int, float]], set[int]]:
    """Put videos that nobody has watched on the last places, where too few came by themselves.

    Args:
        page: (position, value), best first, at most k.
        new: The new videos, best first, with their scores; some may be on the page already.
        k: Length wanted.

    Returns:
        The page, values not rising, and the positions that only a kept place brought there.
    """
    fresh = {position for position, _ in new}
    here = {position for position, _ in page}
    missing = places_for_new(k) - len(fresh & here)
    brought = [one for one in new if one[0] not in here][: max(missing, 0)]
    overflow = max(len(page) + len(brought) - k, 0)
    # Only old videos give way, the last first: a new one that earned its place keeps it.
    giving_way = [position for position, _ in reversed(page) if position not in fresh][:overflow]
    kept = [one for one in page if one[0] not in giving_way]
    brought = brought[: k - len(kept)]
    ceiling = kept[-1][1] if kept else 1.0
    for position, value in brought:
        ceiling = min(ceiling, value)
        kept.append((position, ceiling))
    return kept, {position for position, _ in brought}
