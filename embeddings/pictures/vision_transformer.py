"""CLIP's vision transformer (Dosovitskiy et al., 2021; Radford et al., 2021) in numpy."""

from dataclasses import dataclass

import numpy as np

from data.video.types import Pixels
from embeddings.pictures.normalisation import Normalisation
from embeddings.pictures.worth import most_frames
from embeddings.plain.layers import Floats, layer_norm, linear, unit
from embeddings.plain.transformer import Activation, BlockShape, read_blocks
from embeddings.plain.weights import Weights

FRAMES_AT_ONCE = 4
"""Their tokens stay in the processor's cache."""


@dataclass(frozen=True)
class VisionShape:
    """What a vision transformer is, beside its weights."""

    layers: int
    """Blocks."""
    heads: int
    """Attention heads of each block."""
    activation: Activation
    """Between the two layers of a block's MLP."""


class VisionTransformer:
    """Frames to unit vectors; see `FrameEncoder`.

    Args:
        weights: Its weights, as open_clip names them below `visual`.
        shape: Its shape.
        normalisation: Of pixels.

    Raises:
        KeyError: They are weights of another tower.
        NeedsModel: It is too large.
    """

    def __init__(self, weights: Weights, shape: VisionShape, normalisation: Normalisation) -> None:
        self._normalisation = normalisation
        patches = weights.one("conv1.weight")
        self._patch_px = patches.shape[-1]
        self._patches = patches.transpose(0, 2, 3, 1).reshape(len(patches), -1)
        self._class = weights.one("class_embedding")
        self._positions = weights.one("positional_embedding")
        of_blocks = BlockShape(shape.heads, shape.activation, causal=False)
        self._blocks = read_blocks(weights, shape.layers, of_blocks)
        self._first, self._last = weights.layer("ln_pre"), weights.layer("ln_post")
        self._projection = weights.one("proj")
        of_a_token = sum(block.size for block in self._blocks) + self._patches.size
        self.most_frames = most_frames(2 * of_a_token * len(self._positions))

    def encode(self, pixels: Pixels) -> Floats:
        """(n, height, width, 3) uint8 RGB -> (n, dim) unit rows."""
        parts = [
            self._encode(pixels[first : first + FRAMES_AT_ONCE])
            for first in range(0, len(pixels), FRAMES_AT_ONCE)
        ]
        none = np.zeros((0, self._projection.shape[1]), np.float32)
        return np.concatenate([none, *parts])

    def _encode(self, pixels: Pixels) -> Floats:
        x = linear(self._patched(self._normalisation.of(pixels)), self._patches)
        start = np.broadcast_to(self._class, (len(x), 1, len(self._class)))
        x = layer_norm(np.concatenate([start, x], axis=1) + self._positions, *self._first)
        for block in self._blocks:
            x = block(x)
        return unit(layer_norm(x[:, 0], *self._last) @ self._projection)

    def _patched(self, x: Floats) -> Floats:
        """(n, height, width, 3) -> (n, patches, numbers of a patch)."""
        count, height, width, _ = x.shape
        side = self._patch_px
        squares = x.reshape(count, height // side, side, width // side, side, 3)
        return squares.swapaxes(2, 3).reshape(count, -1, side * side * 3)
