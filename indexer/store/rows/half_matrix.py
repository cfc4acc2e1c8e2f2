"""Unit vectors as rows of float16, in one file that is mapped into memory, or in memory.

The file is the header that FAISS would write for the same rows, after as many zero bytes as put
the first row on a multiple of 64, then the rows. So FAISS compares them where they lie, without a
copy, and numpy reads them as a matrix. Nothing is parsed: the header must be the one expected.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import faiss
import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Half, Ids
from data.durable import fsync_file
from data.errors import ReelwiseError

BLOCK = 65_536
"""Rows that are worked on at once."""

_ALIGNMENT = 64

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python


class HalfMatrix:
    """(n, d) rows of float16; threads may share it.

    Args:
        content: The whole file, mapped or read.
        dim: Length of a row.
        n: Number of rows.

    Raises:
        ValueError: The content is not that of n rows of that length.
    """

    def __init__(self, content: NDArray[np.uint8], *, dim: int, n: int) -> None:
        head = _header(dim, n)
        if len(content) != len(head) + 2 * n * dim or bytes(content[: len(head)]) != head:
            raise ValueError(f"it does not hold {n} vectors of {dim}")
        self._content = content
        self.dim = dim
        self.half: Half = content[len(head) :].view(np.float16).reshape(n, dim)
        """The rows as they are stored."""

    @classmethod
    def of(cls, rows: NDArray[np.floating]) -> "HalfMatrix":
        """In memory, rounded to float16; rows (n, d)."""
        n, dim = rows.shape
        content = np.empty(len(_header(dim, n)) + 2 * n * dim, np.uint8)
        content[: -2 * n * dim or None] = np.frombuffer(_header(dim, n), np.uint8)
        content[len(content) - 2 * n * dim :].view(np.float16).reshape(n, dim)[:] = rows
        return cls(content, dim=dim, n=n)

    @classmethod
    def map(cls, path: Path, *, dim: int, n: int) -> "HalfMatrix":
        """Map a file; only what is looked at is read.

        Raises:
            ReelwiseError: It is missing, or not a file of n such rows.
        """
        try:
            return cls(np.memmap(path, np.uint8, "r"), dim=dim, n=n)
        except (OSError, ValueError) as error:
            raise ReelwiseError(f"the vectors in {path} are unusable: {error}",
                                fix="run reelwise rebuild") from error  # fmt: skip

    def __len__(self) -> int:
        return len(self.half)

    @property
    def is_mapped(self) -> bool:
        """Whether the rows lie in a file and not in memory."""
        return isinstance(self._content, np.memmap)

    @property
    def size_bytes(self) -> int:
        """Bytes of the rows."""
        return self.half.nbytes

    def rows(self, rows: Sequence[int] | NDArray[np.integer[Any]] | slice) -> Floats:
        """(r, d) some rows as float32."""
        return np.asarray(self.half[rows], np.float32)

    def blocks(self) -> Iterator[tuple[int, Floats]]:
        """All rows as float32, block by block, each with the number of its first row."""
        for first in range(0, len(self), BLOCK):
            yield first, self.rows(slice(first, first + BLOCK))

    @cached_property
    def flat(self) -> Any:
        """FAISS's exact index by inner product over these rows, without a copy of them."""
        skipped = -len(_bare_header(self.dim, len(self))) % _ALIGNMENT
        reader = _faiss.ZeroCopyIOReader(
            _faiss.swig_ptr(self._content[skipped:]), len(self._content) - skipped
        )
        return _faiss.read_index(reader, _faiss.IO_FLAG_MMAP_IFC)

    def nearest(self, queries: Floats, k: int, selector: Any = None) -> tuple[Floats, Ids]:
        """The k rows with the highest inner products among those that a FAISS selector lets pass.

        -1 stands for each row that there is not.
        """
        params = None if selector is None else _faiss.SearchParameters(sel=selector)
        scores, rows = self.flat.search(queries, k, params=params)
        return scores, rows

    def nearest_of(self, queries: Floats, k: int, rows: Ids) -> tuple[Floats, Ids]:
        """The places in `rows` of the k with the highest inner products, where there are as many.

        FAISS compares them as they are stored: to numbers of float32 they would take five times as
        long.
        """
        kind = faiss.ScalarQuantizer.QT_fp16
        few = _faiss.IndexScalarQuantizer(self.dim, kind, faiss.METRIC_INNER_PRODUCT)
        few.add_sa_codes(self.half[rows].view(np.uint8))
        scores, places = few.search(queries, k)
        return scores, places


class HalfMatrixWriter:
    """Writes a matrix batch by batch; use `writing`."""

    def __init__(self, file: BinaryIO, dim: int) -> None:
        self._file = file
        self._dim = dim
        self.n = 0
        """Rows that were written."""
        file.write(_header(dim, 0))

    def add(self, rows: NDArray[np.floating]) -> None:
        """Write the next rows (m, dim)."""
        self.n += len(rows)
        self._file.write(np.ascontiguousarray(rows, np.float16).data)

    def finish(self) -> None:
        """Note in the header how many rows there are."""
        self._file.seek(0)
        self._file.write(_header(self._dim, self.n))


@contextmanager
def writing(path: Path, dim: int) -> Iterator[HalfMatrixWriter]:
    """Write rows of a length to a new file; at the end they are forced to the disk."""
    with path.open("xb") as file:
        writer = HalfMatrixWriter(file, dim)
        yield writer
        writer.finish()
    fsync_file(path)


def _header(dim: int, n: int) -> bytes:
    bare = _bare_header(dim, n)
    return bytes(-len(bare) % _ALIGNMENT) + bare


def _bare_header(dim: int, n: int) -> bytes:
    """What FAISS writes before the rows of an exact float16 index."""
    kind = faiss.ScalarQuantizer.QT_fp16
    empty = faiss.IndexScalarQuantizer(dim, kind, faiss.METRIC_INNER_PRODUCT)
    head = bytes(_faiss.serialize_index(empty))
    # The number of rows follows the name of the kind and the dimension, that of bytes ends it.
    count, size = np.int64(n).tobytes(), np.int64(2 * n * dim).tobytes()
    return head[:8] + count + head[16:-8] + size
