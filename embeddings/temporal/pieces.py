"""What a temporal head is shown of a clip: never more than the time that it was trained on."""

from itertools import pairwise

import numpy as np

from embeddings.encoder import Times

SHOWN_S = 10.0
"""Longest stretch that heads are trained on."""


def pieces(times_s: Times) -> list[tuple[int, int]]:
    """Equal pieces in time of a clip, none longer than `SHOWN_S`: frames [first, last) of each.

    The clip's correction is the mean of theirs: `v = norm(mean_t norm(f_t) + mean_p delta(f_p))`.

    Args:
        times_s: (t,) ascending times of the clip's frames, t > 0. A piece without a frame is none.
    """
    length_s = float(times_s[-1] - times_s[0])
    if length_s <= SHOWN_S:
        return [(0, len(times_s))]
    count = int(np.ceil(length_s / SHOWN_S))
    borders_s = times_s[0] + np.arange(1, count) * (length_s / count)
    borders = [0, *np.searchsorted(times_s, borders_s).tolist(), len(times_s)]
    return [(a, b) for a, b in pairwise(borders) if b > a]
