"""Labels of toon scenes, which are known exactly, and linear probes for them: further losses.

A caption describes a whole clip; labels of each frame teach faster. The probes, which are dropped
after training, predict from each frame which actors are visible, in which colour, where in the
picture and in which place, and from each clip the two actors and motions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from data.toons.actors import MOTIONS
from data.toons.places import PLACES
from data.toons.scenes import Scene
from data.toons.shapes import ASPECT, COLOURS, KINDS

GRID_CELLS = (6, 4)
"""Cells of the picture across and down."""
_KINDS, _COLOURS, _PLACES = list(KINDS), list(COLOURS), list(PLACES)
_MOTIONS = list(MOTIONS)
_FRAME_SIZES = [GRID_CELLS[0] * GRID_CELLS[1], len(_KINDS), len(_COLOURS)]
_ACT_SIZES = [len(_KINDS) + 1, len(_COLOURS) + 1, len(_MOTIONS) + 1]


@dataclass(frozen=True)
class Labels:
    """The labels of a batch of toon clips."""

    frames: NDArray[np.float32]
    """(b, t, cells + kinds + colours): counts of the visible actors."""
    places: NDArray[np.int64]
    """(b,)."""
    acts: NDArray[np.int64]
    """(b, 2, 3): kind, colour, motion of the first and second actor; the last class is none."""


def label(scenes: Sequence[Scene], times_s: NDArray[np.float32]) -> Labels:
    """The labels of scenes at (b, t) times."""
    frames = np.zeros((*times_s.shape, sum(_FRAME_SIZES)), np.float32)
    acts = np.tile(np.array(_ACT_SIZES) - 1, (len(scenes), 2, 1))
    for row, scene in enumerate(scenes):
        for place, actor in enumerate(scene.actors):
            kind, colour = _KINDS.index(actor.kind), _COLOURS.index(actor.colour)
            acts[row, place] = (kind, colour, _MOTIONS.index(actor.motion))
            for column, time_s in enumerate(times_s[row]):
                pose = actor.pose(float(time_s))
                if pose.scale > 0.02:
                    target = frames[row, column]
                    x, y = pose.x / ASPECT * GRID_CELLS[0], pose.y * GRID_CELLS[1]
                    _spread(target, x - 0.5, y - 0.5)
                    target[_FRAME_SIZES[0] + kind] += 1
                    target[_FRAME_SIZES[0] + _FRAME_SIZES[1] + colour] += 1
    places = np.array([_PLACES.index(scene.place) for scene in scenes])
    return Labels(frames, places, acts)


def _spread(target: NDArray[np.float32], x: float, y: float) -> None:
    """Add one, divided among the four cells around (x, y)."""
    for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
        i, j = int(np.floor(x)) + column, int(np.floor(y)) + row
        share = (1 - abs(x - i)) * (1 - abs(y - j))
        i, j = min(max(i, 0), GRID_CELLS[0] - 1), min(max(j, 0), GRID_CELLS[1] - 1)
        target[j * GRID_CELLS[0] + i] += share


class Probes(nn.Module):
    """Linear classifiers of frame and clip vectors; only for training."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.scale = dim**0.5
        self.frame = nn.Linear(dim, sum(_FRAME_SIZES))
        self.place = nn.Linear(dim, len(_PLACES))
        self.acts = nn.ModuleList(nn.Linear(dim, sum(_ACT_SIZES)) for _ in range(2))

    def forward(self, frames: Tensor, clips: Tensor, labels: Labels) -> dict[str, Tensor]:
        """Cross entropies of frames (b, t, dim) and clips (b, dim), summed over the labels."""
        truth = torch.split(torch.from_numpy(labels.frames), _FRAME_SIZES, -1)
        logits = torch.split(self.frame(frames * self.scale), _FRAME_SIZES, -1)
        by_frame = torch.zeros(())
        for counts, predicted in zip(truth, logits, strict=True):
            visible = counts.sum(-1, keepdim=True)
            share = counts / visible.clamp(min=1e-6)
            entropy = -(share * predicted.log_softmax(-1)).sum(-1)
            by_frame = by_frame + entropy.sum() / (visible > 0).sum().clamp(min=1)
        place = self.place(frames.mean(1) * self.scale)
        by_frame = by_frame + F.cross_entropy(place, torch.from_numpy(labels.places))
        by_clip = torch.zeros(())
        acts = torch.from_numpy(labels.acts)
        for order, probe in enumerate(self.acts):
            classes = torch.split(probe(clips * self.scale), _ACT_SIZES, -1)
            for column, predicted in enumerate(classes):
                by_clip = by_clip + F.cross_entropy(predicted, acts[:, order, column])
        return {"frame_facts": by_frame, "clip_facts": by_clip}
