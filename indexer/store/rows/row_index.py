"""What finds the rows of a matrix that are nearest to a query; its kinds are in `kinds`."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids, Mask
from indexer.store.rows.half_matrix import HalfMatrix

SCANNED = 4096
"""Up to this many allowed rows each is read and compared; measured in docs/scale.md."""

EXACT_AMONG = 10_000
"""Up to this many allowed rows each is compared, by kinds that compare some of all; more are found
faster in cells, with a recall of .99 (docs/scale.md)."""

_LOOP_LIMIT = 1 << 32
_SMALL_SEARCH = 400_000_000

Parameters = dict[str, int]
"""How thoroughly a kind searches, by the names of FAISS."""

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python


class CellTrainer(Protocol):
    """Does on another device what takes the time of building an index of cells."""

    def centres(self, sample: Floats, n: int, rounds: int) -> Floats | None:
        """(n, d) unit centres of cells, by k-means on a sample (m, d); None: the CPU shall."""

    def nearest(self, rows: Floats, centres: Floats) -> Ids | None:
        """(m,) the nearest centre of each row (m, d); None: the CPU shall."""


class RowIndex(ABC):
    """Finds the rows of a matrix with the highest inner products; threads may share it.

    A new kind is a subclass, an entry of `INDEX_KINDS` and a test class that inherits
    `tests/indexer/store/rows/index_contract.py`.
    """

    kind: ClassVar[str]
    """Its name, as the manifest, `status` and `--index-kind` have it."""

    is_held: ClassVar[bool] = False
    """Whether its file is copied into memory, however large it is."""

    is_exact: ClassVar[bool] = False
    """Whether it compares every vector."""

    settings: ClassVar[tuple[Parameters, ...]] = ({},)
    """Parameters to choose from. Those that differ in the last name only stand in a row, the
    fastest first."""

    def __init__(self, matrix: HalfMatrix) -> None:
        self.matrix = matrix
        """The rows."""
        self._n = len(matrix)
        self.parameters: Parameters = dict(self.settings[-1])
        """How thoroughly it searches now; set before threads share it."""

    @classmethod
    @abstractmethod
    def build(cls, matrix: HalfMatrix, trainer: CellTrainer | None = None) -> Self:
        """Make an index of the rows of a matrix; where its kind needs that, a sample trains it.

        `trainer` does so on another device; None on the CPU.
        """

    @abstractmethod
    def save(self, path: Path) -> bool:
        """Write what it consists of besides the matrix to a new file; False where that is nothing.

        The bytes are forced to the disk.
        """

    @classmethod
    @abstractmethod
    def load(cls, content: NDArray[np.uint8] | None, matrix: HalfMatrix) -> Self:
        """The index that was saved; the caller has verified the checksum of its file.

        Args:
            content: The file, mapped or read, which must outlive the index; None for no file.
            matrix: The rows that it was built of.

        Raises:
            ValueError: It is no such index of this matrix.
        """

    @property
    def memory_bytes(self) -> int:
        """Bytes that it holds in memory besides the matrix."""
        return 0

    def __len__(self) -> int:
        return self._n

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return self.matrix.dim

    def search(
        self, queries: NDArray[np.floating], k: int, *, allowed: Mask | None = None
    ) -> tuple[Floats, Ids]:
        """Find the rows nearest to each query.

        Args:
            queries: (q, dim) rows, usually unit.
            k: How many at most.
            allowed: (n,) True for the rows that may be returned; None allows all.

        Returns:
            Scores and rows, both (q, min(k, number allowed)), best first: a kind that does not
            compare every vector may miss near ones, never return fewer.

        Raises:
            ValueError: The queries are not (q, dim).
        """
        asked = np.ascontiguousarray(queries, dtype=np.float32)
        n_allowed = self._n if allowed is None else int(np.count_nonzero(allowed))
        k = min(k, n_allowed)
        if k <= 0 or not len(asked):
            shape = (len(asked), max(k, 0))
            return np.zeros(shape, np.float32), np.zeros(shape, np.int64)
        if asked.ndim != 2 or asked.shape[1] != self.dim:
            raise ValueError(f"queries must have shape (q, {self.dim}), got {asked.shape}")
        if allowed is None:
            return self._found(asked, k, None, self._n)
        if n_allowed <= SCANNED:
            with threads_for(len(asked) * n_allowed * self.dim):
                return self._scan(asked, k, np.flatnonzero(allowed))
        # FAISS keeps a pointer to the bits: they must outlive the search.
        bits = np.packbits(allowed, bitorder="little")
        return self._found(asked, k, _faiss.IDSelectorBitmap(bits), n_allowed)

    def _found(self, queries: Floats, k: int, selector: Any, n_allowed: int) -> tuple[Floats, Ids]:
        """Search where all rows, or many of them, are allowed."""
        share = n_allowed / self._n
        exactly = selector is not None and n_allowed <= EXACT_AMONG
        compared = n_allowed if exactly else self.n_compared(self.parameters)
        with threads_for(len(queries) * compared * self.dim):
            if exactly:
                return self.matrix.nearest(queries, k, selector)
            scores, rows = self._search(queries, k, selector, share)
            if min(rows[:, -1].tolist()) < 0:  # what was compared holds fewer than k
                few = np.flatnonzero(rows[:, -1] < 0)
                scores[few], rows[few] = self.matrix.nearest(queries[few], k, selector)
        return scores, rows

    def likely(self, queries: Floats, k: int) -> tuple[Floats, Ids]:
        """As `search` among all rows, by the parameters alone: -1 for what was not found."""
        with threads_for(len(queries) * self.n_compared(self.parameters) * self.dim):
            return self._search(queries, k, None, 1.0)

    def _scan(self, queries: Floats, k: int, rows: Ids) -> tuple[Floats, Ids]:
        """The nearest of a few rows, each of which is compared."""
        scores, places = self.matrix.nearest_of(queries, k, rows)
        return scores, rows[places]

    @abstractmethod
    def _search(self, queries: Floats, k: int, selector: Any, share: float) -> tuple[Floats, Ids]:
        """Search by `parameters`; `share` of the rows pass the selector. -1 for a missing row."""

    @abstractmethod
    def n_compared(self, parameters: Parameters) -> int:
        """About how many vectors one query is compared with."""


def read_faiss(content: NDArray[np.uint8]) -> Any:
    """Open a FAISS index in a file that is mapped or read, whose checksum the caller has verified.

    What it holds in long rows is left where it lies, so the content must outlive the index.

    It is parsed by C++ code that trusts it (faiss#5400), so what it may allocate is bounded by its
    size as well.

    Raises:
        ValueError: FAISS cannot read it.
    """
    try:
        with _limits(vector_bytes=max(len(content) * 2, 1 << 20)):
            reader = _faiss.ZeroCopyIOReader(_faiss.swig_ptr(content), len(content))
            return _faiss.read_index(reader, _faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise ValueError("FAISS cannot read it") from error


_limiting = threading.Lock()


@contextmanager
def _limits(*, vector_bytes: int) -> Iterator[None]:
    """Bound what reading may allocate; FAISS has one set of limits for all threads."""
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


class threads_for:
    """One thread for a small search, all of them for a large one; set for the calling thread only.

    Threads that wait for each other cost more than they save.
    """

    __slots__ = ("_before", "_is_small")

    def __init__(self, products: int) -> None:
        self._is_small = products <= _SMALL_SEARCH
        self._before = 1

    def __enter__(self) -> None:
        if self._is_small:
            self._before = _faiss.omp_get_max_threads()
            if self._before > 1:
                _faiss.omp_set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        if self._before > 1:
            _faiss.omp_set_num_threads(self._before)
