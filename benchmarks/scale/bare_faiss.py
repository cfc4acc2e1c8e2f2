"""FAISS called by hand, with the parameters of our indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from data.arrays import Floats, Ids
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import ROUNDS, SAMPLE_PER_CELL, BitRows, CellRows, GraphRows, n_cells
from indexer.store.rows.row_index import Parameters, RowIndex

Search = Callable[[Floats, int], tuple[Floats, Ids]]

_METRIC = faiss.METRIC_INNER_PRODUCT
_faiss: Any = faiss


@contextmanager
def one_thread() -> Iterator[None]:
    """FAISS uses one thread for what the calling thread asks."""
    before = _faiss.omp_get_max_threads()
    _faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        _faiss.omp_set_num_threads(before)


def search_by_hand(path: Path, index: RowIndex) -> Search:
    """Search the saved file of an index, and its vectors, both read into memory."""
    flat = _flat(index.matrix)
    if not path.exists():
        return lambda queries, k: flat.search(queries, k)
    inner = _faiss.read_index(str(path))
    params = _params(index.parameters)
    if index.kind == GraphRows.kind:
        inner.own_fields, inner.storage = False, flat
    elif index.kind == BitRows.kind:
        refined = _faiss.IndexRefine(inner, flat)
        refining = _faiss.IndexRefineSearchParameters(
            k_factor=index.parameters["k_factor"], base_index_params=params
        )
        return lambda queries, k: refined.search(queries, k, params=refining)
    return lambda queries, k: inner.search(queries, k, params=params)


def build_by_hand(kind: str, rows: Floats) -> Any:
    """Train and add with as many cells, rounds and training vectors as we take."""
    n, dim = rows.shape
    if kind == GraphRows.kind:
        graph = _faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_fp16, 32, _METRIC)
        graph.add(rows)
        return graph
    cells, wanted = faiss.IndexFlatIP(dim), n_cells(n)
    if kind == CellRows.kind:
        fp16 = faiss.ScalarQuantizer.QT_fp16
        index = _faiss.IndexIVFScalarQuantizer(cells, dim, wanted, fp16, _METRIC, False)
    elif kind == BitRows.kind:
        index = _faiss.IndexIVFRaBitQFastScan(cells, dim, wanted, _METRIC)
    else:
        raise ValueError(f"FAISS trains nothing for {kind!r}")
    index.cp.niter, index.cp.spherical = ROUNDS, True
    rng = np.random.default_rng(0)
    chosen = rng.choice(n, min(SAMPLE_PER_CELL * wanted, n), replace=False)
    index.train(rows[np.sort(chosen)])
    index.add(rows)
    return index


def _flat(matrix: HalfMatrix) -> Any:
    flat = _faiss.IndexScalarQuantizer(matrix.dim, faiss.ScalarQuantizer.QT_fp16, _METRIC)
    for _, rows in matrix.blocks():
        flat.add(rows)
    return flat


def _params(parameters: Parameters) -> Any:
    if "efSearch" in parameters:
        return _faiss.SearchParametersHNSW(efSearch=parameters["efSearch"])
    return _faiss.SearchParametersIVF(nprobe=parameters["nprobe"])
