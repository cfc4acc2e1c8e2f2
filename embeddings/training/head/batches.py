"""Batches of captioned clips, augmented, with reversed and shuffled copies.

The batch of step s follows from the seed and s alone, so that a resumed run sees exactly the same
batches, and every process of a run draws the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from embeddings.training.head.data import FrameTable, HeadData

Distort = Callable[[NDArray[Any], np.random.Generator], NDArray[Any]]
ViewPlan = tuple[FrameTable, NDArray[np.int64], float, np.random.Generator]
"""A view of a clip, its chosen frames, its speed, and the generator for all further choices."""

MAX_CLIP_FRAMES = 64
SHUFFLE_FROM = 3
"""Minimum number of frames that have an order other than forwards and backwards."""
_EPOCH_STREAM, _STEP_STREAM = 5, 7


@dataclass(frozen=True)
class Augmentation:
    """How a clip may vary from one batch to the next."""

    speed: float = 1.3
    """Maximum factor by which it is played faster or slower; 1 for none."""
    drop: float = 0.3
    """Maximum share of the frames that is left out."""
    views: bool = True
    """A distorted view (crop, light, colour) may replace the clip, where there is one."""


@dataclass(frozen=True, eq=False)
class ClipBatch:
    """The clips and captions of one step."""

    frames: Tensor
    """(b, t, dim) float32, or (b, t, h, w, 3) uint8; this process's share of the batch."""
    times_s: Tensor
    """(b, t) float32."""
    mask: Tensor
    """(b, t) bool, true in front."""
    order: Tensor
    """(b, t) a shuffled order of each clip's frames."""
    rows: NDArray[np.int64]
    """(whole batch,) numbers of the captions, the same in every process."""
    counts: NDArray[np.int64]
    """(whole batch,) frames of each clip."""
    seed: int
    """For an attack's random start; another one for each step."""


@lru_cache(maxsize=2)
def _permutation(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, _EPOCH_STREAM, epoch]).permutation(n)


class Batches:
    """The batches of a run.

    Args:
        data: The captioned clips.
        size: Clips in a batch; all where there are fewer.
        seed: Of all choices.
        augmentation: How clips vary.
        share: (number of this process, processes); each gets an equal part of every batch.
        distort: Makes a view of pixels; None leaves them unchanged.
    """

    def __init__(
        self,
        data: HeadData,
        *,
        size: int,
        seed: int,
        augmentation: Augmentation,
        share: tuple[int, int] = (0, 1),
        distort: Distort | None = None,
    ) -> None:
        self._data, self._seed, self._augmentation = data, seed, augmentation
        self._distort, self._world = distort, share[1]
        self._clips = data.used_clips
        by_clip = np.argsort(data.clip_of, kind="stable")
        borders = np.searchsorted(data.clip_of[by_clip], self._clips)
        self._rows_of = np.split(by_clip, borders[1:])
        rank, world = share
        self.size = min(size, len(self._clips)) // world * world
        if self.size < 2 * world:
            raise ValueError(
                f"{len(self._clips)} clips in batches of {size} for {world} processes; each "
                "process needs two clips or more"
            )
        part = self.size // world
        self._share = slice(rank * part, (rank + 1) * part)
        self.per_epoch = len(self._clips) // self.size

    def batch(self, step: int) -> ClipBatch:
        """The batch of one step."""
        epoch, place = divmod(step, self.per_epoch)
        order = _permutation(self._seed, epoch, len(self._clips))
        chosen = order[place * self.size : (place + 1) * self.size]
        rng = np.random.default_rng([self._seed, _STEP_STREAM, step])
        rows = np.array([rng.choice(self._rows_of[i]) for i in chosen])
        seeds = rng.integers(1 << 62, size=self.size)
        clips = self._data.clip_of[rows]
        plans = [self._plan(int(c), int(s)) for c, s in zip(clips, seeds, strict=True)]
        counts = np.array([len(keep) for _, keep, _, _ in plans])
        mine = plans[self._share]
        shown = [self._show(plan, int(c)) for plan, c in zip(mine, clips[self._share], strict=True)]
        frames, times, mask = pad(shown)
        shuffled = np.tile(np.arange(mask.shape[1]), (len(mine), 1))
        for row, (_, keep, _, clip_rng) in zip(shuffled, mine, strict=True):
            row[: len(keep)] = _shuffled(len(keep), clip_rng)
        seed = self._seed * 1_000_003 + step * self._world
        return ClipBatch(frames, times, mask, torch.from_numpy(shuffled), rows, counts, seed)

    def _plan(self, clip: int, seed: int) -> ViewPlan:
        rng = np.random.default_rng(seed)
        tables = (self._data.clips, *(self._data.views if self._augmentation.views else ()))
        table = tables[int(rng.integers(len(tables)))]
        n = int(table.counts[clip])
        least = max(min(n, 2), int(np.ceil(n * (1 - self._augmentation.drop * rng.random()))))
        keep = np.sort(rng.permutation(n)[: min(least, MAX_CLIP_FRAMES)])
        speed = float(np.exp(rng.uniform(-1, 1) * np.log(self._augmentation.speed)))
        return table, keep, speed, rng

    def _show(self, plan: ViewPlan, clip: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        table, keep, speed, rng = plan
        frames, times = table.clip(clip)
        frames = frames[keep]
        if self._distort is not None:
            frames = self._distort(frames, rng)
        return frames, (times[keep] - times[keep][0]) / speed


def _shuffled(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A random order other than forwards and backwards, where there is one."""
    ordered = np.arange(n)
    for _ in range(20 if n >= SHUFFLE_FROM else 0):
        order = rng.permutation(n)
        if not (np.array_equal(order, ordered) or np.array_equal(order, ordered[::-1])):
            return order
    return ordered


def frame_features(rows: Tensor, mask: Tensor, tower: nn.Module | None) -> Tensor:
    """Unit rows (b, t, dim) of features, or of pixels (b, t, h, w, 3) through a tower."""
    if tower is None:
        return F.normalize(rows.float(), dim=-1)
    real = tower(rows[mask])
    out: Tensor = real.new_zeros(*mask.shape, real.shape[-1])
    out[mask] = real
    return out


def pad(clips: list[tuple[NDArray[Any], NDArray[Any]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Clips of one frame or more as one block: frames, times since the first, mask."""
    dtype = np.uint8 if clips[0][0].dtype == np.uint8 else np.float32
    frames = [torch.from_numpy(rows.astype(dtype)) for rows, _ in clips]
    times = [torch.from_numpy((times_s - times_s[0]).astype(np.float32)) for _, times_s in clips]
    mask = [torch.ones(len(rows), dtype=torch.bool) for rows in frames]
    block = [pad_sequence(parts, batch_first=True) for parts in (frames, times, mask)]
    return block[0], block[1], block[2]


def reverse_clips(frames: Tensor, times_s: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The same clips played backwards: (b, t, dim) and (b, t), real frames in front."""
    counts = mask.sum(1, keepdim=True)
    at = torch.arange(mask.shape[1], device=mask.device)
    order = torch.where(at < counts, counts - 1 - at, at)
    ends = times_s.gather(1, counts - 1)
    times = torch.where(mask, ends - times_s.gather(1, order), torch.zeros_like(times_s))
    return reorder(frames, order), times


def reorder(frames: Tensor, order: Tensor) -> Tensor:
    """(b, t, dim) frames of each clip in the given (b, t) order."""
    return frames.gather(1, order[..., None].expand_as(frames))
