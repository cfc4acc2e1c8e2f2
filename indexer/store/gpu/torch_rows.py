"""Rows that are all compared with a query, in torch: half-precision products, block by block.

Torch is used and not FAISS where both could: its errors are exceptions, while a CUDA error ends the
process inside FAISS (`CUDA_VERIFY` in its `gpu/utils/DeviceUtils.h`), and it takes masks. Rows are
stored as float16, so a copy as float16 loses nothing, as one in bfloat16 would.

It runs on torch's CPU as well, which is how it is tested; on a GPU it has never run.
"""

from typing import Any

import numpy as np
import torch

from indexer.store.rows.arrays import Floats, Ids, Mask
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

    def __init__(self, matrix: HalfMatrix, first: int, stop: int, device: torch.device) -> None:
        self._device = device
        self._blocks = [
            torch.from_numpy(np.array(matrix.half[at : min(at + BLOCK_ROWS, stop)])).to(device)
            for at in range(first, stop, BLOCK_ROWS)
        ]

    def rows(self, queries: Floats, k: int, allowed: Mask | None) -> Ids:
        """See `Copy`."""
        mask = None if allowed is None else torch.from_numpy(allowed.copy()).to(self._device)
        found = [
            self._nearest(queries[at : at + QUERIES_AT_ONCE], k, mask)
            for at in range(0, len(queries), QUERIES_AT_ONCE)
        ]
        return np.concatenate(found)

    def _nearest(self, queries: Floats, k: int, mask: torch.Tensor | None) -> Ids:
        asked = torch.from_numpy(queries).to(self._device, torch.float16)
        scores, rows, first = [], [], 0
        for block in self._blocks:
            products = half_products(asked, block)
            if mask is not None:
                products.masked_fill_(~mask[first : first + len(block)], -torch.inf)
            best = products.topk(min(k, len(block)), dim=1)
            scores.append(best.values)
            rows.append(best.indices + first)
            first += len(block)
        best = torch.cat(scores, 1).topk(k, dim=1)
        nearest = torch.cat(rows, 1).gather(1, best.indices)
        nearest[best.values == -torch.inf] = -1
        return np.asarray(nearest.cpu().numpy(), np.int64)

    def free(self) -> None:
        """See `Copy`."""
        self._blocks = []
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


def half_products(rows: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """(q, d), (n, d) float16 -> (q, n) float32 inner products, added up in float32."""
    if rows.device.type != "cuda":
        return rows.float() @ others.float().T
    if _HAS_FLOAT_OUTPUT:
        return torch.mm(rows, others.T, out_dtype=torch.float32)
    return (rows @ others.T).float()
