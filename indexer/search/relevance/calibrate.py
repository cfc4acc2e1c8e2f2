"""Relevance: calibrated probabilities from raw scores.

A cosine of 0.24 is a match with one encoder and noise with another, and even within one library it
depends on the query. But nearly all clips of the library have nothing to do with a query: their
scores are its background. With

    g(score) = artanh(0.999 * score)
    m = median of g over the background, s = 1.4826 * median of |g - m|
    z(score) = (g(score) - m) / s
    relevance(score) = Phi(z(score)) ** n

the relevance is the probability that the best of n unrelated clips scores lower: the distribution
of the maximum of n independent normal scores (Fisher & Tippett 1928; 1.4826 makes the median
deviation estimate a standard deviation, Rousseeuw & Croux 1993, eq. 1.2). In a large library a
score must stand out further, since more clips had the chance to reach it by accident.

g is Fisher's transformation of correlations (1915), needed because cosines end at 1: among clips
that are all alike (0.95 +- 0.03) an exact copy could not stand out. For text g is nearly linear.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

CONFIDENT_RELEVANCE = 0.5
"""From here on the best hit is more likely a match than the best of n unrelated clips."""

PRIOR_CLIPS = 8
"""Strength of the prior spread, in clips: a few scores say little about their spread."""

PRIOR_SPREAD = 0.05
"""Spread of g before any score is seen; cosines of CLIP encoders show 0.02 to 0.1."""

HIGHEST_COSINE = 0.999
"""Cosines are scaled by this, since g is infinite at 1; float16 moves them by up to 5e-4."""

SPREAD_FLOOR = 1e-3
"""Smallest spread, so that rounding errors of equal scores are not taken for certainty."""


@dataclass(frozen=True)
class Background:
    """The scores of one query against clips that mostly have nothing to do with it."""

    scores: NDArray[np.float32]
    """(s,) cosines of a sample of the library's clips; may be empty."""
    n_clips: int
    """Number of clips that compete for the first place."""

    @cached_property
    def median(self) -> float:
        """Median score; 0 for an empty library."""
        return float(np.median(self.scores)) if len(self.scores) else 0.0

    @cached_property
    def spread(self) -> float:
        """Robust standard deviation of g, shrunk to `PRIOR_SPREAD` where scores are few."""
        n = len(self.scores)
        measured = 0.0
        if n:
            measured = 1.4826 * float(np.median(np.abs(_stretch(self.scores) - self._middle)))
        variance = (n * measured**2 + PRIOR_CLIPS * PRIOR_SPREAD**2) / (n + PRIOR_CLIPS)
        return max(float(variance**0.5), SPREAD_FLOOR)

    @property
    def _middle(self) -> float:
        return float(_stretch(np.asarray([self.median]))[0])

    def z(self, score: float) -> float:
        """Distance of a score from the median, in spreads."""
        return (float(_stretch(np.asarray([score]))[0]) - self._middle) / self.spread

    def relevance(self, score: float) -> float:
        """Probability (0 to 1) that the best of `n_clips` unrelated clips scores lower."""
        return math.exp(max(self.n_clips, 1) * _log_phi(self.z(score)))


def _log_phi(z: float) -> float:
    """Logarithm of the normal distribution; scipy's costs a process 0.2 s to import."""
    if z > 0:
        return math.log1p(-0.5 * math.erfc(z / math.sqrt(2)))
    share = 0.5 * math.erfc(-z / math.sqrt(2))
    return math.log(share) if share > 0 else -math.inf


def _stretch(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """The transformation g: rising, linear far from 1, steep close to it."""
    cosines = np.clip(np.asarray(scores, dtype=np.float64), -1.0, 1.0)
    return np.asarray(np.arctanh(HIGHEST_COSINE * cosines))
