"""What an explainer is: frames and directions to maps of what speaks for them."""

from collections.abc import Callable
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from data.video.types import Pixels
from embeddings.encoder import Vectors
from embeddings.plain.layers import Floats

Method = Literal["gradient", "attention", "occlusion"]
Maps = NDArray[np.float32]
"""(t, h, w), not negative: how much each cell of a frame speaks for its score. A map adds up to 1,
or is 0 everywhere where nothing speaks for it."""
Encode = Callable[[Pixels], Vectors]
"""Frames to unit rows; see `Encoder.encode_frames`."""


class Explainer(Protocol):
    """Tells which part of a picture speaks for a direction."""

    method: Method
    """How it finds out."""

    def maps(self, pixels: Pixels, directions: Vectors) -> Maps:
        """What of each frame makes its vector point into a direction.

        Args:
            pixels: (t, height, width, 3) uint8 RGB as the encoder's `frame_spec` says.
            directions: (d,) one for all frames, or (t, d) one for each.

        Returns:
            (t, h, w), over the whole frame.
        """


def one_each(directions: Vectors, n: int) -> Vectors:
    """(d,) or (t, d) -> (t, d)."""
    return np.broadcast_to(directions, (n, directions.shape[-1])).astype(np.float32)


def shares(maps: Floats) -> Maps:
    """Maps (t, h, w) without what speaks against, each adding up to 1 or to 0."""
    positive = np.maximum(maps, 0)
    total = positive.sum(axis=(1, 2), keepdims=True)
    return np.asarray(positive / np.where(total > 0, total, 1), np.float32)


def stretched(maps: Floats, height: int, width: int) -> Maps:
    """Maps (t, h, w) on another grid, each with the sum that it had."""
    out = np.stack([_resized(each, height, width) for each in maps])
    before, after = (each.sum(axis=(1, 2), keepdims=True) for each in (maps, out))
    return np.asarray(out * (before / np.where(after > 0, after, 1)), np.float32)


def _resized(cells: Floats, height: int, width: int) -> Floats:
    is_smaller = height < cells.shape[0] or width < cells.shape[1]
    way = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cells, (width, height), interpolation=way), np.float32)
