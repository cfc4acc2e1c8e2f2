"""Contrastive losses over unit rows."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def contrastive(
    a: Tensor,
    b: Tensor,
    scale: Tensor | float,
    *,
    same: Tensor | None = None,
    wrong: Tensor | None = None,
) -> Tensor:
    """Symmetric InfoNCE: row i of `a` belongs to row i of `b` (Radford et al., 2021, figure 3).

    Args:
        a: (n, d) unit rows.
        b: (n, d) unit rows.
        scale: Factor on the cosines, the inverse of the temperature.
        same: (n, n) bool, true where two different rows mean the same, so that they do not repel.
        wrong: (m, d) unit rows that belong to no row of `a`: further negatives for it.

    Returns:
        Scalar, natural logarithms.
    """
    logits = scale * a @ b.T
    if same is not None:
        others = same & ~torch.eye(len(a), dtype=torch.bool, device=a.device)
        logits = logits.masked_fill(others, float("-inf"))
    target = torch.arange(len(a), device=a.device)
    rows = logits if wrong is None else torch.cat([logits, scale * a @ wrong.T], dim=1)
    return (F.cross_entropy(rows, target) + F.cross_entropy(logits.T, target)) / 2


def info_nce(logits: Tensor, same: Tensor, pairs: int) -> Tensor:
    """Cross entropy both ways over a table of scaled cosines with more rows and columns than pairs.

    Args:
        logits: (v, t); row i belongs to column i for i < pairs, the other rows and columns are
            negatives only.
        same: (v, t) bool, true where a row and a column mean the same; off the diagonal such
            entries do not repel.
        pairs: How many rows and columns belong together.

    Returns:
        Scalar, natural logarithms.
    """
    logits = logits.masked_fill(_others(same, pairs), float("-inf"))
    target = torch.arange(pairs, device=logits.device)
    by_row = F.cross_entropy(logits[:pairs], target)
    return (by_row + F.cross_entropy(logits[:, :pairs].T, target)) / 2


def siglip(logits: Tensor, same: Tensor, pairs: int) -> Tensor:
    """Every entry by itself, pair or not (Zhai et al., ICCV 2023, algorithm 1).

    Args and result as of `info_nce`; the bias is in the logits already.
    """
    sign = -torch.ones_like(logits)
    sign[:pairs, :pairs] += 2 * torch.eye(pairs, device=logits.device)
    each = F.logsigmoid(sign * logits).masked_fill(_others(same, pairs), 0.0)
    return -each.sum() / pairs


def _others(same: Tensor, pairs: int) -> Tensor:
    """Entries that mean the same and are not the pairs themselves."""
    own = torch.zeros_like(same)
    own[:pairs, :pairs] = torch.eye(pairs, dtype=torch.bool, device=same.device)
    return same & ~own
