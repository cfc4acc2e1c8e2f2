"""A block of CLIP's towers in numpy (Radford et al., 2021), as open_clip names its weights."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from embeddings.plain.layers import Floats, attention, gelu, layer_norm, linear, quick_gelu
from embeddings.plain.weights import Layer, Weights

Activation = Literal["gelu", "quick_gelu"]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)


@dataclass(frozen=True)
class BlockShape:
    """What all blocks of a tower are, beside their weights."""

    heads: int
    """Attention heads."""
    activation: Activation
    """Between the two layers of the MLP."""
    causal: bool
    """Whether a token attends to itself and to those before it only."""


@dataclass(frozen=True)
class Block:
    """A pre-LN transformer block with self-attention (Vaswani et al., 2017)."""

    shape: BlockShape
    """See there."""
    norms: tuple[Layer, Layer]
    """Before attention, and before the MLP."""
    qkv: Layer
    """(3 width, width): queries, keys and values."""
    out: Layer
    """After attention."""
    mlp: tuple[Layer, Layer]
    """Its two layers."""

    def __call__(self, x: Floats) -> Floats:
        """(..., t, width) -> (..., t, width)."""
        qkv = linear(layer_norm(x, *self.norms[0]), *self.qkv)
        x = x + linear(attention(qkv, self.shape.heads, causal=self.shape.causal), *self.out)
        hidden = self._activate(linear(layer_norm(x, *self.norms[1]), *self.mlp[0]))
        return x + linear(hidden, *self.mlp[1])

    @property
    def size(self) -> int:
        """Numbers of its matrices."""
        return sum(weight.size for weight, _ in (self.qkv, self.out, *self.mlp))

    @property
    def _activate(self) -> Callable[[Floats], Floats]:
        return gelu if self.shape.activation == "gelu" else quick_gelu


def read_blocks(weights: Weights, count: int, shape: BlockShape) -> list[Block]:
    """The blocks of a tower.

    Raises:
        KeyError: They are blocks of another kind.
    """
    return [_block(weights, f"transformer.resblocks.{number}", shape) for number in range(count)]


def _block(weights: Weights, of: str, shape: BlockShape) -> Block:
    return Block(
        shape=shape,
        norms=(weights.layer(f"{of}.ln_1"), weights.layer(f"{of}.ln_2")),
        qkv=(weights.one(f"{of}.attn.in_proj_weight"), weights.one(f"{of}.attn.in_proj_bias")),
        out=weights.layer(f"{of}.attn.out_proj"),
        mlp=(weights.layer(f"{of}.mlp.c_fc"), weights.layer(f"{of}.mlp.c_proj")),
    )
