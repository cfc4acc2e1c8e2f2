"""What short stretches of videos look like, and which videos look alike by that.

An encoder says what is shown: a copy that is spoiled for it is no near neighbour of the original.
The pattern of small pictures (`patterns.py`) says where, so it proposes candidates as well: the
mean pattern of each two seconds is a look, unless it says nothing or what the one before said.

The rule of its cost: a video has at most one look in two seconds, of 55 bytes, and each asks an
index of all looks for a bounded number, so that nothing here grows with the square of the library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Mask
from indexer.duplicates.patterns import PATTERN_SIZE, mirrored, patterns
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import CellRows, FlatRows
from indexer.store.rows.row_index import RowIndex
from indexer.store.rows.tuning import tuned

LOOK_S = 2.0
"""Seconds of a look."""
LEAST_LENGTH = 0.3
"""Of the mean pattern, 0 to 1: a plain picture, or one that changes wholly, says nothing."""
SAME_LOOK = 0.9
"""A look more alike than this to the one before is left out."""
ALIKE_LOOKS = 0.3
"""Inner product of looks that are worth a second one."""
PER_LOOK = 12
"""Videos that one look proposes: those with the nearest looks."""
NEAREST = 40
"""Looks that one is compared with: a video may have several of the nearest."""
FLAT_PRODUCTS = 100_000_000
"""Inner products up to which every look is compared: half a second."""
STEPS = 127
"""Of a number from 0 to 1 as it is stored."""

NOBODY = -1
"""No video: where fewer looks than asked for were found."""

Stored = NDArray[np.int8]
"""(k, 55) looks of a video."""
_Found = dict[int, dict[int, float]]
"""By video: the evidence for each other."""


def looks_of(times_s: NDArray[np.float64], small: NDArray[np.uint8] | None) -> Stored:
    """The looks of one video, by its small pictures (n, 256); none where there are no pictures."""
    if small is None or not len(small):
        return np.zeros((0, PATTERN_SIZE), np.int8)
    firsts = np.flatnonzero(np.diff(times_s // LOOK_S, prepend=-1.0))
    counts = np.diff(firsts, append=len(times_s))
    means = np.add.reduceat(patterns(small), firsts, axis=0) / counts[:, None]
    lengths = np.linalg.norm(means, axis=1)
    units = means / np.maximum(lengths, 1e-6)[:, None]
    kept: list[int] = []
    for at in np.flatnonzero(lengths >= LEAST_LENGTH).tolist():
        if not kept or float(units[at] @ units[kept[-1]]) < SAME_LOOK:
            kept.append(at)
    return np.asarray(np.rint(units[kept] * STEPS), np.int8)


class AlikeLooks:
    """Finds the videos that look like one of a library.

    Args:
        by_video: The looks of each video that can be found.
        n_asking: Number of looks that will ask: for a few, no cells are made.
    """

    def __init__(self, by_video: Mapping[int, Stored], n_asking: int) -> None:
        self._by_video = by_video
        ids = np.fromiter(by_video, np.int64, len(by_video))
        self._owners = np.repeat(ids, [len(rows) for rows in by_video.values()])
        self._index = self._made(n_asking) if len(self._owners) else None

    def _made(self, n_asking: int) -> RowIndex:
        matrix = HalfMatrix.of(_units(np.concatenate([*self._by_video.values()])))
        few = 2 * n_asking * len(matrix) <= FLAT_PRODUCTS
        index = FlatRows.build(matrix) if few else CellRows.build(matrix)
        tuned(index)
        return index

    def evidence(self, video_ids: Sequence[int]) -> _Found:
        """For each of some videos, and each other that looks alike: how much nearer, 0 to 1.

        What is as near to many says little: what counts is how much nearer a video is than the last
        that a look proposes, on the average of all looks. A mirrored copy looks alike as well.
        """
        # The looks of a long video are near to one another, and would fill all places.
        long = {each for each in video_ids if self._n_looks(each) > NEAREST // 2}
        found = self._asked([each for each in video_ids if each not in long])
        for each in sorted(long):
            found |= self._asked([each], allowed=self._owners != each)
        return found

    def _n_looks(self, video_id: int) -> int:
        return len(self._by_video.get(video_id, ()))

    def _asked(self, video_ids: Sequence[int], allowed: Mask | None = None) -> _Found:
        """The evidence of some videos, asked at once."""
        found: _Found = {each: {} for each in video_ids}
        asking = [each for each in video_ids if self._n_looks(each)]
        if self._index is None or not asking:
            return found
        askers = np.repeat(asking, [self._n_looks(each) for each in asking])
        units = _units(np.concatenate([self._by_video[each] for each in asking]))
        both = np.concatenate([units, mirrored(units)])
        scores, rows = self._index.search(both, NEAREST, allowed=allowed)
        owners = np.where(rows >= 0, self._owners[rows], NOBODY)
        for at, asker in enumerate(askers.tolist()):
            ways = [at, at + len(units)]
            nearest = _nearest(scores[ways].ravel(), owners[ways].ravel(), asker)
            usual = nearest[PER_LOOK][1] if len(nearest) > PER_LOOK else ALIKE_LOOKS
            known = found[asker]
            for other, score in nearest[:PER_LOOK]:
                nearer = (score - usual) / self._n_looks(asker)
                known[other] = known.get(other, 0.0) + nearer
        return found


def _nearest(scores: Floats, owners: NDArray[np.int64], asker: int) -> list[tuple[int, float]]:
    """The other videos with the nearest looks, the nearest first, each once, one more than wanted.

    Only those are given that are alike at all.
    """
    found: dict[int, float] = {}
    for at in np.argsort(-scores, kind="stable").tolist():
        if scores[at] <= ALIKE_LOOKS or len(found) > PER_LOOK:
            break
        if owners[at] not in (asker, NOBODY):
            found.setdefault(int(owners[at]), float(scores[at]))
    return list(found.items())


def _units(looks: Stored) -> Floats:
    rows = looks.astype(np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1.0))
