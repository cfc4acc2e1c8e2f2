"""CLIP's text tower in numpy, from the weights file of an open_clip model.

A question of words needs nothing else of an encoder: no torch (2 s of processor time to import), no
open_clip (5 s), no image tower. Weights are mapped into memory and read where they are needed; the
causal mask lets every text end at its last token. float32 throughout.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from embeddings.plain.layers import Floats, layer_norm, unit
from embeddings.plain.transformer import Activation, BlockShape, read_blocks
from embeddings.plain.weights import Weights

PREFIXES = ("", "text.")
"""Of the text tower's weights in a file: open_clip's `CLIP`, and `CustomTextCLIP`."""


class TextTower:
    """Texts to unit vectors.

    Args:
        file: A .safetensors file in float32 or float16.
        layers: Blocks.
        heads: Attention heads of each block.
        activation: Between the two layers of a block's MLP.
        tokens: Gives the numbers of a text's tokens, as the tower was trained with them.

    Raises:
        KeyError: The file holds other weights.
    """

    def __init__(
        self,
        file: Path,
        tokens: Callable[[str], list[int]],
        *,
        layers: int,
        heads: int,
        activation: Activation,
    ) -> None:
        self._tokens = tokens
        weights = Weights(file, "token_embedding.weight", prefixes=PREFIXES)
        self._embedding = weights.rows("token_embedding.weight")
        self._positions = weights.one("positional_embedding")
        self._blocks = read_blocks(weights, layers, BlockShape(heads, activation, causal=True))
        self._final = weights.layer("ln_final")
        self._projection = weights.one("text_projection")

    def encode(self, texts: Sequence[str]) -> Floats:
        """N texts -> (n, dim) unit rows."""
        rows = [self._encode(self._tokens(text)) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._projection.shape[1]), np.float32)

    def _encode(self, tokens: Sequence[int]) -> Floats:
        # The tower reads a text's vector at its highest token, the first end; none looks ahead.
        tokens = tokens[: int(np.argmax(tokens)) + 1]
        x = np.concatenate([self._embedding[t : t + 1] for t in tokens]).astype(np.float32)
        x += self._positions[: len(tokens)]
        for block in self._blocks:
            x = block(x)
        return unit(layer_norm(x[-1:], *self._final)[0] @ self._projection)
