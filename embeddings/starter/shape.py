"""Frames and vectors of `starter`: one vector of two parts, what is shown and how it looks."""

import numpy as np

from data.video.types import FrameSpec
from embeddings.plain.layers import Floats, unit

FRAME_SPEC = FrameSpec(448, 448, "pad", (127, 127, 127))
INPUT_PX = 260
"""Side of the network's square input."""
FEATURES, CLASSES = 1280, 1000
"""Of the network's last layer, and of ImageNet-1k."""
LABELS = 1003
"""Classes and attributes: the part that words know."""
LOOKS = 125
"""The part that no words know: with it, the length is a multiple of 8."""
DIM = LABELS + LOOKS
LOOKS_SHARE = 0.5
"""Of the similarity of two frames. Texts have no looks: their order is that of the first part."""


def joined(labels: Floats, looks: Floats) -> Floats:
    """(n, 1003) and (n, 125), each of any length -> (n, 1128) unit rows."""
    parts = (unit(labels) * (1 - LOOKS_SHARE) ** 0.5, unit(looks) * LOOKS_SHARE**0.5)
    return np.concatenate(parts, axis=1).astype(np.float32)


def joined_texts(labels: Floats) -> Floats:
    """(n, 1003) unit rows -> (n, 1128) unit rows."""
    nothing = np.zeros((len(labels), LOOKS), np.float32)
    return np.concatenate([labels, nothing], axis=1).astype(np.float32)


BLOCKS = 21
"""Of the network: inverted residual blocks."""
HALVING = (1, 4, 7, 15)
"""Blocks after which a picture has half its height and width."""
EPSILON = 1e-3
"""Of its batch norms."""
