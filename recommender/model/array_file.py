"""Named arrays in one safetensors file, read without copying: the system pages in what is used."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from data.durable import fsync_file

_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U8": np.uint8,
    "BOOL": np.bool_,
}


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays to a new file and force its bytes to the disk."""
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)
    fsync_file(path)


def map_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file, read-only, mapped into memory; its checksum was verified before.

    They stay valid when the file is removed.

    Raises:
        ValueError: It is no safetensors file, or holds what `write_arrays` does not write.
    """
    with path.open("rb") as file:
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(whole[:8], "little")
    if start > len(whole):
        raise ValueError(f"{path.name} must hold its header of {start:,} bytes")
    header = json.loads(whole[8:start])
    header.pop("__metadata__", None)
    return {name: _array(whole, start, told) for name, told in header.items()}


def _array(whole: mmap.mmap, start: int, told: dict[str, Any]) -> NDArray[Any]:
    dtype, shape = _DTYPES.get(told["dtype"]), tuple(told["shape"])
    begin, end = told["data_offsets"]
    if dtype is None or not 0 <= begin <= end <= len(whole) - start:
        raise ValueError(f"an array must have a known type and lie in the file, got {told}")
    if int(np.prod(shape)) * np.dtype(dtype).itemsize != end - begin:
        raise ValueError(f"an array must fill its place, got {told}")
    if begin == end:
        return np.zeros(shape, dtype)
    return np.ndarray(shape, dtype, buffer=whole, offset=start + begin)
