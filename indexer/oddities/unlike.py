"""How unlike each of some clips is to the normal ones: by its nearest neighbours among them.

Two scores, both from the distances 1 - cosine to the k nearest normal clips:

- `neighbours`: their mean (Ramaswamy, Rastogi and Shim, SIGMOD 2000, with the mean for the last). A
  scene that was never seen before scores high, however much the normal clips differ.
- `lof`: the local outlier factor (Breunig et al., SIGMOD 2000, definitions 3 to 7): how much
  farther a clip is from its neighbours than these are from theirs. 1 is as dense as around them.
  What is unusual in a quiet place counts more than what is unusual where all differs anyway.

Clips of the same video that are near in time show the same and are no neighbours: else an event of
a minute would be its own normality.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats

Method = Literal["neighbours", "lof"]
AT_ONCE = 16_000_000
"""Inner products that are held at once: 64 MB."""
LEAST_DISTANCE = 1e-6
"""Of two equal clips, so that the density around them is finite."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Clips:
    """Clips with their place in time."""

    vectors: Floats
    """(n, d) float32 unit rows."""
    videos: NDArray[np.int64]
    """(n,) id of the video of each."""
    starts_s: Doubles
    """(n,) where each begins in it."""
    ends_s: Doubles
    """(n,) where it ends."""

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True)
class Neighbours:
    """The nearest normal clips of some clips."""

    distances: Doubles
    """(n, k) 1 - cosine, 0 to 2, ascending; inf where fewer than k are there."""
    rows: NDArray[np.intp]
    """(n, k) which normal clips."""


def nearest(clips: Clips, normal: Clips, k: int, apart_s: float) -> Neighbours:
    """The k nearest normal clips of each clip, exactly.

    Args:
        clips: Those that are judged.
        normal: What is normal.
        k: Number of neighbours; fewer where fewer normal clips are there.
        apart_s: Clips of one video are no neighbours that lie nearer in time than this, in seconds.
    """
    k = min(k, len(normal))
    distances = np.full((len(clips), k), np.inf)
    rows = np.zeros((len(clips), k), np.intp)
    step = max(1, AT_ONCE // max(1, len(normal)))
    for first in range(0, len(clips), step):
        some = slice(first, min(first + step, len(clips)))
        far = 1.0 - (clips.vectors[some] @ normal.vectors.T).astype(np.float64)
        far = np.maximum(far, LEAST_DISTANCE)
        far[_same_time(clips, some, normal, apart_s)] = np.inf
        best = np.argpartition(far, k - 1, axis=1)[:, :k]
        values = np.take_along_axis(far, best, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        rows[some] = np.take_along_axis(best, order, axis=1)
        distances[some] = np.take_along_axis(values, order, axis=1)
    return Neighbours(distances, rows)


def scores(
    clips: Clips, normal: Clips, *, method: Method, k: int, apart_s: float
) -> tuple[Doubles, NDArray[np.intp]]:
    """How unlike the normal clips each clip is, higher for stranger ones, and its nearest of them.

    Returns:
        (n,) scores, nan where no normal clip is there to compare with; and (n,) rows of `normal`.
    """
    found = nearest(clips, normal, k, apart_s)
    if not found.distances.shape[1]:
        return np.full(len(clips), np.nan), np.zeros(len(clips), np.intp)
    if method == "neighbours":
        values = _mean_of_known(found.distances)
    else:
        values = _local_outlier_factor(found, nearest(normal, normal, k, apart_s))
    return values, found.rows[:, 0]


def _same_time(clips: Clips, some: slice, normal: Clips, apart_s: float) -> NDArray[np.bool_]:
    """Which normal clips are of the same video as each clip, and too near to it in time."""
    same = clips.videos[some, None] == normal.videos
    gap_s = np.maximum(
        normal.starts_s - clips.ends_s[some, None], clips.starts_s[some, None] - normal.ends_s
    )
    return np.asarray(same & (gap_s < apart_s))


def _mean_of_known(distances: Doubles) -> Doubles:
    known = np.isfinite(distances)
    total = np.where(known, distances, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _local_outlier_factor(found: Neighbours, among: Neighbours) -> Doubles:
    """Definition 7: mean density around the neighbours over the density around the clip."""
    reach = among.distances[:, -1]
    reach = np.where(np.isfinite(reach), reach, _mean_of_known(among.distances))
    densities = _densities(among, reach)
    ours = _densities(found, reach)
    known = np.isfinite(found.distances)
    theirs = _mean_of_known(np.where(known, densities[found.rows], np.inf))
    return np.asarray(theirs / ours)


def _densities(found: Neighbours, reach: Doubles) -> Doubles:
    """Definition 6: one over the mean reachability distance, definition 5, of the neighbours."""
    reached = np.maximum(found.distances, reach[found.rows])
    return np.asarray(1.0 / _mean_of_known(np.where(np.isfinite(found.distances), reached, np.inf)))
