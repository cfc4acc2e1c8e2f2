"""A graph of neighbours on a GPU (CAGRA), by the optional package `cuvs`.

NO LINE OF THIS MODULE HAS EVER RUN ON A GPU: it is written by the sources of cuvs 26.10.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.copy_kinds import BUILT_DEGREE, GRAPH_DEGREE
from indexer.store.rows.half_matrix import HalfMatrix

_SIZES = (64, 128, 256, 512)
_ROUNDED = 32
"""The length of the list of a walk is a multiple of it."""


class CagraCopy:
    """Rows [first, stop) of a matrix, walked along edges between near ones; see `Copy`.

    `depth` is the length of the list of nearest rows that a walk keeps (`itopk_size`).

    Args:
        matrix: The rows.
        first: The first that is copied.
        stop: The row after the last.
        device: Where to.
    """

    takes_masks = is_exact = False
    depths: Sequence[int] = _SIZES
    oversampling = 2
    most_k = _SIZES[-1]

    def __init__(self, matrix: HalfMatrix, first: int, stop: int, device: torch.device) -> None:
        from cuvs.neighbors import cagra

        self._cagra = cagra
        self._device = device
        self._n = stop - first
        self.depth = _SIZES[-1]
        params = cagra.IndexParams(
            metric="inner_product",
            intermediate_graph_degree=BUILT_DEGREE,
            graph_degree=GRAPH_DEGREE,
        )
        self._rows = torch.from_numpy(np.array(matrix.half[first:stop])).to(device)
        with _after_torch(device):
            self._index = cagra.build(params, self._rows)

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        """See `Copy`."""
        if allowed is not None:
            raise ValueError("a graph takes no masks")
        width = max(self.depth, -(-k // _ROUNDED) * _ROUNDED)
        asked = torch.tensor(queries, dtype=torch.float16, device=self._device)
        with _after_torch(self._device):
            params = self._cagra.SearchParams(itopk_size=width)
            _, found = self._cagra.search(params, self._index, asked, k)
            rows = np.asarray(found.copy_to_host()).astype(np.int64)
        return np.where(rows < self._n, rows, -1)

    def free(self) -> None:
        """See `Copy`."""
        del self._index, self._rows
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


@contextmanager
def _after_torch(device: torch.device) -> Iterator[None]:
    """Use a GPU by cuvs, which has a stream of its own: what torch was told to do is done first."""
    if device.type != "cuda":
        yield
        return
    with torch.cuda.device(device):
        torch.cuda.synchronize(device)
        yield
