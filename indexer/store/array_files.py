"""Arrays as files of numpy's own format, read without a copy."""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEAD = 1024
"""Bytes that the description of an array takes at most."""


def array_bytes(values: NDArray[Any]) -> bytes:
    """An array as the content of a file."""
    sink = BytesIO()
    np.save(sink, values, allow_pickle=False)
    return sink.getvalue()


def array_of(content: NDArray[np.uint8]) -> NDArray[Any]:
    """The array in the content of a file, without a copy.

    Raises:
        ValueError: It is no such file.
    """
    start = BytesIO(content[:_HEAD].tobytes())
    version = np.lib.format.read_magic(start)
    if version != (1, 0):
        raise ValueError("an array has another format")
    shape, by_columns, kind = np.lib.format.read_array_header_1_0(start)
    if by_columns or kind.hasobject:
        raise ValueError("an array has another format")
    return content[start.tell() :].view(kind).reshape(shape)
