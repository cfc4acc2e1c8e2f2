"""Convolutions in numpy, float32, of one picture at a time: (height, width, channels).

One picture's layer fits the processor's cache. A convolution of single pixels is a matrix product,
a larger one is the product with each pixel's neighbourhood (Chellapilla et al., 2006).
"""

from dataclasses import dataclass, replace

import numpy as np

from embeddings.plain.layers import Floats

CACHED = 32_768
"""Numbers of a result that are computed at a time where each is read again and again."""


@dataclass(frozen=True)
class Convolution:
    """A convolution that keeps the size of a picture, but for its stride."""

    weight: Floats
    """(k, k, channels, out); (k, k, channels) where each channel is convolved by itself."""
    bias: Floats
    """(out,)."""
    stride: int = 1
    """Pixels from one result to the next."""
    pads_late: bool = False
    """TensorFlow's `SAME` padding: an odd pixel of it comes last, not first."""

    def __call__(self, x: Floats) -> Floats:
        """(h, w, channels) -> (ceil(h / stride), ceil(w / stride), out)."""
        if self.weight.ndim == 3:
            return self._of_each_channel(x)
        if self.weight.shape[0] == 1:
            return self._product(x[:: self.stride, :: self.stride])
        return self._product(np.concatenate(self._shifted(self._padded(x)), axis=2))

    def _product(self, x: Floats) -> Floats:
        height, width, _ = x.shape
        rows = x.reshape(height * width, -1) @ self.weight.reshape(-1, len(self.bias))
        rows += self.bias
        return rows.reshape(height, width, -1)

    def _of_each_channel(self, x: Floats) -> Floats:
        shifted = self._shifted(self._padded(x))
        factors = self.weight.reshape(len(shifted), -1)
        out = np.empty(shifted[0].shape, np.float32)
        rows = max(CACHED // out[0].size, 1)
        room = np.empty((rows, *out.shape[1:]), np.float32)
        for first in range(0, len(out), rows):
            part = out[first : first + rows]
            part[:] = self.bias
            for source, factor in zip(shifted, factors, strict=True):
                product = np.multiply(source[first : first + rows], factor, out=room[: len(part)])
                part += product
        return out

    def _padded(self, x: Floats) -> Floats:
        side, stride = self.weight.shape[0], self.stride
        pads = []
        for size in x.shape[:2]:
            reach = (-(-size // stride) - 1) * stride + side
            before = max(reach - size, 0) // 2 if self.pads_late else side // 2
            pads.append((before, max(reach - size - before, 0)))
        return np.pad(x, (*pads, (0, 0)))

    def _shifted(self, x: Floats) -> list[Floats]:
        """For each pixel of the kernel, what it is multiplied with."""
        side, stride = self.weight.shape[0], self.stride
        height, width = ((size - side) // stride + 1 for size in x.shape[:2])
        return [
            x[down : down + stride * height : stride, right : right + stride * width : stride]
            for down in range(side)
            for right in range(side)
        ]


def convolution(weight: Floats, *, stride: int = 1, pads_late: bool = False) -> Convolution:
    """One without bias from torch's weights (out, channels, k, k)."""
    if weight.shape[1] == 1:
        kernel = weight[:, 0].transpose(1, 2, 0)
    else:
        kernel = weight.transpose(2, 3, 1, 0)
    bias = np.zeros(len(weight), np.float32)
    return Convolution(np.ascontiguousarray(kernel), bias, stride, pads_late)


@dataclass(frozen=True)
class BatchNorm:
    """What a batch norm learnt (Ioffe & Szegedy, 2015)."""

    weight: Floats
    bias: Floats
    mean: Floats
    variance: Floats
    epsilon: float = 1e-5

    def after(self, before: Convolution) -> Convolution:
        """A convolution without bias, and this norm after it, as one convolution."""
        scale = self.weight / np.sqrt(self.variance + np.float32(self.epsilon))
        bias = self.bias - self.mean * scale
        return replace(before, weight=before.weight * scale, bias=bias)


def mean_pool(x: Floats, side: int) -> Floats:
    """Means over squares of so many pixels; what is left over at the end is cut off."""
    height, width = (size // side for size in x.shape[:2])
    squares = x[: height * side, : width * side].reshape(height, side, width, side, -1)
    return np.asarray(squares.mean(axis=(1, 3)), np.float32)


def rectified(x: Floats, most: float | None = None) -> Floats:
    """The array itself, negative numbers set to 0 and, with `most`, larger ones to that."""
    return np.clip(x, 0, most, out=x)
