"""What to label next: what differs, and with more labels what the head is unsure of.

Uncertainty is the margin between the two likeliest labels (Scheffer et al., 2001), of several
labels that of the least sure one, of numbers how far the models of a committee disagree. Differing
is farthest-first, the greedy 2-approximation of the k-centre problem (Gonzalez, 1985), as core sets
are chosen (Sener and Savarese, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids, Mask
from data.labels.kinds import Task
from indexer.annotation.pool import Pool


@dataclass(frozen=True)
class Chosen:
    """Clips that are proposed, in order."""

    places: Ids
    """(k,) places in the pool."""
    unsure: Floats
    """(k,) how unsure the head is of each, 0 to 1; 1 where there is none."""


def margin_unsure(task: Task, chances: Floats) -> Floats:
    """(n,) 1 where the head cannot tell, 0 where it is certain; from (n, classes) probabilities."""
    if task is Task.SEVERAL:
        return np.asarray((1 - np.abs(2 * chances - 1)).max(axis=1), np.float32)
    if chances.shape[1] < 2:
        return np.zeros(len(chances), np.float32)
    two = np.partition(chances, -2, axis=1)[:, -2:]
    return np.asarray(1 - (two[:, 1] - two[:, 0]), np.float32)


def spread_unsure(spread: Floats, of_labels: float) -> Floats:
    """(n,) 1 where a committee disagrees as much as the labels differ, 0 where it agrees.

    Args:
        spread: (n,) standard deviation of what its members say.
        of_labels: Standard deviation of the numbers that were given.
    """
    return np.asarray(np.minimum(1.0, spread / max(of_labels, 1e-12)), np.float32)


def choose(
    pool: Pool, *, n: int, taken: Mask, labelled: Floats | None, unsure: Floats | None
) -> Chosen:
    """Clips to label next.

    Args:
        pool: All clips.
        n: How many are wanted.
        taken: (m,) clips that are labelled or skipped.
        labelled: (l, d) vectors of what is labelled; None for nothing.
        unsure: (m,) how unsure the head is of each clip; None where there is no head: then they
            only differ.
    """
    free = np.flatnonzero(~taken)
    if not len(free):
        return Chosen(free, np.zeros(0, np.float32))
    vectors = pool.examples.vectors[free]
    if unsure is not None:
        found = _greedy(pool, free, n, np.ones(len(free)), unsure[free])
    elif labelled is not None and len(labelled):
        far = 1 - (vectors @ labelled.T).max(axis=1).astype(np.float64)
        found = _greedy(pool, free, n, far)
    else:
        # The most usual clip first: the farthest from nothing would be an odd one.
        usual = int((vectors @ vectors.mean(axis=0)).argmax())
        found = _greedy(pool, free, n, np.ones(len(free)), first=usual)
    places = np.asarray(free[found], np.int64)
    told = np.ones(len(places), np.float32) if unsure is None else unsure[places]
    return Chosen(places, np.asarray(told, np.float32))


def _greedy(
    pool: Pool,
    free: Ids,
    n: int,
    far: NDArray[np.float64],
    weights: Floats | None = None,
    *,
    first: int | None = None,
) -> Ids:
    """Places in `free`: each the one of the largest weight times distance to those before it.

    No video comes a second time while another one is left.

    Args:
        pool: All clips.
        free: (m,) clips that may be chosen.
        n: How many are wanted.
        far: (m,) distances to begin with.
        weights: (m,) what distances are multiplied by; None for 1.
        first: The first one.
    """
    vectors, times = pool.examples.vectors[free], np.zeros(len(free), np.int64)
    _, videos = np.unique(pool.video_ids[free], return_inverse=True)
    left: NDArray[np.bool_] = np.ones(len(free), np.bool_)
    picked: list[int] = []
    while len(picked) < min(n, len(free)):
        score = far if weights is None else far * weights
        open_now = left & (times == times[left].min())
        best = int(np.where(open_now, score, -np.inf).argmax())
        if not picked and first is not None:
            best = first
        far = np.minimum(far, 1 - (vectors @ vectors[best]).astype(np.float64))
        left[best] = False
        times[videos == videos[best]] += 1
        picked.append(best)
    return np.array(picked, np.int64)
