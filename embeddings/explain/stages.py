"""What stages of convolutions give, and how much of it speaks for a score.

A cell of a stage speaks by the inner product of what it gives with the gradient of the score
(HiResCAM: Draelos & Carin, 2020; as Grad-CAM, Selvaraju et al., 2017, without its mean of the
gradient over the picture). The last stage knows what a thing is and hardly where, the one before it
where the lines are: their geometric mean needs both.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from embeddings.explain.explainer import Maps, shares, stretched

LEAST_CELLS = 6
"""Cells on either side that the coarser of two stages has."""


def chosen(given: Sequence[Tensor]) -> list[Tensor]:
    """The last stage (t, c, h, w) with enough cells, and before it the last finer one.

    None where no stage has places.
    """
    stages = [out for out in given if out.ndim == 4]
    enough = [out for out in stages if min(out.shape[2:]) >= LEAST_CELLS] or stages[:1]
    if not enough:
        return []
    finer = [out for out in enough if out.shape[2] > enough[-1].shape[2]]
    return [*finer[-1:], enough[-1]]


def speaking(score: Tensor, stages: Sequence[Tensor]) -> Maps:
    """(t, h, w): how much the cells of some stages speak for the sum of t scores."""
    gradients = torch.autograd.grad(score.sum(), list(stages))
    maps = [
        shares((out * gradient).sum(dim=1).float().detach().cpu().numpy())
        for out, gradient in zip(stages, gradients, strict=True)
    ]
    return together(maps)


def together(maps: Sequence[Maps]) -> Maps:
    """The geometric mean of maps (t, h, w) on the finest of their grids."""
    height, width = max((each.shape[1:] for each in maps), key=lambda size: size[0])
    fitted = np.stack([stretched(each, height, width) for each in maps])
    product = np.prod(fitted, axis=0) ** (1 / len(maps))
    # Where the two have nothing in common, the last one alone knows.
    is_nothing = product.sum(axis=(1, 2), keepdims=True) <= 0
    return shares(np.where(is_nothing, fitted[-1], product))
