"""How high lines score for captions that have nothing to do with them, reading by reading.

The best score of each caption among all lines tells how high a query scores by accident
(`indexer.accident`). It is a maximum, so segments of lines each keep their own. A
reading may go away later: for each caption some best readings are kept, and the first that is still
live has the best score of all live lines. Where all of them are gone the segment is made anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.arrays import Mask
from embeddings.plain.layers import Floats

KEPT = 8
"""Readings of each caption: with a quarter of a segment gone, one caption in 65,000 has none."""


@dataclass(frozen=True)
class BestReadings:
    """The readings of a segment that score best for each of t captions."""

    places: NDArray[np.int32]
    """(t, KEPT) places of readings, the best first; -1 where there are fewer."""
    scores: Floats
    """(t, KEPT) the score of the best line of each; -inf where there are fewer."""

    def among(self, live: Mask) -> tuple[Floats, bool]:
        """(t,) the best scores among the readings that count (r,), and whether all are known.

        Where none of a caption's readings counts, it is at most the last of them, which is given.
        """
        counts = (self.places >= 0) & live[self.places]
        known = counts.any(axis=1)
        first = np.where(known, counts.argmax(axis=1), self.places.shape[1] - 1)
        best = self.scores[np.arange(len(first)), first]
        # Fewer than all places are taken only where no other reading is in the segment.
        is_open = ~known & (self.places[:, -1] >= 0)
        return np.where(known | is_open, best, -np.inf), not is_open.any()


def best_readings(
    captions: Floats, blocks: Iterator[tuple[Floats, NDArray[np.int64]]]
) -> BestReadings:
    """Compare captions (t, d) with the lines of readings.

    Args:
        captions: Unit rows.
        blocks: Vectors (n, d) of the lines of some readings, and how many each of these has (r,),
            none of them 0.
    """
    n_captions = len(captions)
    places = np.full((n_captions, KEPT), -1, np.int32)
    scores = np.full((n_captions, KEPT), -np.inf, np.float32)
    seen = 0
    for vectors, counts in blocks:
        firsts = np.cumsum(counts) - counts
        mine = np.maximum.reduceat(captions @ vectors.T, firsts, axis=1)
        numbers = np.broadcast_to(np.arange(seen, seen + len(counts), dtype=np.int32), mine.shape)
        scores, places = _best(
            np.concatenate([scores, mine], axis=1), np.concatenate([places, numbers], axis=1)
        )
        seen += len(counts)
    return BestReadings(places, scores)


def _best(scores: Floats, places: NDArray[np.int32]) -> tuple[Floats, NDArray[np.int32]]:
    """The `KEPT` highest of each row, the best first."""
    chosen = np.argpartition(-scores, KEPT - 1, axis=1)[:, :KEPT]
    order = np.argsort(-np.take_along_axis(scores, chosen, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(chosen, order, axis=1)
    return np.take_along_axis(scores, best, axis=1), np.take_along_axis(places, best, axis=1)
