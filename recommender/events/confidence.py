"""How much one event says about liking a video."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IGNORED_FRACTION = 0.10
"""Watched parts below this say nothing."""
IGNORED_S = 3.0
"""Watched seconds below this say nothing, unless they finish the video."""
FULL_FRACTION = 0.80
"""From here on a video counts as finished: the rest is credits."""
UNKNOWN_LENGTH = 0.5
"""Confidence of some seconds watched of a video whose length nobody knows."""
LIKE = 1.0
"""What a like adds."""
VIEWS_CAP = 1.5
"""Most that all views of one video by one person add up to: rewatching says more, not ever more."""


def view_confidence(
    watched_s: NDArray[np.float64], duration_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn watched seconds into confidence from 0 (says nothing) to 1 (finished).

    Args:
        watched_s: (n,) seconds; NaN when only the fact of watching is known, which counts in full.
        duration_s: (n,) lengths; NaN or 0 when unknown.

    Returns:
        (n,) in [0, 1], rising in a straight line between the two fractions.
    """
    known = np.nan_to_num(duration_s) > 0
    fraction = np.divide(watched_s, duration_s, out=np.zeros_like(watched_s), where=known)
    rise = (fraction - IGNORED_FRACTION) / (FULL_FRACTION - IGNORED_FRACTION)
    confidence = np.where(known, np.clip(rise, 0.0, 1.0), UNKNOWN_LENGTH)
    glance = (watched_s < IGNORED_S) & ~(known & (fraction >= FULL_FRACTION))
    confidence = np.where(glance, 0.0, confidence)
    return np.asarray(np.where(np.isnan(watched_s), 1.0, confidence), dtype=np.float64)


def decayed(age_s: NDArray[np.float64], half_life_days: float) -> NDArray[np.float64]:
    """What is left of a weight of 1 after an age; an age below 0 counts as 0."""
    return np.asarray(np.exp2(-np.maximum(age_s, 0.0) / (half_life_days * 86_400.0)))
