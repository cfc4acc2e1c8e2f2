"""`embeddings.starter.networks.network` in numpy: EfficientNet-Lite2 without torch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.pictures.convolutions import BatchNorm, Convolution, convolution, rectified
from embeddings.plain.layers import Floats, linear
from embeddings.plain.weights import Weights
from embeddings.starter.shape import BLOCKS, EPSILON, HALVING

MOST = 6.0
"""Of what follows a convolution (ReLU6)."""


@dataclass(frozen=True)
class _Block:
    """An inverted residual block (Sandler et al., 2018)."""

    layers: tuple[Convolution, ...]
    """Wider (not in the first block), of neighbours, narrower."""
    adds: bool
    """Whether what comes in is added."""

    def __call__(self, x: Floats) -> Floats:
        out = x
        for layer in self.layers[:-1]:
            out = rectified(layer(out), MOST)
        out = self.layers[-1](out)
        return out + x if self.adds else out


class PlainNetwork:
    """The network with the weights of a file, see `embeddings.starter.networks.kept_network`.

    Raises:
        KeyError: They are those of another network.
        OSError, SafetensorError: It cannot be read.
    """

    def __init__(self, weights: Path) -> None:
        self._weights = Weights(weights, "_conv_stem.weight")
        self._stem = self._normed("_conv_stem", "_bn0", stride=2)
        self._blocks = [self._block(number) for number in range(BLOCKS)]
        self._head = self._normed("_conv_head", "_bn1")
        self._classes = self._weights.layer("_fc")

    def __call__(self, pictures: Floats) -> tuple[Floats, Floats]:
        """(n, 3, 260, 260) in -1 to 1 -> (n, 1280) features and (n, 1000) logits."""
        features = np.stack([self._features(one.transpose(1, 2, 0)) for one in pictures])
        return features, linear(features, *self._classes)

    def _features(self, x: Floats) -> Floats:
        x = rectified(self._stem(x), MOST)
        for block in self._blocks:
            x = block(x)
        return np.asarray(rectified(self._head(x), MOST).mean(axis=(0, 1)), np.float32)

    def _block(self, number: int) -> _Block:
        of, stride = f"_blocks.{number}", 2 if number in HALVING else 1
        layers = []
        if f"{of}._expand_conv.weight" in self._weights.names:
            layers.append(self._normed(f"{of}._expand_conv", f"{of}._bn0"))
        layers.append(self._normed(f"{of}._depthwise_conv", f"{of}._bn1", stride=stride))
        layers.append(self._normed(f"{of}._project_conv", f"{of}._bn2"))
        same = layers[0].weight.shape[2] == len(layers[-1].bias) and stride == 1
        return _Block(tuple(layers), adds=same and len(layers) == 3)

    def _normed(self, name: str, norm: str, *, stride: int = 1) -> Convolution:
        scale, shift, mean, variance = (
            self._weights.one(f"{norm}.{part}")
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        learnt = BatchNorm(scale, shift, mean, variance, EPSILON)
        weight = self._weights.one(f"{name}.weight")
        return learnt.after(convolution(weight, stride=stride, pads_late=True))
