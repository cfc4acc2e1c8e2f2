"""CLIP's text tower in numpy, from the weights file of an open_clip model.

A question of words needs nothing else of an encoder: no torch (2 s of processor time to import), no
open_clip (5 s), no image tower. Weights are mapped into memory and read where they are needed; the
causal mask lets every text end at its last token. float32 throughout.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors import safe_open

from embeddings.layers import Floats, attention, gelu, layer_norm, linear, quick_gelu

Activation = Literal["gelu", "quick_gelu"]
PREFIXES = ("", "text.")
"""Of the text tower's weights in a file: open_clip's `CLIP`, and `CustomTextCLIP`."""


@dataclass(frozen=True)
class TowerShape:
    """What a text tower is, beside its weights."""

    layers: int
    """Blocks."""
    heads: int
    """Attention heads of each block."""
    activation: Activation
    """Between the two layers of a block's MLP."""


class TextTower:
    """Texts to unit vectors.

    Args:
        weights: A .safetensors file in float32 or float16.
        shape: Its shape.
        tokens: Gives the numbers of a text's tokens, as the tower was trained with them.

    Raises:
        KeyError: The file holds other weights.
    """

    def __init__(
        self, weights: Path, shape: TowerShape, tokens: Callable[[str], list[int]]
    ) -> None:
        self._shape = shape
        self._tokens = tokens
        self._file = _opened(weights)
        self._prefix = _prefix(set(self._file.keys()))
        self._embedding = self._file.get_slice(f"{self._prefix}token_embedding.weight")
        self._positions = self._weight("positional_embedding")
        self._blocks = [self._block(n) for n in range(shape.layers)]
        self._final = self._pair("ln_final")
        self._projection = self._weight("text_projection")

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
        row = layer_norm(x[-1:], *self._final)[0] @ self._projection
        return np.asarray(row / np.linalg.norm(row), np.float32)

    def _weight(self, name: str) -> Floats:
        return np.asarray(self._file.get_tensor(self._prefix + name), np.float32)

    def _pair(self, name: str) -> tuple[Floats, Floats]:
        """Weight and bias of a layer."""
        return self._weight(f"{name}.weight"), self._weight(f"{name}.bias")

    def _block(self, number: int) -> "Block":
        of = f"transformer.resblocks.{number}"
        return Block(
            norms=(self._pair(f"{of}.ln_1"), self._pair(f"{of}.ln_2")),
            qkv=(
                self._weight(f"{of}.attn.in_proj_weight"),
                self._weight(f"{of}.attn.in_proj_bias"),
            ),
            out=self._pair(f"{of}.attn.out_proj"),
            mlp=(self._pair(f"{of}.mlp.c_fc"), self._pair(f"{of}.mlp.c_proj")),
            heads=self._shape.heads,
            activate=gelu if self._shape.activation == "gelu" else quick_gelu,
        )


Layer = tuple[Floats, Floats]


@dataclass(frozen=True)
class Block:
    """A pre-LN transformer block with causal self-attention (Vaswani et al., 2017)."""

    norms: tuple[Layer, Layer]
    """Before attention, and before the MLP."""
    qkv: Layer
    """(3 width, width): queries, keys and values."""
    out: Layer
    """After attention."""
    mlp: tuple[Layer, Layer]
    """Its two layers."""
    heads: int
    """Attention heads."""
    activate: Callable[[Floats], Floats]
    """Between the layers of the MLP."""

    def __call__(self, x: Floats) -> Floats:
        """(t, width) -> (t, width)."""
        qkv = linear(layer_norm(x, *self.norms[0]), *self.qkv)
        x = x + linear(attention(qkv, self.heads, causal=True), *self.out)
        hidden = self.activate(linear(layer_norm(x, *self.norms[1]), *self.mlp[0]))
        return x + linear(hidden, *self.mlp[1])


def _opened(weights: Path) -> Any:
    return safe_open(weights, "numpy")


def _prefix(names: set[str]) -> str:
    for prefix in PREFIXES:
        if f"{prefix}token_embedding.weight" in names:
            return prefix
    raise KeyError("token_embedding.weight")
