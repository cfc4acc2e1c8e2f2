"""Confidence that a user likes a video, from one event."""

import numpy as np
from numpy.typing import NDArray

IGNORED_FRACTION = 0.10
"""A view of less than this part of the video counts 0."""
IGNORED_S = 3.0
"""A view of fewer seconds counts 0, unless it finishes the video."""
FULL_FRACTION = 0.80
"""A view of this part counts in full: the rest is credits."""
UNKNOWN_LENGTH = 0.5
"""Confidence of a view of a video of unknown length."""
LIKE = 1.0
"""Added by a like."""
VIEWS_CAP = 1.5
"""Maximum sum of all views of one video by one user."""


def view_confidence(
    watched_s: NDArray[np.float64], duration_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn watched seconds into confidence from 0 (ignored) to 1 (finished).

    Args:
        watched_s: (n,) seconds; NaN if unknown, which counts in full.
        duration_s: (n,) lengths; NaN or 0 when unknown.

    Returns:
        (n,) in [0, 1], linear between `IGNORED_FRACTION` and `FULL_FRACTION`.
    """
    known = np.nan_to_num(duration_s) > 0
    # Watched longer than it is: all of it. A quotient of any two numbers may overflow.
    watched = np.minimum(watched_s, np.where(known, duration_s, np.inf))
    fraction = np.divide(watched, duration_s, out=np.zeros_like(watched_s), where=known)
    rise = (fraction - IGNORED_FRACTION) / (FULL_FRACTION - IGNORED_FRACTION)
    confidence = np.where(known, np.clip(rise, 0.0, 1.0), UNKNOWN_LENGTH)
    glance = (watched_s < IGNORED_S) & ~(known & (fraction >= FULL_FRACTION))
    confidence = np.where(glance, 0.0, confidence)
    return np.asarray(np.where(np.isnan(watched_s), 1.0, confidence), dtype=np.float64)


def decayed(age_s: NDArray[np.float64], half_life_days: float) -> NDArray[np.float64]:
    """A weight of 1 halved per `half_life_days` of age; an age below 0 counts as 0."""
    return np.asarray(np.exp2(-np.maximum(age_s, 0.0) / (half_life_days * 86_400.0)))
