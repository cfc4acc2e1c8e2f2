"""Copies that FAISS searches, on a GPU or, as in the tests of them, on the CPU.

They take no masks: `GpuIndex*::search` of FAISS 1.15 does not look at a selector.
"""

from collections.abc import Callable, Sequence
from typing import Any

import faiss
import numpy as np

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.copy_kinds import CopyKind
from indexer.store.gpu.devices.device import MOST_K
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import PROBES

BLOCK_ROWS = 1 << 18
"""Rows of one flat index: `GpuIndexFlat::add` makes room for what it is given, and copies all that
it has where that is more, so each index is filled at once."""

CANDIDATES_OF_CODES = 20
"""Rows that `ivf_pq` proposes for each that is wanted (docs/gpu.md)."""

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python


class FaissRows:
    """Rows [first, stop) of a matrix that are all compared; see `Copy`.

    Args:
        matrix: The rows.
        first: The first that is copied.
        stop: The row after the last.
        new_index: Makes an empty flat index where it is to be.
    """

    takes_masks = False
    is_exact = True
    depths: Sequence[int] = ()
    depth = 0
    oversampling = 2
    most_k = MOST_K

    def __init__(
        self, matrix: HalfMatrix, first: int, stop: int, new_index: Callable[[], Any]
    ) -> None:
        self._blocks = []
        for at in range(first, stop, BLOCK_ROWS):
            block = new_index()
            block.add(matrix.rows(slice(at, min(at + BLOCK_ROWS, stop))))
            self._blocks.append((at - first, block))

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        """See `Copy`."""
        _refuse(allowed)
        found = [
            (first, *block.search(queries, min(k, block.ntotal))) for first, block in self._blocks
        ]
        scores = np.concatenate([each for _, each, _ in found], axis=1)
        rows = np.concatenate([np.where(at < 0, -1, at + first) for first, _, at in found], axis=1)
        scores[rows < 0] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.asarray(np.take_along_axis(rows, best, axis=1), np.int64)

    def free(self) -> None:
        """See `Copy`."""
        self._blocks = []


class FaissCells:
    """Cells of which those nearest to a query are looked into; see `Copy`.

    Args:
        inner: An index of cells of FAISS.
        kind: What it holds of each row.
    """

    takes_masks = is_exact = False
    most_k = MOST_K

    def __init__(self, inner: Any, kind: CopyKind) -> None:
        self._inner = inner
        n_cells = int(inner.nlist)
        self.depths: Sequence[int] = tuple(n for n in PROBES if n <= n_cells)
        self.depth = self.depths[-1]
        self.oversampling = CANDIDATES_OF_CODES if kind is CopyKind.IVF_PQ else 2

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        """See `Copy`."""
        _refuse(allowed)
        params = _faiss.SearchParametersIVF(nprobe=self.depth)
        _, rows = self._inner.search(queries, k, params=params)
        return np.asarray(rows, np.int64)

    def free(self) -> None:
        """See `Copy`."""
        self._inner = None


def _refuse(allowed: Mask | None) -> None:
    if allowed is not None:
        raise ValueError("FAISS's GPU indexes take no masks")
