"""From proposed rows to an answer: scores are those of the stored vectors, whoever proposed them.

So a GPU can leave a row out, and never give a wrong score, a row that is not allowed or one twice.
"""

import numpy as np

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.device import MOST_K, WrongAnswer
from indexer.store.rows.half_matrix import HalfMatrix

SLACK = 1e-4
"""Scores that differ by less are equal: sums are added up in another order."""


def n_proposed(k: int, n: int, oversampling: int = 2, most: int = MOST_K) -> int:
    """How many of n rows are proposed where k are wanted: what is not exact swaps neighbours."""
    return min(max(k, min(oversampling * k + 32, most)), n)


def rescored(
    matrix: HalfMatrix, queries: Floats, proposed: Ids, k: int, allowed: Mask | None
) -> tuple[Floats, Ids]:
    """The best k of proposed rows, by their vectors.

    Args:
        matrix: The vectors.
        queries: (q, d).
        proposed: (q, p) rows; negative ones are none.
        k: How many.
        allowed: (n,) which may be returned; None for all.

    Returns:
        Scores and rows (q, k), best first; -inf and -1 where too few were proposed.

    Raises:
        WrongAnswer: A row does not exist.
    """
    if proposed.size and int(proposed.max()) >= len(matrix):
        raise WrongAnswer("a GPU proposed rows that do not exist")
    scores = np.full((len(queries), k), -np.inf, np.float32)
    found = np.full((len(queries), k), -1, np.int64)
    for at, query in enumerate(queries):
        rows = np.unique(proposed[at][proposed[at] >= 0])
        rows = rows if allowed is None else rows[allowed[rows]]
        exact = np.einsum("rd,d->r", matrix.rows(rows), query)
        best = np.argsort(-exact, kind="stable")[:k]
        scores[at, : len(best)], found[at, : len(best)] = exact[best], rows[best]
    return scores, found


def agreement(scores: Floats, expected: Floats) -> float:
    """The share of places (q, k) that are filled as well as expected or better, 0 to 1."""
    return float((scores >= expected - SLACK).mean()) if expected.size else 1.0
