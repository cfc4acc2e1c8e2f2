"""A source that was fitted for another table of videos: rows are matched by permanent ids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.sources.base import Rows, Source


class MovedSource:
    """A fitted source in the rows of a table that has changed since.

    It says nothing of videos that have come since, and videos that are gone are not in the answer.

    Args:
        source: Fitted for the videos of `fitted_ids`, in that order.
        fitted_ids: (m,) permanent ids.
        ids: (n,) permanent ids of the videos that it is asked about.
    """

    def __init__(
        self, source: Source, fitted_ids: NDArray[np.int64], ids: NDArray[np.int64]
    ) -> None:
        self._source = source
        self._n_fitted = len(fitted_ids)
        self._to = rows_of(ids, fitted_ids)
        self._from = rows_of(fitted_ids, ids)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        """(b, n or len(rows)) zeros for videos that it was not fitted for."""
        moved = histories.renumbered(self._to, self._n_fitted)
        asked = self._to if rows is None else self._to[rows]
        known = asked >= 0
        found = np.zeros((len(histories), len(asked)), np.float32)
        if rows is None:
            found[:, known] = self._source.scores(moved)[:, asked[known]]
        else:
            found[:, known] = self._source.scores(moved, asked[known])
        return found

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        """(m,) zeros for items that it was not fitted for."""
        found = np.zeros(len(history.item))
        if self._to[row] >= 0:
            moved = history.renumbered(self._to, self._n_fitted)
            found[self._to[history.item] >= 0] = self._source.links(moved, int(self._to[row]))
        return found

    def best(
        self, history: Histories, n: int, allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64] | None:
        """At most n allowed rows, the best for one person; None where all must be scored."""
        nominate = getattr(self._source, "best", None)
        if nominate is None:
            return None
        there = (self._from >= 0) & allowed[self._from]
        found = nominate(history.renumbered(self._to, self._n_fitted), n, there)
        return None if found is None else self._from[found]


def rows_of(ids: NDArray[np.int64], table: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the row of each id in a table of ids that each occur once; -1 where it is not."""
    if not len(table):
        return np.full(len(ids), -1)
    order = np.argsort(table)
    place = np.minimum(np.searchsorted(table, ids, sorter=order), len(table) - 1)
    found = order[place]
    return np.where(table[found] == ids, found, -1)
