"""What one source of recommendations must answer, and the sources that are the same for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories

Rows = NDArray[np.int64] | None
"""Some rows of the table; None for all."""


class Source(Protocol):
    """Fitted once, asked with any history: an event counts at once, without fitting anew."""

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n_items or len(rows)) scores, higher is better; a constant row knows nothing."""

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) what each item of one person's history gives to the score of `row`."""


@runtime_checkable
class Nominating(Protocol):
    """A source that finds its best without scoring every video."""

    def best(
        self, history: Histories, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """At most n allowed rows, the best for one person; None where all must be scored."""


@dataclass(frozen=True, eq=False)
class SameForAll:
    """The same scores for everybody: what many watch, what is new."""

    values: NDArray[np.float64]
    """(n_items,) at least 0."""

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n), a read-only view of one row."""
        values = self.values if rows is None else self.values[rows]
        return np.broadcast_to(values.astype(np.float32), (len(histories), len(values)))

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """Zeros: nothing that the person watched is the reason."""
        return np.zeros(len(history.item))


@dataclass(frozen=True, eq=False)
class OnlySome:
    """Another source's word on some videos alone, calibrated among these: it can raise them."""

    source: Source
    """What is asked."""
    heard: NDArray[np.bool_]
    """(n_items,) of which videos it is believed."""

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n) the source's scores; 0 for all other videos."""
        heard = self.heard if rows is None else self.heard[rows]
        if not heard.any():
            return np.zeros((len(histories), len(heard)), np.float32)
        found = self.source.scores(histories, rows)
        return np.where(heard, np.maximum(found, 0.0), np.float32(0.0))

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) what the source says."""
        return self.source.links(history, row)


def best_rows(values: NDArray[np.floating], n: int) -> NDArray[np.int64]:
    """Positions of the n highest values above 0 in no order; of equal ones the first."""
    if n < len(values):
        least = np.partition(values, -n)[-n]
        above = np.flatnonzero(values > max(least, 0.0))
        tied = np.flatnonzero(values == least)[: n - len(above)] if least > 0 else above[:0]
        return np.concatenate([above, tied])
    return np.flatnonzero(values > 0.0)
