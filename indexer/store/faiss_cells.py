"""Vectors in cells of similar ones (IVF): a query is compared with those of its nearest cells."""

from __future__ import annotations

from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.store.faiss_flat import FaissIndex, FlatIndex
from indexer.store.vector_index import VectorIndex

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python

EXACT = 20_000
"""Up to this many rows `index_rows` compares every one."""
PROBES = 32
"""Cells whose vectors are compared with a query."""
_PER_CELL = 64
_ROUNDS = 8
_BATCH = 100_000


class CellIndex(FaissIndex):
    """Approximate: about sqrt(n) cells, stored as float16, `PROBES` of them compared per query.

    Args:
        sample: (s, dim) vectors to train the cells on; s may be 0.
        n_cells: Number of cells, at most s where there are vectors.
    """

    kind = "ivf_fp16"
    inner_type = faiss.IndexIVFScalarQuantizer

    def __init__(self, sample: NDArray[np.floating], n_cells: int) -> None:
        dim = sample.shape[1]
        # Vectors are stored whole, not as residuals: an inner product needs no centre.
        inner = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim),
            dim,
            n_cells,
            faiss.ScalarQuantizer.QT_fp16,
            faiss.METRIC_INNER_PRODUCT,
            False,
        )
        inner.cp.niter, inner.cp.max_points_per_centroid = _ROUNDS, _PER_CELL
        inner.cp.min_points_per_centroid = 1
        inner.train(np.ascontiguousarray(sample, np.float32))
        inner.set_direct_map_type(_faiss.DirectMap.Array)  # `vectors` needs to know each one's cell
        super().__init__(inner)

    @classmethod
    def empty(cls, dim: int, *, n: int, sample: NDArray[np.floating]) -> Self:
        """An index without vectors, its cells trained on some of the sample."""
        if not len(sample):
            return cls(np.zeros((1, dim), np.float32), 1)
        n_cells = min(1 << round(np.log2(np.sqrt(max(n, 1)))), len(sample))
        rng = np.random.default_rng(0)
        chosen = rng.choice(len(sample), min(_PER_CELL * n_cells, len(sample)), replace=False)
        return cls(sample[np.sort(chosen)], n_cells)

    def _compared(self) -> int:
        return int(len(self) * PROBES // max(self._inner.nlist, PROBES))

    def _parameters(self, selector: Any) -> Any:
        return _faiss.SearchParametersIVF(sel=selector, nprobe=PROBES)

    @property
    def _inner(self) -> Any:
        return _faiss.downcast_index(self._index.index)


def index_rows(vectors: NDArray[np.float32]) -> VectorIndex:
    """An index in memory of the rows (n, d) of a matrix by their numbers: exact up to `EXACT`."""
    kind: type[VectorIndex] = FlatIndex if len(vectors) <= EXACT else CellIndex
    index = kind.empty(vectors.shape[1], n=len(vectors), sample=vectors)
    for start in range(0, len(vectors), _BATCH):
        rows = vectors[start : start + _BATCH]
        index.add(np.arange(start, start + len(rows)), rows)
    return index
