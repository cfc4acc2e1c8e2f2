"""Recall against brute force, and the parameters that reach a wanted one in the least time."""

import time
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats, Ids, Mask
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.row_index import Parameters, RowIndex

RECALL_QUERIES = 200
"""Queries of a measurement; +-0.004 at a recall of 0.99 (2,000 neighbours)."""

TARGET_RECALL = 0.95
"""Recall@10 that an index is given at least, where nothing else is said."""

RECALL_K = 10
"""Neighbours of which recall is told."""

_SCORE_SLACK = 1e-5
_NOISE = 0.5
_TIMED = 50


@dataclass(frozen=True)
class RecallProbe:
    """Queries with their true ten nearest rows.

    The queries are stored vectors moved by noise, so that a query is not simply its own answer.
    """

    queries: Floats
    """(q, d) unit rows."""
    scores: Floats
    """(q, 10) scores of the nearest rows; -inf for each that there is not."""
    rows: Ids
    """(q, 10) the nearest rows; -1 for each that there is not."""

    @classmethod
    def of(cls, matrix: HalfMatrix) -> "RecallProbe":
        """Compare some rows of a matrix, moved, with all of them."""
        queries = near_rows(matrix, RECALL_QUERIES)
        return cls(queries, *nearest_rows(queries, matrix))

    def recall_at_10(self, index: RowIndex) -> float:
        """The share of true neighbours that an index returns, 0 to 1; 1 where there are none.

        Equal scores are equally right: a row counts as well when it scores no less than the true
        tenth.
        """
        return self.recall_of(*index.likely(self.queries, RECALL_K))

    def recall_of(self, scores: Floats, rows: Ids) -> float:
        """As `recall_at_10`, of an answer (q, 10) to the queries; -1 for a row that is missing."""
        expected = (self.rows >= 0).sum()
        if not expected:
            return 1.0
        known = np.where(self.rows >= 0, self.scores, np.inf)
        right = scores >= known.min(axis=1, keepdims=True) - _SCORE_SLACK
        right |= (rows[:, :, None] == self.rows[:, None, :]).any(axis=2)
        return float((right & (rows >= 0)).sum() / expected)

    def seconds(self, index: RowIndex) -> float:
        """Time of some of the queries, asked one by one, in seconds of this thread."""
        began = time.thread_time()
        for query in self.queries[:_TIMED]:
            index.likely(query[None], RECALL_K)
        return time.thread_time() - began


def tuned(index: RowIndex, target: float = TARGET_RECALL) -> float:
    """Give an index the parameters that reach a recall@10 in the least time, and tell its recall.

    A kind that compares every vector is brute force itself: it is not compared with it.
    """
    return 1.0 if index.is_exact else tune(index, RecallProbe.of(index.matrix), target)


def tune(index: RowIndex, probe: RecallProbe, target: float = TARGET_RECALL) -> float:
    """Give an index the parameters that reach a recall@10 in the least time.

    Returns:
        The recall that was measured with them: that of the most thorough where none reaches it.
    """
    best: tuple[float, Parameters, float] | None = None
    for row in _rows_of_settings(index.settings):
        found = _first_that_reaches(index, probe, row, target)
        if found is None:
            continue
        seconds = probe.seconds(index) if len(index.settings) > 1 else 0.0
        if best is None or seconds < best[0]:
            best = (seconds, dict(index.parameters), found)
    if best is None:
        index.parameters = dict(index.settings[-1])
        return probe.recall_at_10(index)
    index.parameters = best[1]
    return best[2]


def near_rows(matrix: HalfMatrix, n: int) -> Floats:
    """(m, d) unit queries, n at most: rows of a matrix, each moved by noise, always the same."""
    rng = np.random.default_rng(len(matrix))
    n = min(n, len(matrix))
    rows = matrix.rows(np.sort(rng.choice(len(matrix), n, replace=False)))
    noise = rng.standard_normal(rows.shape, dtype=np.float32)
    moved = rows + _NOISE / np.sqrt(max(matrix.dim, 1)) * noise
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12))


def _first_that_reaches(
    index: RowIndex, probe: RecallProbe, settings: list[Parameters], target: float
) -> float | None:
    """Set the fastest of some settings that reaches a recall, by halving; gives that recall."""
    reached: dict[int, float] = {}
    low, high = 0, len(settings)
    while low < high:
        middle = (low + high) // 2
        index.parameters = dict(settings[middle])
        recall = probe.recall_at_10(index)
        if recall >= target:
            reached[middle], high = recall, middle
        else:
            low = middle + 1
    if high == len(settings):
        return None
    index.parameters = dict(settings[high])
    return reached[high]


def _rows_of_settings(settings: tuple[Parameters, ...]) -> list[list[Parameters]]:
    """Settings that differ in their last name only, together."""
    rows: dict[tuple[int, ...], list[Parameters]] = {}
    for each in settings:
        rows.setdefault(tuple(each.values())[:-1], []).append(each)
    return list(rows.values())


def nearest_rows(
    queries: Floats, matrix: HalfMatrix, allowed: Mask | None = None
) -> tuple[Floats, Ids]:
    """Scores and rows (q, 10) of the nearest that are allowed, by brute force: one pass.

    Where there are fewer rows, -inf and -1 stand for the missing ones.
    """
    best = np.full((len(queries), RECALL_K), -np.inf, np.float32)
    best_rows = np.full((len(queries), RECALL_K), -1, np.int64)
    for first, block in matrix.blocks():
        numbers = np.arange(first, first + len(block))
        if allowed is not None:
            mine = allowed[first : first + len(block)]
            numbers, block = numbers[mine], block[mine]
        scores = queries @ block.T
        # After the first block few rows are better than what is known for any query.
        better = np.flatnonzero((scores > best.min(axis=1, keepdims=True)).any(axis=0))
        shape = (len(queries), len(better))
        scores = np.concatenate([best, scores[:, better]], axis=1)
        rows = np.concatenate([best_rows, np.broadcast_to(numbers[better], shape)], axis=1)
        chosen = np.argpartition(-scores, RECALL_K - 1, axis=1)[:, :RECALL_K]
        best = np.take_along_axis(scores, chosen, axis=1)
        best_rows = np.take_along_axis(rows, chosen, axis=1)
    return best, best_rows
