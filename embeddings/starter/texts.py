"""Texts to vectors of the `starter` encoder, without torch."""

from collections.abc import Sequence

import numpy as np

from embeddings.plain.layers import Floats
from embeddings.starter.labels import load_labels
from embeddings.starter.shape import DIM, joined_texts
from embeddings.words.sentences import shared_sentences


class StarterTexts:
    """Texts to unit vectors: which labels a text is about, beyond what most captions are about.

    Raises:
        ReelwiseError: The package of the sentence encoder is not installed.
    """

    def __init__(self) -> None:
        self._sentences = shared_sentences()
        self._labels = load_labels()

    def encode(self, texts: Sequence[str]) -> Floats:
        """N texts -> (n, 1128) float32 unit rows."""
        if not texts:
            return np.zeros((0, DIM), np.float32)
        return joined_texts(self._labels.of_texts(self._sentences.encode(texts)))


def starter_captions() -> Floats:
    """(t, 1128) unit rows of the everyday captions."""
    labels = load_labels()
    return joined_texts(labels.of_texts(labels.captions))
