"""A model that nobody labelled anything for: words that are compared with pictures.

How well a word fits a clip depends on both: to some clips every text is near, and some words are
near to every picture. So each is compared with what means nothing,

    z(word, clip) = (score - median) / spread - usual(word)

where `median` and `spread` are those of the clip's scores for everyday captions (the spread is
taken from the ninth decile, which captions that fit hardly move), and `usual` is the word's mean z
for pictures of nothing. With

    q = probability that some word of the vocabulary reaches this z for a picture of nothing

(Gumbel, `indexer.accident`), the probability P of a word is

    logit P = logit Q - logit q,  Q = 0.1

so one picture of nothing in ten gets a tag with P >= 0.5.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from indexer.accident import CONFIDENT_BY_ACCIDENT

_NINTH_DECILE = 1.2816
"""Of a normal distribution."""
_LEAST_SPREAD = 1e-4
"""Captions that all score alike tell nothing."""
_LOGIT_Q = float(np.log(CONFIDENT_BY_ACCIDENT / (1 - CONFIDENT_BY_ACCIDENT)))


def zero_shot_raw(arrays: Mapping[str, NDArray[Any]], vectors: Floats) -> Floats:
    """(n, w) logits of the words for clips (n, d)."""
    z = distances(arrays["words"], arrays["captions"], vectors) - arrays["usual"]
    location, scale = arrays["accident"].tolist()
    x = np.exp(np.clip(-(z - location) / scale, -30.0, 4.0))
    return np.asarray(_LOGIT_Q - x - np.log(-np.expm1(-x)), np.float32)


def distances(words: Floats, captions: Floats, vectors: Floats) -> NDArray[np.float64]:
    """(n, w) how far each score is above those of the captions, in their spread."""
    scores = np.asarray(vectors @ words.T, np.float64)
    background = np.asarray(vectors @ captions.T, np.float64)
    middle = np.median(background, axis=1, keepdims=True)
    high = np.quantile(background, 0.9, axis=1, keepdims=True)
    spread = np.maximum((high - middle) / _NINTH_DECILE, _LEAST_SPREAD)
    return np.asarray((scores - middle) / spread)
