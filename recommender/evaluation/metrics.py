"""How good a ranking was, once it is known what the person watched."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np


def ndcg_at(ranked: Sequence[int], wanted: Collection[int], k: int) -> float:
    """Normalised discounted cumulative gain (Jarvelin and Kekalainen 2002), gain 1 for each wanted.

    Returns:
        0 to 1: 1 when the first min(k, wanted) are all wanted; 0 when nothing was wanted.
    """
    if not wanted:
        return 0.0
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    gained = sum(discount[i] for i, one in enumerate(ranked[:k]) if one in wanted)
    return float(gained / discount[: min(k, len(wanted))].sum())


def recall_at(ranked: Sequence[int], wanted: Collection[int], k: int) -> float:
    """The part of everything wanted that is among the first k; divided by all wanted, not by k."""
    return sum(one in wanted for one in ranked[:k]) / len(wanted) if wanted else 0.0
