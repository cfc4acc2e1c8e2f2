"""Contrastive losses over unit rows."""

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
    n = len(a)
    columns = b if wrong is None else torch.cat([b, wrong])
    alike = torch.zeros(n, len(columns), dtype=torch.bool, device=a.device)
    if same is not None:
        alike[:, :n] = same
    return info_nce(scale * a @ columns.T, alike, n)


def info_nce(logits: Tensor, same: Tensor, pairs: int) -> Tensor:
    """InfoNCE over rows and columns of which only the first ones form pairs.

    Args:
        logits: (v, t) scaled cosines; row i belongs to column i for i < pairs, the other rows and
            columns are negatives only.
        same: (v, t) bool, true where a row and a column mean the same; off the diagonal such
            entries do not repel.
        pairs: Number of pairs.

    Returns:
        Scalar, natural logarithms.
    """
    logits = logits.masked_fill(_others(same, pairs), float("-inf"))
    target = torch.arange(pairs, device=logits.device)
    by_row = F.cross_entropy(logits[:pairs], target)
    return (by_row + F.cross_entropy(logits[:, :pairs].T, target)) / 2


def siglip(logits: Tensor, same: Tensor, pairs: int) -> Tensor:
    """Sigmoid loss of each entry (Zhai et al., ICCV 2023, algorithm 1); arguments as of `info_nce`.

    The bias is in the logits already.
    """
    sign = -torch.ones_like(logits)
    sign[:pairs, :pairs] += 2 * torch.eye(pairs, device=logits.device)
    each = F.logsigmoid(sign * logits).masked_fill(_others(same, pairs), 0.0)
    return -each.sum() / pairs


def _others(same: Tensor, pairs: int) -> Tensor:
    """Entries that mean the same and are not the pairs themselves."""
    others = same.clone()
    others[:pairs, :pairs].fill_diagonal_(False)
    return others
