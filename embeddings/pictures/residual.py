"""CLIP's residual network (He et al., 2016; Radford et al., 2021) in numpy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.video.types import Pixels
from embeddings.pictures.convolutions import (
    BatchNorm,
    Convolution,
    convolution,
    mean_pool,
    rectified,
)
from embeddings.pictures.normalisation import Normalisation
from embeddings.pictures.worth import most_frames
from embeddings.plain.layers import Floats, linear, softmax, unit
from embeddings.plain.weights import Weights

STEM_STRIDE = 2
SMALLER = 32
"""By which each side of a frame becomes smaller in all."""


class ResidualNetwork:
    """Frames to unit vectors; see `FrameEncoder`.

    Args:
        weights: Its weights, as open_clip names them below `visual`.
        layers: Blocks of each of its four stages.
        heads: Attention heads of its pooling.
        normalisation: Of pixels.

    Raises:
        KeyError: They are weights of another tower.
        NeedsModel: It is too large.
    """

    def __init__(
        self, weights: Weights, layers: Sequence[int], heads: int, normalisation: Normalisation
    ) -> None:
        self._normalisation = normalisation
        strides = (STEM_STRIDE, 1, 1)
        self._stem = [
            _normed(weights, "", number, stride) for number, stride in enumerate(strides, 1)
        ]
        self._blocks = [
            _block(weights, f"layer{stage}.{number}.", 2 if stage > 1 and number == 0 else 1)
            for stage, count in enumerate(layers, 1)
            for number in range(count)
        ]
        self._pooling = _Pooling(weights, heads)
        self.most_frames = most_frames(2 * self._multiplications())

    def encode(self, pixels: Pixels) -> Floats:
        """(n, height, width, 3) uint8 RGB -> (n, dim) unit rows."""
        none = np.zeros((0, self._pooling.dim), np.float32)
        return np.stack([self._encode(frame) for frame in pixels]) if len(pixels) else none

    def _multiplications(self) -> int:
        """Of a frame: each number of a convolution is multiplied at every place of its picture."""
        places = self._pooling.places * SMALLER**2
        count = sum(layer.weight.size for layer in self._stem) * places // STEM_STRIDE**2
        places //= (2 * STEM_STRIDE) ** 2
        for block in self._blocks:
            places //= block.stride**2
            count += block.size * places
        return count + self._pooling.size * self._pooling.places

    def _encode(self, frame: Pixels) -> Floats:
        x = self._normalisation.of(frame)
        for layer in self._stem:
            x = rectified(layer(x))
        x = mean_pool(x, 2)
        for block in self._blocks:
            x = block(x)
        return unit(self._pooling(x.reshape(-1, x.shape[2])))


@dataclass(frozen=True)
class _Block:
    """A bottleneck of three convolutions; a stride is a mean over squares."""

    layers: tuple[Convolution, Convolution, Convolution]
    """Narrower, of neighbours, wider."""
    beside: Convolution | None
    """What is added is convolved where its size or channels change; None for itself."""
    stride: int
    """By which the picture becomes smaller."""

    @property
    def size(self) -> int:
        """Numbers of its kernels."""
        layers = [*self.layers, self.beside] if self.beside else self.layers
        return sum(layer.weight.size for layer in layers)

    def __call__(self, x: Floats) -> Floats:
        """(h, w, channels) -> (h / stride, w / stride, channels)."""
        narrow, near, wide = self.layers
        out = rectified(near(rectified(narrow(x))))
        out = wide(self._smaller(out))
        out += self.beside(self._smaller(x)) if self.beside else x
        return rectified(out)

    def _smaller(self, x: Floats) -> Floats:
        return mean_pool(x, self.stride) if self.stride > 1 else x


class _Pooling:
    """Attention of the mean to every place of the picture."""

    def __init__(self, weights: Weights, heads: int) -> None:
        self._heads = heads
        self._positions = weights.one("attnpool.positional_embedding")
        self._q, self._k, self._v, self._out = (
            weights.layer(f"attnpool.{part}_proj") for part in "qkvc"
        )
        self.dim = len(self._out[1])
        self.places = len(self._positions) - 1
        self.size = self._k[0].size + self._v[0].size

    def __call__(self, x: Floats) -> Floats:
        """(places, channels) -> (dim,)."""
        x = np.concatenate([x.mean(axis=0, keepdims=True), x]) + self._positions
        q, k, v = (
            linear(rows, *layer).reshape(len(rows), self._heads, -1).swapaxes(0, 1)
            for rows, layer in ((x[:1], self._q), (x, self._k), (x, self._v))
        )
        scores = q @ k.swapaxes(1, 2) / np.float32(q.shape[2] ** 0.5)
        return linear((softmax(scores) @ v).reshape(-1), *self._out)


def _block(weights: Weights, of: str, stride: int) -> _Block:
    first, second, third = (_normed(weights, of, number) for number in (1, 2, 3))
    beside = None
    if f"visual.{of}downsample.0.weight" in weights.names:
        beside = _folded(weights, f"{of}downsample.0", f"{of}downsample.1")
    return _Block((first, second, third), beside, stride)


def _normed(weights: Weights, of: str, number: int, stride: int = 1) -> Convolution:
    return _folded(weights, f"{of}conv{number}", f"{of}bn{number}", stride)


def _folded(weights: Weights, of: str, norm: str, stride: int = 1) -> Convolution:
    learnt = BatchNorm(
        *weights.layer(norm),
        weights.one(f"{norm}.running_mean"),
        weights.one(f"{norm}.running_var"),
    )
    return learnt.after(convolution(weights.one(f"{of}.weight"), stride=stride))
