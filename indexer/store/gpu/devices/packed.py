"""Rows in the cells of a segment's index, as FAISS copies them to a GPU.

They are packed on the CPU, where the cell of each row is known already, and not added on the GPU:
there lists grow by powers of two, and would take up to twice the memory that the copy needs. What
is packed can be searched on the CPU as well, and finds there what it will find on the GPU.
"""

from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from data.arrays import Floats
from indexer.store.gpu.devices.copy_kinds import CopyKind, pq_bytes
from indexer.store.rows.half_matrix import BLOCK
from indexer.store.rows.kinds import CellIndex, CellRows, add_to_cells, as_cells, sample_of

PQ_TRAINED_BY = 256 * 100
"""Rows that train the books of `ivf_pq`."""

PQ_ROUNDS = 10
"""Rounds of k-means that make them."""

_METRIC = faiss.METRIC_INNER_PRODUCT

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python


@dataclass(frozen=True, eq=False)
class PackedCells:
    """Rows in cells, in memory or mapped."""

    kind: CopyKind
    """What is held of each row."""
    faiss_index: Any
    """An index of cells of FAISS; its ids count from the first of the rows."""


def pack(index: CellIndex, kind: CopyKind, first: int, stop: int) -> PackedCells:
    """Put rows [first, stop) of a segment's index into cells of a kind.

    Memory is that of the copy; an index that holds the same already is taken as it is.
    """
    is_whole = (first, stop) == (0, len(index))
    if kind is CopyKind.IVF_FP16 and isinstance(index, CellRows) and is_whole:
        return PackedCells(kind, index.faiss_index)
    inner = _empty(index, kind)
    cells = index.cells_of_rows
    for at in range(first, stop, BLOCK):
        some = slice(at, min(at + BLOCK, stop))
        add_to_cells(inner, index.matrix.rows(some), cells[some])
    return PackedCells(kind, inner)


def _empty(index: CellIndex, kind: CopyKind) -> Any:
    """A FAISS index with the cells of another, trained to take rows."""
    centres, dim = index.centres, index.dim
    cells, n = as_cells(centres), len(centres)
    if kind is CopyKind.IVF_FLAT:
        inner = _faiss.IndexIVFFlat(cells, dim, n, _METRIC)
    elif kind is CopyKind.IVF_PQ:
        inner = _faiss.IndexIVFPQ(cells, dim, n, pq_bytes(dim), 8, _METRIC)
        inner.pq.cp.niter, inner.pq.cp.max_points_per_centroid = PQ_ROUNDS, PQ_TRAINED_BY // 256
        inner.pq.cp.min_points_per_centroid = 1  # no words about few rows on the terminal
    else:
        is_half = kind is CopyKind.IVF_FP16
        sizes = faiss.ScalarQuantizer
        size = sizes.QT_fp16 if is_half else sizes.QT_8bit
        # Of whole vectors and not of residuals: an inner product needs no centre then.
        inner = _faiss.IndexIVFScalarQuantizer(cells, dim, n, size, _METRIC, False)
    inner.train(_training_rows(index))
    return inner


def _training_rows(index: CellIndex) -> Floats:
    return np.ascontiguousarray(sample_of(index.matrix, PQ_TRAINED_BY))
