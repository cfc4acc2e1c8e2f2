"""Frames to vectors of the `starter` encoder, whatever computes its network."""

from collections.abc import Callable

import numpy as np

from data.video.types import Pixels
from embeddings.encoder import Vectors
from embeddings.plain.layers import Floats
from embeddings.starter.labels import load_labels
from embeddings.starter.looks import load_looks
from embeddings.starter.shape import CLASSES, DIM, FEATURES, joined
from embeddings.starter.views import VIEWS, views_of

See = Callable[[Floats], tuple[Floats, Floats]]
"""(n, 3, 260, 260) in -1 to 1 -> (n, 1280) features and (n, 1000) logits."""


class StarterFrames:
    """Frames to unit vectors; see `FrameEncoder`.

    Args:
        see: The network.
        at_once: Frames that it is given together.
    """

    most_frames = 48
    """The model is loaded in 7 s of processor time and sees a frame in 0.12 s, `PlainNetwork` in
    0.25 s."""

    def __init__(self, see: See, *, at_once: int = 1) -> None:
        self._see = see
        self._at_once = at_once
        self._labels = load_labels()
        self._looks = load_looks()

    def encode(self, pixels: Pixels) -> Vectors:
        """(n, 448, 448, 3) uint8 RGB -> (n, 1128) float32 unit rows."""
        rows = [
            self._encode(pixels[first : first + self._at_once])
            for first in range(0, len(pixels), self._at_once)
        ]
        return np.concatenate(rows) if rows else np.zeros((0, DIM), np.float32)

    def _encode(self, pixels: Pixels) -> Vectors:
        views = [views_of(frame) for frame in pixels]
        features, logits = self._see(np.concatenate([view.pictures for view in views]))
        attributes = np.stack([view.attributes for view in views])
        labels = self._labels.of_pictures(mean_of_views(logits, CLASSES), attributes)
        return joined(labels, self._looks.of_features(mean_of_views(features, FEATURES)))


def mean_of_views(rows: Floats, width: int) -> Floats:
    """Rows of the views of each frame -> one row a frame."""
    return np.asarray(rows.reshape(-1, VIEWS, width).mean(axis=1), np.float32)
