"""The kinds of index: every vector compared, cells, codes of one bit a number, a graph.

Parameters are named as in FAISS: `nprobe` is the number of cells that are looked into, `k_factor`
how many candidates are compared exactly for each wanted row, `efSearch` how many rows a walk
through the graph keeps in view.
"""

from functools import cached_property, lru_cache
from math import ceil
from pathlib import Path
from typing import Any, ClassVar, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids
from data.durable import fsync_file
from indexer.store.rows.cells import centres_of, nearest_cells
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.row_index import CellTrainer, Parameters, RowIndex, read_faiss

SAMPLE_PER_CELL = 50
"""Vectors that train a cell, on average; FAISS asks for 39 at least."""

ROUNDS = 8
"""Rounds of k-means."""

NEIGHBOURS = 32
"""Edges of a row in a graph, twice as many in its lowest level."""

PROBES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""Numbers of cells to look into, of which the least that suffices is chosen."""
_LEAST_K = 10
_QUERY_BITS = 8
"""Bits of a number of a query that is compared with codes."""
_METRIC = faiss.METRIC_INNER_PRODUCT

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python


def n_cells(n: int) -> int:
    """How many cells n vectors are divided into: about 2 sqrt(n), a power of two.

    Looking for the nearest cells then costs about what comparing the codes in them costs; with more
    cells training takes longer than searching saves.
    """
    return int(max(1, min(2 ** round(float(np.log2(2 * np.sqrt(max(n, 1))))), n)))


class FlatRows(RowIndex):
    """Every vector is compared: exact, and fast up to some hundred thousand."""

    kind = "flat_fp16"
    is_exact = True

    @classmethod
    def build(cls, matrix: HalfMatrix, trainer: CellTrainer | None = None) -> Self:
        """Nothing is trained."""
        return cls(matrix)

    def save(self, path: Path) -> bool:
        """The matrix is all."""
        return False

    @classmethod
    def load(cls, content: NDArray[np.uint8] | None, matrix: HalfMatrix) -> Self:
        """See `RowIndex`."""
        if content is not None:
            raise ValueError("an exact index has no file of its own")
        return cls(matrix)

    def _search(self, queries: Floats, k: int, selector: Any, share: float) -> tuple[Floats, Ids]:
        return self.matrix.nearest(queries, k, selector)

    def n_compared(self, parameters: Parameters) -> int:
        """See `RowIndex`."""
        return len(self)


class _FaissRows(RowIndex):
    """A kind that consists of a FAISS index beside the matrix."""

    inner_type: ClassVar[Any]
    """Class of the FAISS index."""

    def __init__(self, matrix: HalfMatrix, inner: Any) -> None:
        super().__init__(matrix)
        self._inner = inner
        self._content: NDArray[np.uint8] | None = None

    @property
    def faiss_index(self) -> Any:
        """The index of FAISS beside the matrix."""
        return self._inner

    def save(self, path: Path) -> bool:
        """See `RowIndex`."""
        _faiss.write_index(self._inner, str(path))
        fsync_file(path)
        return True

    @classmethod
    def load(cls, content: NDArray[np.uint8] | None, matrix: HalfMatrix) -> Self:
        """See `RowIndex`."""
        if content is None:
            raise ValueError(f"the file of an index of the kind {cls.kind} is missing")
        index = cls(matrix, cls._checked(read_faiss(content), matrix))
        index._content = content
        return index

    @classmethod
    def _checked(cls, inner: Any, matrix: HalfMatrix) -> Any:
        if not isinstance(inner, cls.inner_type) or inner.metric_type != _METRIC:
            raise ValueError(f"it is not of the kind {cls.kind}")
        if (inner.d, inner.ntotal) != (matrix.dim, len(matrix)):
            raise ValueError(f"it holds {inner.ntotal} vectors of {inner.d}")
        return inner


class CellIndex(_FaissRows):
    """A kind that looks into the cells nearest to a query only."""

    @property
    def centres(self) -> Floats:
        """(c, d) the centres of the cells."""
        centres: Floats = self._inner.quantizer.reconstruct_n(0, self._n_cells)
        return centres

    @property
    def cells_of_rows(self) -> Ids:
        """(n,) the cell that each row lies in."""
        cells, lists = np.zeros(len(self), np.int64), self._inner.invlists
        for cell in range(self._n_cells):
            if size := lists.list_size(cell):
                cells[_faiss.rev_swig_ptr(lists.get_ids(cell), size)] = cell
        return cells

    @classmethod
    def build(cls, matrix: HalfMatrix, trainer: CellTrainer | None = None) -> Self:
        """See `RowIndex`: k-means on an even sample makes the cells."""
        centres = _trained(matrix, trainer)
        inner = cls._empty(as_cells(centres), matrix.dim)
        for _, rows in matrix.blocks():
            nearest = None if trainer is None else trainer.nearest(rows, centres)
            add_to_cells(inner, rows, nearest_cells(rows, centres) if nearest is None else nearest)
        return cls(matrix, cls._finished(inner))

    @classmethod
    def _empty(cls, cells: Any, dim: int) -> Any:
        """The FAISS index without vectors, ready to take some."""
        raise NotImplementedError

    @classmethod
    def _finished(cls, inner: Any) -> Any:
        """The FAISS index that is searched, of that which took all vectors."""
        return inner

    @cached_property
    def _n_cells(self) -> int:
        return int(self._inner.nlist)

    def n_compared(self, parameters: Parameters) -> int:
        """See `RowIndex`."""
        probes = parameters["nprobe"]
        return len(self) * probes // max(self._n_cells, probes)

    def _probes(self, share: float) -> int:
        """Cells to look into: the more, the fewer rows are allowed."""
        return min(ceil(self.parameters["nprobe"] / share), self._n_cells)


class CellRows(CellIndex):
    """Cells of vectors of float16: the fastest, and the vectors are stored twice."""

    kind = "ivf_fp16"
    inner_type = faiss.IndexIVFScalarQuantizer
    settings = tuple({"nprobe": probes} for probes in PROBES)

    @classmethod
    def _empty(cls, cells: Any, dim: int) -> Any:
        # Vectors are stored whole, not as residuals: an inner product needs no centre.
        fp16 = faiss.ScalarQuantizer.QT_fp16
        inner = _faiss.IndexIVFScalarQuantizer(cells, dim, cells.ntotal, fp16, _METRIC, False)
        inner.train(np.zeros((1, dim), np.float32))
        return inner

    @property
    def memory_bytes(self) -> int:
        """See `RowIndex`."""
        return len(self) * (2 * self.dim + 8) + 4 * self.dim * self._n_cells

    def _search(self, queries: Floats, k: int, selector: Any, share: float) -> tuple[Floats, Ids]:
        params = _probing(self._probes(share), selector)
        scores, rows = self._inner.search(queries, k, params=params)
        return scores, rows


class BitRows(CellIndex):
    """Cells of codes of one bit a number (RaBitQ); the best candidates are compared exactly.

    A sixteenth of the vectors is in memory, the rest is read from the mapped matrix for candidates.
    """

    kind = "ivf_rabitq"
    is_held = True
    inner_type = faiss.IndexIVFRaBitQFastScan
    settings = tuple(
        {"k_factor": factor, "nprobe": probes} for factor in (4, 10, 25, 60) for probes in PROBES
    )

    def __init__(self, matrix: HalfMatrix, inner: Any) -> None:
        super().__init__(matrix, inner)
        self._refined = _faiss.IndexRefine(inner, matrix.flat)

    @classmethod
    def _empty(cls, cells: Any, dim: int) -> Any:
        inner = _faiss.IndexIVFRaBitQ(cells, dim, cells.ntotal, _METRIC)
        inner.train(np.zeros((1, dim), np.float32))
        return inner

    @classmethod
    def _finished(cls, inner: Any) -> Any:
        # Only the kind that is slow to search takes vectors whose cells are known.
        packed = _faiss.IndexIVFRaBitQFastScan(inner)
        packed.qb = _QUERY_BITS
        packed.referenced_objects = inner.referenced_objects  # the centres are not copied
        return packed

    @property
    def memory_bytes(self) -> int:
        """See `RowIndex`."""
        return len(self) * int(self._inner.code_size + 8) + 4 * self.dim * self._n_cells

    def n_compared(self, parameters: Parameters) -> int:
        """See `RowIndex`: sixteen codes cost what one vector costs."""
        return super().n_compared(parameters) // 16 + _LEAST_K * parameters["k_factor"]

    def _search(self, queries: Floats, k: int, selector: Any, share: float) -> tuple[Floats, Ids]:
        factor = max(1.0, self.parameters["k_factor"] * _LEAST_K / k)
        params = _refining(self._probes(share), factor, selector)
        scores, rows = self._refined.search(queries, k, params=params)
        return scores, rows


class GraphRows(_FaissRows):
    """A graph of neighbours (HNSW), walked towards the query: fast, slow to build."""

    kind = "hnsw_fp16"
    inner_type = faiss.IndexHNSWSQ
    settings = tuple({"efSearch": width} for width in (16, 32, 64, 128, 256, 512, 1024))

    def __init__(self, matrix: HalfMatrix, inner: Any) -> None:
        super().__init__(matrix, inner)
        inner.own_fields = False
        inner.storage = matrix.flat

    @classmethod
    def build(cls, matrix: HalfMatrix, trainer: CellTrainer | None = None) -> Self:
        """See `RowIndex`."""
        fp16 = faiss.ScalarQuantizer.QT_fp16
        inner = _faiss.IndexHNSWSQ(matrix.dim, fp16, NEIGHBOURS, _METRIC)
        for _, rows in matrix.blocks():
            inner.add(rows)
        graph = _faiss.serialize_index(inner, faiss.IO_FLAG_SKIP_STORAGE)
        return cls.load(graph, matrix)

    def save(self, path: Path) -> bool:
        """See `RowIndex`."""
        _faiss.write_index(self._inner, str(path), faiss.IO_FLAG_SKIP_STORAGE)
        fsync_file(path)
        return True

    @property
    def memory_bytes(self) -> int:
        """See `RowIndex`."""
        return len(self) * (4 * 2 * NEIGHBOURS + 12)

    def n_compared(self, parameters: Parameters) -> int:
        """See `RowIndex`."""
        return min(len(self), parameters["efSearch"] * NEIGHBOURS // 2)

    def _search(self, queries: Floats, k: int, selector: Any, share: float) -> tuple[Floats, Ids]:
        width = max(ceil(self.parameters["efSearch"] / share), k)
        params = _faiss.SearchParametersHNSW(sel=selector, efSearch=width)
        scores, rows = self._inner.search(queries, k, params=params)
        return scores, rows


INDEX_KINDS: dict[str, type[RowIndex]] = {
    kind.kind: kind for kind in (FlatRows, CellRows, BitRows, GraphRows)
}
"""Every kind, by its name."""


def _probing(probes: int, selector: Any = None) -> Any:
    """How FAISS looks into cells."""
    if selector is not None:
        return _faiss.SearchParametersIVF(sel=selector, nprobe=probes)
    return _probing_all(probes)


def _refining(probes: int, factor: float, selector: Any = None) -> Any:
    """How FAISS looks into cells, and how many candidates it compares exactly."""
    if selector is not None:
        cells = _probing(probes, selector)
        return _faiss.IndexRefineSearchParameters(k_factor=factor, base_index_params=cells)
    return _refining_all(probes, factor)


# FAISS only reads its parameters, so threads share them; making them takes a tenth of a search.
@lru_cache(maxsize=256)
def _probing_all(probes: int) -> Any:
    return _faiss.SearchParametersIVF(nprobe=probes)


@lru_cache(maxsize=256)
def _refining_all(probes: int, factor: float) -> Any:
    cells = _probing_all(probes)
    return _faiss.IndexRefineSearchParameters(k_factor=factor, base_index_params=cells)


def _trained(matrix: HalfMatrix, trainer: CellTrainer | None) -> Floats:
    """(n, d) the centres of cells."""
    if not len(matrix):
        return np.zeros((1, matrix.dim), np.float32)
    wanted = n_cells(len(matrix))
    sample = sample_of(matrix, SAMPLE_PER_CELL * wanted)
    centres = None if trainer is None else trainer.centres(sample, wanted, ROUNDS)
    return centres_of(sample, wanted, ROUNDS) if centres is None else centres


def sample_of(matrix: HalfMatrix, n: int) -> Floats:
    """(m, d) n rows that are drawn evenly, always the same; all where there are fewer."""
    rng = np.random.default_rng(0)
    n = min(n, len(matrix))
    return matrix.rows(np.sort(rng.choice(len(matrix), n, replace=False)))


def as_cells(centres: Floats) -> Any:
    """What finds the centres (c, d) that are nearest to a query."""
    cells = faiss.IndexFlatIP(centres.shape[1])
    cells.add(centres)
    return cells


def add_to_cells(inner: Any, rows: Floats, nearest: Ids) -> None:
    """Add rows of which the nearest cells are known, as FAISS's `ivf_tools.add_preassigned`."""
    where = np.ascontiguousarray(nearest, np.int64)
    inner.add_core(len(rows), _faiss.swig_ptr(rows), None, _faiss.swig_ptr(where))
