"""Vectors of the texts that were asked last: people ask the same words again and again."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors

TEXTS_KEPT = 512


class TextCache:
    """Encodes each text once, and keeps the vectors of those used last. Threads may share it.

    Args:
        encode: Texts to unit rows; it is called by one thread at a time.
        dim: Length of a row.
        kept: Texts that are kept at most.
    """

    def __init__(
        self, encode: Callable[[Sequence[str]], Vectors], dim: int, *, kept: int = TEXTS_KEPT
    ) -> None:
        self._encode, self._dim, self._kept = encode, dim, kept
        self._rows: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """N texts -> (n, dim) float32 unit rows."""
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._rows]
            if missing:
                self._rows.update(zip(missing, self._encode(missing), strict=True))
            vectors = [self._rows[text] for text in texts]
            for text in texts:
                self._rows.move_to_end(text)
            while len(self._rows) > self._kept:
                self._rows.popitem(last=False)
        return np.stack(vectors) if vectors else np.zeros((0, self._dim), np.float32)
