"""Weights of a .safetensors file by name, in numpy: mapped into memory, read where needed."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Weight and bias."""


class Weights:
    """The weights of one part of a model.

    Args:
        file: In float32 or float16.
        inside: A weight that the part has.
        prefixes: What its names may begin with; the one with `inside` is taken.

    Raises:
        KeyError: The file holds other weights.
        OSError, SafetensorError: It cannot be read.
    """

    def __init__(self, file: Path, inside: str, *, prefixes: tuple[str, ...] = ("",)) -> None:
        self._file = _opened(file)
        self.names = set(self._file.keys())
        found = [prefix for prefix in prefixes if f"{prefix}{inside}" in self.names]
        if not found:
            raise KeyError(inside)
        self._prefix = found[0]

    def one(self, name: str) -> NDArray[np.float32]:
        """One of them, as float32."""
        return np.asarray(self._file.get_tensor(self._prefix + name), np.float32)

    def rows(self, name: str) -> Any:
        """One of them, of which single rows are read by slices."""
        return self._file.get_slice(self._prefix + name)

    def layer(self, name: str) -> Layer:
        """Weight and bias of a layer."""
        return self.one(f"{name}.weight"), self.one(f"{name}.bias")


def _opened(file: Path) -> Any:
    return safe_open(file, "numpy")
