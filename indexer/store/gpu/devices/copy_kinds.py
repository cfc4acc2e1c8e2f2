"""What a copy on a GPU holds of each vector: from all of it to a code of some bytes.

Each kind but the first compares some of the rows only, so its recall is measured before it answers.
"""

from dataclasses import dataclass
from enum import StrEnum

PQ_FROM = 10_000
"""Fewer rows cannot train the 256 words of each book of `ivf_pq`: FAISS asks for 39 a word."""

_LIST_ROUNDING = 32
"""FAISS's lists on GPUs hold multiples of so many rows."""
_CODE_BYTES = (64, 56, 48, 40, 32, 28, 24, 20, 16, 12, 8, 4, 3, 2, 1)
_NUMBERS_PER_BYTE = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32)
_ID_BYTES = 8
_EDGE_BYTES = 4


class CopyKind(StrEnum):
    """Kinds of copies, by what `--gpu-kind` calls them."""

    EXACT = "exact"
    """float16, every row compared."""
    IVF_FLAT = "ivf_flat"
    """Cells of float32."""
    IVF_FP16 = "ivf_fp16"
    """Cells of float16."""
    IVF_SQ8 = "ivf_sq8"
    """Cells of one byte a number."""
    IVF_PQ = "ivf_pq"
    """Cells of codes of 64 bytes or fewer (product quantisation: Jegou and others, 2011)."""
    CAGRA = "cagra"
    """A graph of neighbours beside float16 (Ootomo and others, 2023), by the package `cuvs`."""


IN_CELLS = (CopyKind.IVF_FLAT, CopyKind.IVF_FP16, CopyKind.IVF_SQ8, CopyKind.IVF_PQ)
"""Kinds that look into the cells of the segment's own index."""

GRAPH_DEGREE = 64
"""Edges of a row of `CAGRA`."""
BUILT_DEGREE = 128
"""Its edges while the graph is built."""


@dataclass(frozen=True)
class Copied:
    """What is to be copied."""

    n: int
    """Rows."""
    dim: int
    """Length of a vector."""
    n_cells: int = 0
    """Cells of the segment's index; 0 where it has none."""


def pq_bytes(dim: int) -> int:
    """Bytes of a code of `ivf_pq`: the most of which FAISS has a GPU kernel; 0 for none."""
    return next((n for n in _CODE_BYTES if dim % n == 0 and dim // n in _NUMBERS_PER_BYTE), 0)


def row_bytes(kind: CopyKind, dim: int) -> int:
    """Bytes that a row takes on a GPU, its number included."""
    numbers = {
        CopyKind.EXACT: 2 * dim,
        CopyKind.IVF_FLAT: 4 * dim,
        CopyKind.IVF_FP16: 2 * dim,
        CopyKind.IVF_SQ8: dim,
        CopyKind.IVF_PQ: pq_bytes(dim),
        CopyKind.CAGRA: 2 * dim + _EDGE_BYTES * (GRAPH_DEGREE + BUILT_DEGREE),
    }
    return numbers[kind] + _ID_BYTES


def fixed_bytes(kind: CopyKind, copied: Copied) -> int:
    """Bytes that a copy takes besides its rows: centres of cells, and lists that are rounded up."""
    if kind not in IN_CELLS:
        return 0
    return copied.n_cells * (4 * copied.dim + _LIST_ROUNDING * row_bytes(kind, copied.dim))


def is_possible(kind: CopyKind, copied: Copied) -> bool:
    """Whether rows can be copied so."""
    if kind in IN_CELLS and not copied.n_cells:
        return False
    return kind is not CopyKind.IVF_PQ or (copied.n >= PQ_FROM and pq_bytes(copied.dim) > 0)


def kinds_for(
    copied: Copied, *, cells_from: int | None, has_cuvs: bool, named: CopyKind | None = None
) -> tuple[CopyKind, ...]:
    """The kinds in which rows may be copied, the best first; each takes less memory than the last.

    Args:
        copied: The rows.
        cells_from: Rows from which looking into cells is faster than comparing all; None: FAISS
            and cuvs are not used.
        has_cuvs: Whether graphs can be built.
        named: The only kind that is wanted.
    """
    if named is not None:
        wanted: tuple[CopyKind, ...] = (named,)
    elif cells_from is None:
        wanted = (CopyKind.EXACT,)
    else:
        graph = (CopyKind.CAGRA,) if has_cuvs else ()
        fast = (*graph, CopyKind.IVF_FP16) if copied.n >= cells_from else ()
        wanted = (*fast, CopyKind.EXACT, CopyKind.IVF_SQ8, CopyKind.IVF_PQ)
    return tuple(kind for kind in wanted if is_possible(kind, copied))
