"""Weights in a file that `torch.save` wrote before version 1.6, read without torch.

Such a file is a row of pickles (a number that marks it, the version, facts of the machine, the
object, the names of its storages), then each storage: its length as int64, and its numbers. Only
what tensors are made of is unpickled.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MARK = 0x1950A86A20F9469CFC6C
Array = NDArray[Any]
_TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64}


def read_torch_file(path: Path) -> dict[str, Array]:
    """The arrays of a state dict, by name and in its order.

    Raises:
        pickle.UnpicklingError, EOFError: It is no such file, or holds something else.
    """
    with path.open("rb") as file:
        if pickle.Unpickler(file).load() != MARK:
            raise pickle.UnpicklingError(f"{path.name} is no file of torch's older format")
        for _ in ("version", "machine"):
            pickle.Unpickler(file).load()
        reader = _Reader(file)
        arrays: dict[str, Array] = dict(reader.load())
        for name in pickle.Unpickler(file).load():
            _fill(reader.storages[name], file)
    return arrays


def _fill(storage: Array, file: BinaryIO) -> None:
    length = int.from_bytes(file.read(8), "little")
    content = file.read(storage.nbytes)
    if length != len(storage) or len(content) != storage.nbytes:
        raise EOFError("a storage is shorter than its tensors")
    storage[:] = np.frombuffer(content, storage.dtype)


class _Reader(pickle.Unpickler):
    """Makes arrays over storages of which the numbers follow later in the file."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, Array] = {}

    def find_class(self, module: str, name: str) -> Any:
        """What tensors are made of, and nothing else."""
        known: dict[str, Callable[..., Any] | type] = {
            "torch._utils._rebuild_tensor_v2": _array,
            "collections.OrderedDict": OrderedDict,
            **{f"torch.{storage}": type_ for storage, type_ in _TYPES.items()},
        }
        try:
            return known[f"{module}.{name}"]
        except KeyError:
            raise pickle.UnpicklingError(f"it holds {module}.{name}") from None

    def persistent_load(self, pid: Any) -> Array:
        """The storage that a tensor names."""
        _, type_, name, _, length, *_ = pid
        return self.storages.setdefault(name, np.zeros(length, type_))


def _array(
    storage: Array, first: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> Array:
    size = storage.itemsize
    return np.ndarray(
        shape, storage.dtype, storage.data, first * size, tuple(stride * size for stride in strides)
    )
