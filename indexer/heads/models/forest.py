"""Trees as arrays: what examples end in, without the library that fitted them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats

DEPTH = 3
"""Questions that a tree asks at most."""
ROWS_AT_ONCE = 2048
"""Examples that are led through the trees together."""


def trees_raw(arrays: Mapping[str, NDArray[Any]], rows: Floats) -> Floats:
    """(n, outputs) sums of the leaves that examples (n, w) end in, as scikit-learn adds them."""
    n_outputs, roots = len(arrays["start"]), arrays["roots"]
    out = np.tile(arrays["start"].astype(np.float64), (len(rows), 1))
    if not len(roots):
        return np.asarray(out, np.float32)
    of_output = np.zeros((len(roots), n_outputs))
    of_output[np.arange(len(roots)), arrays["outputs"]] = 1.0
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = np.asarray(rows[first : first + ROWS_AT_ONCE], np.float32)
        nodes = np.tile(roots, (len(some), 1))
        at = np.arange(len(some))[:, None]
        for _ in range(DEPTH):
            goes_left = some[at, arrays["feature"][nodes]] <= arrays["threshold"][nodes]
            nodes = np.where(goes_left, arrays["left"][nodes], arrays["right"][nodes])
        out[first : first + len(some)] += arrays["value"][nodes] @ of_output
    return np.asarray(out, np.float32)
