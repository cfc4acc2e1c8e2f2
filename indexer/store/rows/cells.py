"""Dividing vectors into cells, by numpy's matrix products.

FAISS does the same; its own matrix products take two to four times as long (docs/scale.md).
"""

import numpy as np

from data.arrays import Floats, Ids

_AT_ONCE = 4096
"""Rows whose products with all centres stay in the processor's cache."""


def centres_of(sample: Floats, n: int, rounds: int) -> Floats:
    """(n, d) unit centres of n cells, by spherical k-means (Dhillon and Modha, 2001) on unit rows.

    Args:
        sample: (m, d) rows, n at least.
        n: Number of cells.
        rounds: Rounds of k-means; the first centres are rows that are drawn.
    """
    rng = np.random.default_rng(1)
    centres = _unit(sample[rng.choice(len(sample), n, replace=False)])
    for _ in range(rounds):
        sums, counts = _summed(sample, nearest_cells(sample, centres), n)
        empty = np.flatnonzero(counts == 0)
        sums[empty] = sample[rng.choice(len(sample), len(empty))]
        centres = _unit(sums)
    return centres


def nearest_cells(rows: Floats, centres: Floats) -> Ids:
    """(m,) the centre (n, d) with the highest inner product with each row (m, d)."""
    nearest = np.empty(len(rows), np.int64)
    for first in range(0, len(rows), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        nearest[some] = (rows[some] @ centres.T).argmax(axis=1)
    return nearest


def _summed(rows: Floats, cells: Ids, n: int) -> tuple[Floats, Ids]:
    """(n, d) the sum and (n,) the number of the rows (m, d) in each cell."""
    sums = np.zeros((n, rows.shape[1]), np.float32)
    for first in range(0, len(rows), _AT_ONCE):
        mine = cells[first : first + _AT_ONCE]
        order = np.argsort(mine, kind="stable")
        met, starts = np.unique(mine[order], return_index=True)
        sums[met] += np.add.reduceat(rows[first : first + _AT_ONCE][order], starts, axis=0)
    return sums, np.bincount(cells, minlength=n)


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
