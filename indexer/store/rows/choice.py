"""Which kind of index suits a number of vectors."""

import numpy as np
from numpy.typing import NDArray

from data.errors import ReelwiseError
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import INDEX_KINDS, BitRows, CellRows, FlatRows
from indexer.store.rows.row_index import RowIndex
from indexer.store.rows.tuning import tuned

EXACT_UP_TO = 50_000
"""Up to this many vectors every one is compared: a few milliseconds."""

AUTO = "auto"
"""The name by which a kind is chosen."""


def chosen_kind(n: int, name: str = AUTO) -> type[RowIndex]:
    """The kind for n vectors, by its name or by their number.

    Raises:
        ReelwiseError: There is no kind of that name.
    """
    if name == AUTO:
        return FlatRows if n <= EXACT_UP_TO else BitRows
    if name not in INDEX_KINDS:
        names = ", ".join((AUTO, *INDEX_KINDS))
        raise ReelwiseError(f"there is no index kind {name!r}", fix=f"give one of {names}")
    return INDEX_KINDS[name]


def index_rows(vectors: NDArray[np.floating]) -> RowIndex:
    """An index in memory of the rows (n, d) of a matrix: exact up to `EXACT_UP_TO`."""
    kind = FlatRows if len(vectors) <= EXACT_UP_TO else CellRows
    index = kind.build(HalfMatrix.of(vectors))
    tuned(index)
    return index
