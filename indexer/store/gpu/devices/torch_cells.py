"""Centres of cells and the nearest centre of each row, in torch: what building an index waits for.

It runs on torch's CPU as well, which is how it is tested; on a GPU it has never run.
"""

import numpy as np
import torch

from data.arrays import Floats, Ids
from indexer.store.gpu.devices.torch_rows import half_products

ROWS_AT_ONCE = 32_768
"""Rows that are compared with all centres at once: 1 GiB of scores with 8,192 centres."""


class TorchCells:
    """Trains cells and fills them, on a device of torch; see `CellTrainer`."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def centres(self, sample: Floats, n: int, rounds: int) -> Floats:
        """(n, d) unit centres, by spherical k-means (Lloyd) from rows of the sample.

        A cell that is left without rows takes half of the largest one: both centres are moved a
        little apart, as FAISS does.
        """
        rng = np.random.default_rng(0)
        centres = sample[rng.choice(len(sample), n, replace=False)]
        rows = torch.from_numpy(sample).to(self._device)
        for _ in range(rounds):
            nearest = torch.from_numpy(self.nearest(sample, centres)).to(self._device)
            sums = torch.zeros(n, sample.shape[1], device=self._device)
            sums.index_add_(0, nearest, rows)
            counts = torch.bincount(nearest, minlength=n)
            centres = _units(_without_empty(sums.cpu().numpy(), counts.cpu().numpy()))
        return centres

    def nearest(self, rows: Floats, centres: Floats) -> Ids:
        """(m,) the centre with the highest inner product for each row (m, d)."""
        there = torch.from_numpy(centres).to(self._device, torch.float16)
        found = [
            half_products(
                torch.from_numpy(rows[at : at + ROWS_AT_ONCE]).to(self._device, torch.float16),
                there,
            )
            .argmax(dim=1)
            .cpu()
            .numpy()
            for at in range(0, len(rows), ROWS_AT_ONCE)
        ]
        return np.concatenate([np.zeros(0, np.int64), *found]).astype(np.int64)


def _without_empty(sums: Floats, counts: Ids) -> Floats:
    """Give each empty cell a half of the one that is the largest at that time."""
    counts, sums = counts.copy(), sums.copy()
    for empty in np.flatnonzero(counts == 0):
        largest = int(counts.argmax())
        moved = np.where(np.arange(sums.shape[1]) % 2 == 0, 1 + _APART, 1 - _APART)
        sums[empty], sums[largest] = sums[largest] * moved, sums[largest] * (2 - moved)
        counts[empty] = counts[largest] // 2
        counts[largest] -= counts[empty]
    return sums


_APART = 1 / 1024


def _units(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
