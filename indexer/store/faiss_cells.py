"""The nearest rows of a large table of vectors, in memory: what a shortlist begins with."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python

EXACT = 20_000
"""Up to so many vectors every one is compared."""
PROBES = 32
"""Cells that a query looks into."""
_PER_CELL = 64
_ROUNDS = 8
_BATCH = 100_000

Floats = npt.NDArray[np.floating]


class NearestRows:
    """Rows of a matrix by inner product, float16, in cells of like vectors beyond `EXACT` rows.

    Safe for any number of searching threads. It is never written: it takes seconds to make anew.

    Args:
        vectors: (n, d) unit rows.
    """

    def __init__(self, vectors: npt.NDArray[np.float32]) -> None:
        n, dim = vectors.shape
        kind = faiss.ScalarQuantizer.QT_fp16
        if n <= EXACT:
            self._index: Any = faiss.IndexScalarQuantizer(dim, kind, faiss.METRIC_INNER_PRODUCT)
        else:
            self._index = _cells(vectors, 1 << round(np.log2(np.sqrt(n))))
        for start in range(0, n, _BATCH):
            self._index.add(np.ascontiguousarray(vectors[start : start + _BATCH], np.float32))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, queries: Floats, k: int, *, among: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """Find the rows nearest to each query.

        Args:
            queries: (q, d) rows.
            k: How many for each.
            among: (n,) which rows may be found.

        Returns:
            (m,) each row that is among the nearest of some query, once, in rising order.
        """
        if not len(queries) or not among.any():
            return np.zeros(0, np.int64)
        # FAISS keeps a pointer to the bits: they must outlive the search.
        bits = np.packbits(among, bitorder="little")
        chosen = _faiss.IDSelectorBitmap(bits)
        told = (
            _faiss.SearchParametersIVF(sel=chosen, nprobe=PROBES)
            if isinstance(self._index, faiss.IndexIVF)
            else _faiss.SearchParameters(sel=chosen)
        )
        rows = np.ascontiguousarray(queries, np.float32)
        _, found = self._index.search(rows, min(k, len(self)), params=told)
        return np.unique(found[found >= 0]).astype(np.int64)


def _cells(vectors: npt.NDArray[np.float32], n_cells: int) -> Any:
    dim = vectors.shape[1]
    coarse = faiss.IndexFlatIP(dim)
    kind = faiss.ScalarQuantizer.QT_fp16
    # Stored as they are, not as what is left beside a centre: an inner product needs no centre.
    index = faiss.IndexIVFScalarQuantizer(
        coarse, dim, n_cells, kind, faiss.METRIC_INNER_PRODUCT, False
    )
    index.cp.niter, index.cp.max_points_per_centroid = _ROUNDS, _PER_CELL
    index.cp.min_points_per_centroid = 1
    rng = np.random.default_rng(0)
    sample = rng.choice(len(vectors), min(_PER_CELL * n_cells, len(vectors)), replace=False)
    index.train(np.ascontiguousarray(vectors[np.sort(sample)], np.float32))
    return index
