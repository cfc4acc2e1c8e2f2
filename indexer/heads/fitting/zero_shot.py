"""Fitting words that are compared with pictures: what scores by accident, without a label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from indexer.accident import accident_of
from indexer.heads.models.zero_shot import distances


def fit_zero_shot(words: Floats, captions: Floats, nothing: Floats) -> dict[str, NDArray[Any]]:
    """Learn what scores by accident.

    Args:
        words: (w, d) unit rows, one a word.
        captions: (t, d) unit rows of everyday captions.
        nothing: (n, d) unit rows of pictures of nothing.
    """
    z = distances(words, captions, nothing)
    n = len(nothing)
    # Each picture is judged by what is usual in the others.
    others = (z.sum(axis=0) - z) / (n - 1)
    best = accident_of((z - others).max(axis=1), n, n)
    return {
        "words": words,
        "captions": captions,
        "nothing": nothing,
        "usual": np.asarray(z.mean(axis=0), np.float32),
        "accident": np.array([best.location, best.scale], np.float64),
    }
