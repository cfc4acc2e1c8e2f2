"""What to label next: what the head is unsure of, and of that what differs from what is labelled.

Uncertainty is the margin between the two likeliest labels (Scheffer et al., 2001), of several
labels that of the least sure one. Differing is farthest-first, the greedy 2-approximation of the
k-centre problem (Gonzalez, 1985), as core sets are chosen (Sener and Savarese, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids, Mask
from data.labels.kinds import Task
from indexer.annotation.pool import Pool

UNSURE_OF = 5
"""So many times as many clips as are wanted are compared: the ones that are least sure."""
LEAST_UNSURE = 30
"""Clips that are compared at least."""


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
    if unsure is not None and len(free):
        short = min(len(free), max(UNSURE_OF * n, LEAST_UNSURE))
        # Equal ones in a fixed order: the same question has the same answer.
        free = free[np.argsort(-unsure[free], kind="stable")[:short]]
    places = _apart(pool, free, labelled, n)
    told = np.ones(len(places), np.float32) if unsure is None else unsure[places]
    return Chosen(places, np.asarray(told, np.float32))


def _apart(pool: Pool, free: Ids, labelled: Floats | None, n: int) -> Ids:
    """Farthest-first among some clips; no video a second time while another one is left."""
    vectors = pool.examples.vectors[free]
    if not len(free):
        return free
    if labelled is None or not len(labelled):
        # The most usual clip first: the farthest from nothing would be an odd one.
        far = (vectors @ vectors.mean(axis=0)).astype(np.float64)
    else:
        far = 1 - (vectors @ labelled.T).max(axis=1).astype(np.float64)
    videos, counts = pool.video_ids[free], dict.fromkeys(pool.video_ids[free].tolist(), 0)
    left: NDArray[np.bool_] = np.ones(len(free), np.bool_)
    picked: list[int] = []
    while len(picked) < min(n, len(free)):
        seen = np.array([counts[video] for video in videos.tolist()])
        open_now = left & (seen == seen[left].min())
        best = int(np.where(open_now, far, -np.inf).argmax())
        first = not picked and (labelled is None or not len(labelled))
        near = 1 - (vectors @ vectors[best]).astype(np.float64)
        far = near if first else np.minimum(far, near)
        left[best] = False
        counts[int(videos[best])] += 1
        picked.append(best)
    return np.asarray(free[np.array(picked, np.int64)], np.int64)
