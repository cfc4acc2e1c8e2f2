"""How high the best of a library scores for a text that it does not show.

A weak encoder finds something near for any text. Everyday captions that have nothing to do with a
library tell how near: the best score of each is a draw from the distribution of the maximum
(Gumbel, 1958; its location and scale are taken from the median and the ninth decile, which a few
captions that the library does show hardly move). With

    q(score) = probability that an unrelated text scores as high or higher
    relevance(score) = Q / (Q + q(score)),  Q = 0.1

one unrelated text in ten reaches relevance 0.5. How often hits of a relevance are right is measured
in docs/starter.md; `reelwise evaluate search` measures it for one's own queries.
"""

from dataclasses import dataclass

import numpy as np

from data.arrays import Floats

CONFIDENT_BY_ACCIDENT = 0.1
"""Q: share of unrelated texts whose best hit is called confident."""
LEAST_RELEVANCE = CONFIDENT_BY_ACCIDENT / (CONFIDENT_BY_ACCIDENT + 1)
"""Of a score that every text reaches."""
_MEDIAN, _NINTH_DECILE = (float(-np.log(-np.log(share))) for share in (0.5, 0.9))
LEAST_SCALE = 1e-4
"""So that equal scores are not taken for certainty."""

SAMPLE_CLIPS = 4096
"""Clips whose scores are a query's background: the median is known to 2 % of the spread."""


@dataclass(frozen=True)
class BestByAccident:
    """A Gumbel distribution: the best score of `n_clips` clips for an unrelated text."""

    location: float
    """Its mode."""
    scale: float
    """Its spread."""
    n_clips: int
    """Clips that competed."""

    def probability(self, score: float, n_clips: int) -> float:
        """That the best of n clips scores as high or higher for an unrelated text."""
        location = self.location + self.scale * float(np.log(max(n_clips, 1) / self.n_clips))
        return float(-np.expm1(-np.exp(-(score - location) / self.scale)))

    def relevance(self, score: float, n_clips: int) -> float:
        """0 to 1; see the module."""
        by_accident = self.probability(score, n_clips)
        return CONFIDENT_BY_ACCIDENT / (CONFIDENT_BY_ACCIDENT + by_accident)


def best_by_accident(texts: Floats, clips: Floats, n_clips: int) -> BestByAccident | None:
    """Learn it from unrelated texts (t, d) and an even sample (s, d) of a library's clips.

    Args:
        texts: Unit rows.
        clips: Unit rows; of more clips the best scores higher, by ln(n / s) scales.
        n_clips: Clips of the library.

    Returns:
        None for an empty library.
    """
    if not len(clips):
        return None
    return accident_of((texts @ clips.T).max(axis=1), len(clips), n_clips)


def accident_of(best: Floats, n_compared: int, n_all: int) -> BestByAccident:
    """Learn it from the best scores (t,) of unrelated texts among n of all clips, or lines."""
    median, high = np.quantile(best, (0.5, 0.9)).tolist()
    scale = max((high - median) / (_NINTH_DECILE - _MEDIAN), LEAST_SCALE)
    location = median - scale * _MEDIAN
    return BestByAccident(location + scale * float(np.log(n_all / n_compared)), scale, n_all)
