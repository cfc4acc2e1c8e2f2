"""Parts of videos that texts are about: rank@1, rank@5 and mean IoU.

As https://github.com/LisaAnne/LocalizingMoments `utils/eval.py` judges (Hendricks et al.,
"Localizing Moments in Video with Natural Language", ICCV 2017): all moments of one or more
segments are ranked; the mean of the three best ranks among what people marked must be at most 1 or
5; the IoU is the mean of the three best of the first moment.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from data.text_sets.text_set import Moment, Times

AGREEING = 3
"""Of what four people marked, the three that agree best count."""
RANDOM_ORDERS = 200
SEED = 0

Orders = NDArray[np.int64]
"""(o, n) orders of n candidates, the best first."""


def candidates(n_segments: int) -> list[Times]:
    """All moments of a video: single segments, then longer ones, as the set's authors list them."""
    singles = [(at, at) for at in range(n_segments)]
    return [*singles, *combinations(range(n_segments), 2)]


def moment_iou(one: Times, other: Times) -> float:
    """Intersection over union of two moments, whose last segments are part of them."""
    both = max(0, min(one[1], other[1]) + 1 - max(one[0], other[0]))
    return both / (max(one[1], other[1]) + 1 - min(one[0], other[0]))


def judged(moment: Moment, orders: Orders) -> tuple[float, float, float]:
    """Rank@1, rank@5 and IoU of orders of its candidates: the means over these."""
    every = candidates(moment.n_segments)
    marked = [every.index(each) for each in moment.times]
    ranks = np.sort(orders.argsort(axis=1)[:, marked] + 1, axis=1)[:, :AGREEING].mean(axis=1)
    ious = np.array([[moment_iou(one, other) for other in moment.times] for one in every])
    best = np.sort(ious, axis=1)[:, -AGREEING:].mean(axis=1)[orders[:, 0]]
    return float((ranks <= 1).mean()), float((ranks <= 5).mean()), float(best.mean())


def prior_order(n_segments: int, known: Sequence[Times]) -> Orders:
    """One order for all videos: by how frequent moments are in training, else the middle first.

    The middle one is that which overlaps most with the middle third of the video.
    """
    every = candidates(n_segments)
    if known:
        place = {each: at for at, each in enumerate(known)}
        order = sorted(range(len(every)), key=lambda at: place.get(every[at], len(known)))
    else:
        middle = (n_segments // 3, n_segments - 1 - n_segments // 3)
        order = sorted(range(len(every)), key=lambda at: -moment_iou(every[at], middle))
    return np.array([order], np.int64)


def random_orders(n_segments: int) -> Orders:
    """Orders by chance, the same at every call."""
    rng = np.random.default_rng(SEED)
    n = len(candidates(n_segments))
    return np.stack([rng.permutation(n) for _ in range(RANDOM_ORDERS)])


def moment_figures(pairs: Sequence[tuple[Moment, Orders]], missed: int) -> dict[str, float]:
    """Means over moments; what is missed is right nowhere."""
    rows = np.array([judged(moment, orders) for moment, orders in pairs]).reshape(-1, 3)
    total = len(rows) + missed
    means = rows.sum(axis=0) / total
    return {
        **dict(zip(("rank_at_1", "rank_at_5", "miou"), means.tolist(), strict=True)),
        "n": total,
    }
