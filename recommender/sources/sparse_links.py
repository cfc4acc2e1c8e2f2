"""Sparse item-item links, computed in blocks so that no items x items matrix is ever held."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

SHRINK = 20.0
"""Shrinkage of the cosine: added to the count of co-watches."""
BEST_COSINES = 100
"""Links kept for each item."""
_BLOCK = 2_000
_WORK = 5_000_000  # products of a block: some 300 MB while it is sorted

Reweigh = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]], NDArray[np.float64]]
"""(rows, columns, products) to the weights of the links."""


def best_links(
    left: sparse.csr_array, right: sparse.csr_array, reweigh: Reweigh, keep: int
) -> sparse.csr_array:
    """The `keep` largest links above 0 of each row of `left @ right`, none of an item to itself.

    `reweigh` gives the weights from the products of `left` (n, m) and `right` (m, n).
    """
    data, columns, counts = [], [], np.zeros(left.shape[0] + 1, np.int64)
    for rows_of_block in _blocks(left, right):
        block = sparse.csr_array(left[rows_of_block] @ right)
        first, lengths = rows_of_block.start, np.diff(block.indptr)
        rows = np.repeat(np.arange(block.shape[0]), lengths)
        weights = reweigh(rows + first, block.indices.astype(np.int64), block.data)
        weights[rows + first == block.indices] = 0.0
        # One key (the row, and how far the largest weight is ahead) sorts twice as fast as two.
        order = np.argsort(rows + 0.5 * (1.0 - weights / max(weights.max(initial=0.0), 1e-300)))
        place = np.arange(len(order)) - np.repeat(block.indptr[:-1], lengths)
        kept = order[place < keep]
        kept = kept[weights[kept] > 0]
        data.append(weights[kept].astype(np.float32))
        columns.append(block.indices[kept].astype(np.int32))
        counts[rows_of_block.start + 1 : rows_of_block.stop + 1] = np.bincount(
            rows[kept], minlength=block.shape[0]
        )
    shape = (left.shape[0], right.shape[1])
    if not data:
        return sparse.csr_array(shape, dtype=np.float32)
    starts = np.cumsum(counts)
    starts = starts.astype(np.int32 if starts[-1] < 2**31 else np.int64)
    cells = (np.concatenate(data), np.concatenate(columns), starts)
    return sparse.csr_array(cells, shape=shape)


def _blocks(left: sparse.csr_array, right: sparse.csr_array) -> Iterator[slice]:
    """Rows of `left` in parts whose products with `right` take about the same work and memory."""
    longest = np.diff(right.indptr)[left.indices]
    products = np.concatenate([[0], np.cumsum(longest, dtype=np.int64)])[left.indptr]
    start, n = 0, left.shape[0]
    while start < n:
        stop = int(np.searchsorted(products, products[start] + _WORK, side="right")) - 1
        stop = min(max(stop, start + 1), start + _BLOCK, n)
        yield slice(start, stop)
        start = stop


def shrunk_cosine(
    liked: sparse.csr_array, *, shrink: float = SHRINK, keep: int = BEST_COSINES
) -> sparse.csr_array:
    """Links c_ij / (|c_i| |c_j| + shrink) between items that the same people liked."""
    norms = np.sqrt(np.asarray(liked.multiply(liked).sum(axis=0)).ravel())
    return best_links(
        liked.T.tocsr(),
        sparse.csr_array(liked),
        lambda rows, columns, data: data / (norms[rows] * norms[columns] + shrink),
        keep,
    )
