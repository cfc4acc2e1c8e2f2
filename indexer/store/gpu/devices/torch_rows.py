"""Rows that are all compared with a query, in torch: half-precision products, block by block.

Torch is used and not FAISS where both could: its errors are exceptions, while a CUDA error ends the
process inside FAISS (`CUDA_VERIFY` in its `gpu/utils/DeviceUtils.h`), and it takes masks. Rows are
stored as float16, so a copy as float16 loses nothing, as one in bfloat16 would (docs/gpu.md).

It runs on torch's CPU as well, which is how it is tested; on a GPU it has never run.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from data.arrays import Floats, Ids, Mask
from indexer.store.gpu.devices.device import MOST_K
from indexer.store.rows.half_matrix import HalfMatrix

BLOCK_ROWS = 1 << 20
"""Rows whose scores are in memory at once."""

QUERIES_AT_ONCE = 64
"""Queries of which they are: 256 MiB of scores."""

_products: Any = torch.ops.aten.mm
_HAS_FLOAT_OUTPUT = "dtype" in _products.overloads()  # since torch 2.8


class TorchRows:
    """Rows [first, stop) of a matrix on a device of torch.

    Args:
        matrix: The rows.
        first: The first that is copied.
        stop: The row after the last.
        device: Where to.
    """

    takes_masks = is_exact = True
    depths: Sequence[int] = ()
    depth = 0
    oversampling = 2
    most_k = MOST_K

    def __init__(self, matrix: HalfMatrix, first: int, stop: int, device: torch.device) -> None:
        self._device = device
        self._blocks = [
            torch.from_numpy(np.array(matrix.half[at : min(at + BLOCK_ROWS, stop)])).to(device)
            for at in range(first, stop, BLOCK_ROWS)
        ]

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        """See `Copy`."""
        mask = None if allowed is None else torch.from_numpy(allowed.copy()).to(self._device)
        asked = torch.tensor(queries, dtype=torch.float16, device=self._device)
        found = [
            nearest(asked[at : at + QUERIES_AT_ONCE], self._blocks, k, mask)
            for at in range(0, len(queries), QUERIES_AT_ONCE)
        ]
        return np.asarray(torch.cat(found).cpu().numpy(), np.int64)

    def free(self) -> None:
        """See `Copy`."""
        self._blocks = []
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


def nearest(
    queries: torch.Tensor, blocks: Sequence[torch.Tensor], k: int, allowed: torch.Tensor | None
) -> torch.Tensor:
    """The rows of some blocks with the highest inner products.

    Args:
        queries: (q, d) float16.
        blocks: (b, d) float16 each; rows are numbered through all of them.
        k: How many, at most as many as there are.
        allowed: (n,) which of them may be found; None for all.

    Returns:
        (q, k) int64, the best first; -1 for none.
    """
    scores, rows, first = [], [], 0
    for block in blocks:
        products = half_products(queries, block)
        if allowed is not None:
            products.masked_fill_(~allowed[first : first + len(block)], -torch.inf)
        best = products.topk(min(k, len(block)), dim=1)
        scores.append(best.values)
        rows.append(best.indices + first)
        first += len(block)
    best = torch.cat(scores, 1).topk(k, dim=1)
    found = torch.cat(rows, 1).gather(1, best.indices)
    return found.masked_fill(best.values == -torch.inf, -1)


def half_products(rows: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """(q, d), (n, d) float16 -> (q, n) float32 inner products, added up in float32."""
    if rows.device.type != "cuda":
        return rows.float() @ others.float().T
    if _HAS_FLOAT_OUTPUT:
        return torch.mm(rows, others.T, out_dtype=torch.float32)
    return (rows @ others.T).float()
