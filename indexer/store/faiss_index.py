"""Index kinds, on FAISS: the exact one, and one that compares a query with the nearest cells."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from data.durable import fsync_file
from data.errors import ReelwiseError

EXACT = 20_000
"""Up to this many rows `index_rows` compares every one."""
PROBES = 32
"""Cells whose vectors are compared with a query."""
SCANNED = 4096
"""Up to this many allowed vectors each is compared, by kinds that compare some of all."""
_PER_CELL = 64
_ROUNDS = 8
_BATCH = 100_000
_LOOP_LIMIT = 1 << 32
_SMALL_SEARCH = 400_000_000

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python


class VectorIndex:
    """Vectors by permanent id, searched by inner product; threads may share it once it is filled.

    A new kind is a subclass, an entry of `INDEX_KINDS` and a test class that inherits
    `tests/indexer/store/index_contract.py`.

    Args:
        inner: An empty FAISS index that numbers vectors from 0 and compares by inner product.
    """

    kind: ClassVar[str]
    """Name of the kind, as the manifest and `status` have it."""
    inner_type: ClassVar[type]
    """Class of the FAISS index within."""

    def __init__(self, inner: Any) -> None:
        self._index = faiss.IndexIDMap2(inner)

    @classmethod
    def empty(cls, dim: int, *, n: int, sample: NDArray[np.floating]) -> Self:
        """An index without vectors, trained where its kind needs that.

        Args:
            dim: Length of the vectors.
            n: How many will be added.
            sample: (s, dim) vectors like those to come; s may be 0.
        """
        raise NotImplementedError

    @classmethod
    def load(cls, path: Path, *, dim: int, n: int) -> Self:
        """Read an index of n vectors whose checksum the caller has verified.

        A FAISS file is parsed by C++ code that trusts it (faiss#5400), so what it may allocate is
        bounded by the file's size as well.

        Raises:
            ReelwiseError: It is no such index.
        """
        try:
            with _limits(vector_bytes=max(path.stat().st_size * 2, 1 << 20)):
                read = faiss.read_index(str(path))
        except RuntimeError as error:
            raise _unusable(path, "FAISS cannot read it") from error
        if not isinstance(read, faiss.IndexIDMap2):
            raise _unusable(path, "it is of another kind")
        inner = faiss.downcast_index(read.index)
        if not isinstance(inner, cls.inner_type) or read.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise _unusable(path, f"it is not of the kind {cls.kind}")
        if (read.d, read.ntotal) != (dim, n):
            raise _unusable(path, f"it holds {read.ntotal} vectors of {read.d}, not {n} of {dim}")
        index = cls.__new__(cls)
        index._index = read
        return index

    def save(self, path: Path) -> None:
        """Write it to a new file and force the bytes to the disk."""
        faiss.write_index(self._index, str(path))
        fsync_file(path)

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return int(self._index.d)

    @property
    def ids(self) -> Ids:
        """(m,) all ids, in the order they were added."""
        return np.asarray(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: NDArray[np.floating]) -> None:
        """Add m vectors: ids (m,) that it does not hold yet, unit rows (m, dim)."""
        if len(ids):
            rows = np.ascontiguousarray(vectors, dtype=np.float32)
            self._index.add_with_ids(rows, np.ascontiguousarray(ids, dtype=np.int64))

    def search(
        self, queries: NDArray[np.floating], k: int, *, allowed: Mask | None = None
    ) -> tuple[Floats, Ids]:
        """Find the vectors nearest to each query.

        Args:
            queries: (q, dim) rows, usually unit.
            k: How many at most.
            allowed: By id: True for those that may be returned, all of which it must hold; None
                allows all.

        Returns:
            Scores and ids, both (q, min(k, number allowed)), best first: a kind that does not
            compare every vector may miss near ones, never return fewer.

        Raises:
            ValueError: The queries are not (q, dim).
        """
        rows = np.ascontiguousarray(queries, dtype=np.float32)
        n_allowed = len(self) if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, n_allowed)
        if k <= 0 or not len(rows):
            shape = (len(rows), max(k, 0))
            return np.zeros(shape, np.float32), np.zeros(shape, np.int64)
        if rows.ndim != 2 or rows.shape[1] != self.dim:
            raise ValueError(f"queries must have shape (q, {self.dim}), got {rows.shape}")
        if allowed is not None and n_allowed <= SCANNED and self._compared() < len(self):
            return self._scan(rows, k, np.flatnonzero(allowed))
        # FAISS keeps a pointer to the bits: they must outlive the search.
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        selector = None if bits is None else _faiss.IDSelectorBitmap(bits)
        with _threads_for(len(rows) * self._compared() * self.dim):
            scores, ids = self._index.search(rows, k, params=self._parameters(selector))
            if ids[:, -1].min() < 0:  # what was compared holds fewer than k
                everywhere = self._parameters(selector, everywhere=True)
                scores, ids = self._index.search(rows, k, params=everywhere)
        return scores, ids

    def _scan(self, rows: Floats, k: int, ids: Ids) -> tuple[Floats, Ids]:
        """The nearest of a few vectors, each of which is compared."""
        scores = rows @ self.vectors(ids).T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(scores, best, axis=1), ids[best]

    def vectors(self, ids: Ids) -> Floats:
        """Give (m, dim) the stored vectors of m ids, all of which it must hold."""
        if not len(ids):
            return np.zeros((0, self.dim), np.float32)
        rows = self._index.reconstruct_batch(np.ascontiguousarray(ids, dtype=np.int64))
        return np.asarray(rows, dtype=np.float32)

    def _compared(self) -> int:
        """Number of vectors that one query is compared with."""
        return len(self)

    def _parameters(self, selector: Any, *, everywhere: bool = False) -> Any:
        """FAISS's search parameters with an id selector, or None for no selection.

        `everywhere` compares every vector.
        """
        return None if selector is None else _faiss.SearchParameters(sel=selector)


class FlatIndex(VectorIndex):
    """Every vector compared, stored as float16: exact, and fast up to about a million clips."""

    kind = "flat_fp16"
    inner_type = faiss.IndexScalarQuantizer

    def __init__(self, dim: int) -> None:
        fp16 = faiss.ScalarQuantizer.QT_fp16
        super().__init__(faiss.IndexScalarQuantizer(dim, fp16, faiss.METRIC_INNER_PRODUCT))

    @classmethod
    def empty(cls, dim: int, *, n: int, sample: NDArray[np.floating]) -> Self:
        """An index without vectors; nothing is trained."""
        return cls(dim)


class CellIndex(VectorIndex):
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
        n_cells = _faiss.downcast_index(self._index.index).nlist
        return int(len(self) * PROBES // max(n_cells, PROBES))

    def _parameters(self, selector: Any, *, everywhere: bool = False) -> Any:
        probes = _faiss.downcast_index(self._index.index).nlist if everywhere else PROBES
        return _faiss.SearchParametersIVF(sel=selector, nprobe=probes)


INDEX_KINDS: dict[str, type[VectorIndex]] = {kind.kind: kind for kind in (FlatIndex, CellIndex)}
"""Every kind that a generation may hold, by the name in its manifest."""


def index_rows(vectors: Floats) -> VectorIndex:
    """An index in memory of the rows (n, d) of a matrix by their numbers: exact up to `EXACT`."""
    kind: type[VectorIndex] = FlatIndex if len(vectors) <= EXACT else CellIndex
    index = kind.empty(vectors.shape[1], n=len(vectors), sample=vectors)
    for start in range(0, len(vectors), _BATCH):
        rows = vectors[start : start + _BATCH]
        index.add(np.arange(start, start + len(rows)), rows)
    return index


_limiting = threading.Lock()


@contextmanager
def _limits(*, vector_bytes: int) -> Iterator[None]:
    """Bound what reading a file may allocate; FAISS has one set of limits for all threads."""
    with _limiting:
        before = (
            faiss.get_deserialization_vector_byte_limit(),
            faiss.get_deserialization_loop_limit(),
        )
        faiss.set_deserialization_vector_byte_limit(vector_bytes)
        faiss.set_deserialization_loop_limit(_LOOP_LIMIT)
        try:
            yield
        finally:
            faiss.set_deserialization_vector_byte_limit(before[0])
            faiss.set_deserialization_loop_limit(before[1])


@contextmanager
def _threads_for(products: int) -> Iterator[None]:
    """One thread for a small search, all of them for a large one; set for the calling thread only.

    Threads that wait for each other cost more than they save.
    """
    if products > _SMALL_SEARCH:
        yield
        return
    before = _faiss.omp_get_max_threads()
    _faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        _faiss.omp_set_num_threads(before)


def _unusable(path: Path, why: str) -> ReelwiseError:
    return ReelwiseError(f"the index file {path} is unusable: {why}", fix="run reelwise rebuild")
