"""What gives the frames of a stretch their scores: a query, or a head."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

from data.arrays import Floats
from indexer.explanation.stretch import Stretch

Unit = Literal["cosine", "probability", "number", "share"]
"""cosine: as a search scores; probability and number: as a head says; share: by how much the
log-odds (of a number: the number) would be lower without this frame."""


class Judge(Protocol):
    """Scores the frames of a stretch."""

    unit: Unit
    """What a score is."""

    def frames(self) -> Floats:
        """(n,) the score of each frame."""

    def clips(self) -> Floats:
        """(m,) the score of each clip, as search or the head has it."""

    def means(self) -> Floats:
        """(m,) what it would be of the mean of the clip's frames, without the temporal head."""

    def directions(self, places: list[int]) -> Floats | None:
        """(k, d) where some frames' vectors would have to move to score higher.

        None where a score has no such direction: it goes in steps.
        """

    def instead(self, place: int, rows: Floats) -> Floats:
        """(r,) what one frame would add to its score were its vector another one."""


class ByQuery:
    """A query: as in a search, what is nearest to it counts.

    Args:
        stretch: What is judged.
        queries: (q, d) unit rows.
    """

    unit: Unit = "cosine"

    def __init__(self, stretch: Stretch, queries: Floats) -> None:
        self._stretch = stretch
        self._queries = np.asarray(queries, np.float32)

    def frames(self) -> Floats:
        """See `Judge`, as for what follows."""
        return self._best(self._stretch.frames)

    def clips(self) -> Floats:
        """See `Judge`."""
        return self._best(self._stretch.clips)

    def means(self) -> Floats:
        """See `Judge`."""
        return self._best(self._stretch.means())

    def directions(self, places: list[int]) -> Floats:
        """The nearest of the query's vectors."""
        nearest = (self._stretch.frames[places] @ self._queries.T).argmax(axis=1)
        return np.asarray(self._queries[nearest], np.float32)

    def instead(self, place: int, rows: Floats) -> Floats:
        """See `Judge`."""
        return self._best(rows)

    def _best(self, rows: Floats) -> Floats:
        return np.asarray((rows @ self._queries.T).max(axis=1, initial=-1), np.float32)
