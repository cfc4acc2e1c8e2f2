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


def floats(values: Sequence[float]) -> pa.DoubleArray:
    """Numbers as an Arrow array."""
    return column(np.array(values, np.float64))


def texts(values: Sequence[str]) -> pa.StringArray:
    """Texts as an Arrow array."""
    encoded = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def lists_or_none(arrays: Sequence[npt.NDArray[np.float64] | None]) -> pa.ListArray:
    """One list of numbers per array; None is null."""
    known = [np.zeros(0) if array is None else array for array in arrays]
    offsets = np.cumsum([0, *map(len, known)]).astype(np.int32)
    there = np.array([array is not None for array in arrays], np.bool_)
    kind = pa.list_(pa.float64())
    buffers = [pa.py_buffer(np.packbits(there, bitorder="little")), pa.py_buffer(offsets)]
    values = column(np.concatenate([np.zeros(0), *known]))
    return pa.Array.from_buffers(kind, len(arrays), buffers, children=[values])


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
