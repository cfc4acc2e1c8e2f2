"""Ranks of right videos among all, and of right texts among all."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids

RECALL_AT = (1, 5, 10)
TEXTS_AT_ONCE = 512

Scores = Callable[[Floats], Floats]
"""From texts (q, d) to their scores with all videos (q, v); higher is better."""
Ranks = NDArray[np.float64]
"""(n,) ranks from 1 on; infinite where nothing can be found."""


def both_ranks(texts: Floats, owners: Ids, scores: Scores, n_videos: int) -> tuple[Ranks, Ranks]:
    """Rank videos for texts, and texts for videos.

    Equal scores count against the right one. Of several right texts of a video the best counts, and
    no right one stands before it.

    Args:
        texts: (q, d) unit rows.
        owners: (q,) the video of each, as a column of the scores.
        scores: Scores some of the texts.
        n_videos: How many videos there are.

    Returns:
        (q,) the rank of each text's video, and the ranks of each video that has texts, by video.
    """
    of_texts = np.zeros(len(texts))
    best = np.full(n_videos, -np.inf, np.float32)
    batches = [slice(at, at + TEXTS_AT_ONCE) for at in range(0, len(texts), TEXTS_AT_ONCE)]
    for batch in batches:
        rows, mine = scores(texts[batch]), owners[batch]
        own = rows[np.arange(len(mine)), mine]
        np.maximum.at(best, mine, own)
        rows[np.arange(len(mine)), mine] = -np.inf
        of_texts[batch] = 1 + (rows >= own[:, None]).sum(axis=1)
    before = np.zeros(n_videos)
    for batch in batches:  # again, in the same batches: equal scores must be equal to the last bit
        rows, mine = scores(texts[batch]), owners[batch]
        rows[np.arange(len(mine)), mine] = -np.inf
        before += (rows >= best[None]).sum(axis=0)
    return of_texts, 1 + before[np.unique(owners)]


def rank_figures(ranks: Ranks, missed: int, n_candidates: int) -> dict[str, float]:
    """Recall@1, 5 and 10, median rank and MRR, with how many were asked for and could be answered.

    Args:
        ranks: (n,) of what was looked for.
        missed: How many more count as not found.
        n_candidates: How many there are to rank; what is not found has the rank after them.
    """
    all_ranks = np.concatenate([ranks, np.full(missed, np.inf)])
    figures = {f"recall_at_{k}": float((all_ranks <= k).mean()) for k in RECALL_AT}
    figures["mrr"] = float((1 / all_ranks).mean())
    figures["median_rank"] = float(np.median(np.minimum(all_ranks, n_candidates + 1)))
    return {**figures, "n": len(all_ranks), "candidates": n_candidates}


def share(right: Sequence[bool], missed: int) -> float:
    """The share of right answers; what is missed is wrong."""
    return sum(right) / (len(right) + missed)
