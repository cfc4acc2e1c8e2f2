"""Arrow columns from and to numpy arrays, without pandas, which importing costs half a second."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def column(values: npt.NDArray[np.generic]) -> pa.Array:
    """A numpy array as an Arrow array; `pa.array` would import pandas, half a second."""
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def lists(arrays: Sequence[npt.NDArray[np.generic]]) -> pa.ListArray:
    """One list per array: of its numbers, or of its rows where it has two dimensions."""
    joined = np.concatenate(arrays)
    values = column(joined.reshape(-1))
    if joined.ndim == 2:
        values = pa.FixedSizeListArray.from_arrays(values, joined.shape[1])
    offsets = np.cumsum([0, *(len(array) for array in arrays)]).astype(np.int32)
    return pa.ListArray.from_arrays(column(offsets), values)


def _numbers(values: pa.Array) -> npt.NDArray[np.generic]:
    """An Arrow array without nulls as a numpy array; `to_numpy` would import pandas."""
    kind = np.dtype(values.type.to_pandas_dtype())
    whole = np.frombuffer(values.buffers()[1], dtype=kind)
    return whole[values.offset : values.offset + len(values)]


def flat(chunked: pa.ChunkedArray) -> npt.NDArray[Any]:
    """The numbers of all lists of a column, one after the other."""
    return _numbers(pa.concat_arrays(chunked.chunks).flatten())


def matrix(
    chunked: pa.ChunkedArray, dtype: type[np.generic]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The rows of all lists of a column, one below the other, and how many each list has."""
    joined = pa.concat_arrays(chunked.chunks)
    rows = joined.flatten()
    values = _numbers(rows.flatten()).astype(dtype, copy=False)
    counts = _numbers(joined.value_lengths()).astype(np.int64)
    return values.reshape(len(rows), rows.type.list_size), counts
