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
