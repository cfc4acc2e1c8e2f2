"""How sure a figure is: people are drawn again, with everything that was asked of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DRAWS = 1_000
"""Samples of people; 95 % intervals move by a few per cent of their width between seeds."""
_SEED = 95
_AT_ONCE = 50


def interval(
    person: NDArray[np.int64], values: NDArray[np.float64], *, draws: int = DRAWS
) -> tuple[float, float]:
    """95 % percentile bootstrap interval (Efron 1979) of the mean over questions.

    Args:
        person: (q,) whom each question was about; questions of one person stay together.
        values: (q,) one value each; differences of two recommenders give a paired interval.
        draws: Samples.

    Returns:
        Low and high; NaN without questions.
    """
    if not len(values):
        return float("nan"), float("nan")
    _, slot, count = np.unique(person, return_inverse=True, return_counts=True)
    total = np.bincount(slot, values)
    rng = np.random.default_rng(_SEED)
    n = len(total)
    means = []
    for _ in range(0, draws, _AT_ONCE):
        times = rng.multinomial(n, np.full(n, 1.0 / n), size=_AT_ONCE)
        means.append((times @ total) / (times @ count))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)
