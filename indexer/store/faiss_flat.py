"""What the FAISS index kinds share, and the exact one: every vector is compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from data.durable import fsync_file
from data.errors import ReelwiseError

_LOOP_LIMIT = 1 << 32
_SMALL_SEARCH = 50_000_000

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python


class FaissIndex:
    """The members of `VectorIndex` that do not depend on the kind.

    Args:
        inner: An empty FAISS index that numbers vectors from 0 and compares by inner product.
    """

    kind: ClassVar[str]
    inner_type: ClassVar[type]
    """Class of the FAISS index within."""

    def __init__(self, inner: Any) -> None:
        self._index = faiss.IndexIDMap2(inner)

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return int(self._index.d)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(m,) all ids, in the order they were added."""
        return np.asarray(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.floating]) -> None:
        """Add m vectors: ids (m,) that it does not hold yet, unit rows (m, dim)."""
        if len(ids):
            rows = np.ascontiguousarray(vectors, dtype=np.float32)
            self._index.add_with_ids(rows, np.ascontiguousarray(ids, dtype=np.int64))

    def search(
        self, queries: NDArray[np.floating], k: int, *, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Find the vectors nearest to each query; see `VectorIndex.search`.

        Raises:
            ValueError: The queries are not (q, dim).
        """
        rows = np.ascontiguousarray(queries, dtype=np.float32)
        k = min(k, len(self) if allowed is None else int(np.count_nonzero(allowed)))
        if k <= 0 or not len(rows):
            shape = (len(rows), max(k, 0))
            return np.zeros(shape, np.float32), np.zeros(shape, np.int64)
        if rows.ndim != 2 or rows.shape[1] != self.dim:
            raise ValueError(f"queries must have shape (q, {self.dim}), got {rows.shape}")
        # FAISS keeps a pointer to the bits: they must outlive the search.
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        selector = None if bits is None else _faiss.IDSelectorBitmap(bits)
        with _threads_for(len(rows) * self._compared() * self.dim):
            scores, ids = self._index.search(rows, k, params=self._parameters(selector))
        return scores, ids

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Give (m, dim) the stored vectors of m ids, all of which it must hold."""
        if not len(ids):
            return np.zeros((0, self.dim), np.float32)
        rows = self._index.reconstruct_batch(np.ascontiguousarray(ids, dtype=np.int64))
        return np.asarray(rows, dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write it to a new file and force the bytes to the disk."""
        faiss.write_index(self._index, str(path))
        fsync_file(path)

    @classmethod
    def load(cls, path: Path, *, dim: int, n: int) -> Self:
        """Read an index whose checksum the caller has verified; see `VectorIndex.load`.

        A FAISS file is parsed by C++ code that trusts it (faiss#5400), so what it may allocate is
        bounded by the file's size as well.
        """
        limit = max(path.stat().st_size * 2, 1 << 20)
        faiss.set_deserialization_vector_byte_limit(limit)
        faiss.set_deserialization_loop_limit(_LOOP_LIMIT)
        try:
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

    def _compared(self) -> int:
        """Number of vectors that one query is compared with."""
        return len(self)

    def _parameters(self, selector: Any) -> Any:
        """FAISS's search parameters with an id selector, or None for no selection."""
        return None if selector is None else _faiss.SearchParameters(sel=selector)


class FlatIndex(FaissIndex):
    """Every vector compared, stored as float16: exact, and fast up to about a million clips.

    Args:
        dim: Length of the vectors.
    """

    kind = "flat_fp16"
    inner_type = faiss.IndexScalarQuantizer

    def __init__(self, dim: int) -> None:
        fp16 = faiss.ScalarQuantizer.QT_fp16
        super().__init__(faiss.IndexScalarQuantizer(dim, fp16, faiss.METRIC_INNER_PRODUCT))

    @classmethod
    def empty(cls, dim: int, *, n: int, sample: NDArray[np.floating]) -> Self:
        """An index without vectors; nothing is trained."""
        return cls(dim)


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
