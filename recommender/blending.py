"""Several sources, one score: calibrated within each, weighted by what is known of the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Source = Literal["interest", "co-watch", "popular", "new"]
SOURCES: tuple[Source, ...] = ("interest", "co-watch", "popular", "new")

TOP = 10
"""The best so many of a source are worth 1 on average: one that is sure of few leads on them."""
CEILING = 1.5
"""Most that one video is worth within a source: an outlier must not drown the other sources."""
WEIGHTS: tuple[tuple[int, tuple[float, float, float, float]], ...] = (
    (0, (0.0, 0.0, 0.7, 0.3)),
    (1, (0.5, 1.0, 0.2, 0.0)),
    (6, (0.5, 1.0, 0.1, 0.0)),
)
"""From so many liked videos on: weights of `SOURCES`.

From a grid on toon people, interest 0 to 0.7 and popular 0 to 0.3 with co-watch 1, 2026-11-21. On
worlds that no weight was chosen on, NDCG@10 of co-watching alone, the best source, against the page
as served: 300 videos and 400 people .2134 and .2178 (8 worlds, difference .004 +- .005), 1,000 and
2,000 .1896 and .1933 (2 worlds, .004 +- .003), 150 and 40 .147 and .164 (20 worlds, .016 +- .012).
Reciprocal ranks in place of calibrated scores fell below the best source. In very short histories
the crowd's taste stands in for one's own.
"""
OTHERS_DOUBT = 10.0
"""Other people's worth of doubt in what the crowd says: with ten others it counts half."""


@dataclass(frozen=True, eq=False)
class Blend:
    """Blended scores and what each source gave to them."""

    total: NDArray[np.float64]
    """(n,) from 0 to 1; 0 for videos that are no candidates."""
    parts: NDArray[np.float64]
    """(sources, n) what each source gave; they add up to `total`."""

    def source(self, row: int) -> Source | None:
        """The source that gave most to a video; None when no source knows it."""
        best = int(np.argmax(self.parts[:, row]))
        return SOURCES[best] if self.parts[best, row] > 0 else None


def weights_for(n_liked: int, n_others: int) -> NDArray[np.float64]:
    """Weights of `SOURCES` for a person with so many liked videos among so many other people."""
    chosen = next(row for start, row in reversed(WEIGHTS) if n_liked >= start)
    trust = n_others / (n_others + OTHERS_DOUBT)
    return np.asarray(np.multiply(chosen, [1.0, trust, trust, 1.0]), dtype=np.float64)


def blend(
    scores: dict[Source, NDArray[np.float64]],
    candidates: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> Blend:
    """Blend scores that are first put on one scale: the best ten of each source average 1.

    Args:
        scores: For each of `SOURCES` (n,) float64; at or below 0 the source knows nothing of it.
        candidates: (n,) which videos may be recommended at all.
        weights: One for each of `SOURCES`, at least 0.
    """
    parts = np.stack([_calibrated(scores[name], candidates) for name in SOURCES])
    parts *= weights[:, None] / max(float(weights.sum()) * CEILING, 1e-12)
    return Blend(parts.sum(axis=0), parts)


def _calibrated(scores: NDArray[np.float64], candidates: NDArray[np.bool_]) -> NDArray[np.float64]:
    told = np.where(candidates, np.maximum(scores, 0.0), 0.0)
    best = told if len(told) <= TOP else np.partition(told, -TOP)[-TOP:]
    best = best[best > 0]
    return np.minimum(told / best.mean(), CEILING) if len(best) else told
