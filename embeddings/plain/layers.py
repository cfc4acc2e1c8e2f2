"""Layers of a network in numpy, float32: what needs no gradient needs no torch.

Importing torch costs a process 2 s of processor time, importing scipy for its error function 0.2 s.
"""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
EPSILON = 1e-5
"""Of a layer norm, as torch has it."""
_ERF_ABOVE = (-2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06,
              -5.69250639462346e-05, -7.34990630326855e-04, -2.95459980854025e-03,
              -1.60960333262415e-02)  # fmt: skip
_ERF_BELOW = (-1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03,
              -7.37332916720468e-03, -1.42647390514189e-02)  # fmt: skip
"""Polynomials in x squared, highest power first: their quotient is erf(x) / x for |x| < 4, as in
Eigen's `erf` of single precision (Eigen/src/Core/MathFunctionsImpl.h)."""


def linear(x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
    """(..., m) rows through a layer of (n, m) weights and (n,) bias -> (..., n)."""
    rows = x.reshape(-1, x.shape[-1]) @ weight.T  # one product, however many axes x has
    if bias is not None:
        rows += bias
    return np.asarray(rows.reshape(*x.shape[:-1], len(weight)), np.float32)


def layer_norm(x: Floats, weight: Floats, bias: Floats, *, epsilon: float = EPSILON) -> Floats:
    """Each row at mean 0 and variance 1, then scaled and shifted (Ba et al., 2016)."""
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + epsilon)
    return np.asarray(centred / spread * weight + bias, np.float32)


def softmax(x: Floats) -> Floats:
    """Weights of the last axis that add up to 1."""
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), np.float32)


def attention(qkv: Floats, heads: int, *, causal: bool = False) -> Floats:
    """Scaled dot-product attention (Vaswani et al., 2017).

    Args:
        qkv: (..., t, 3 width): queries, keys and values.
        heads: Into which the width is parted.
        causal: A row attends to itself and to those before it only.

    Returns:
        (..., t, width).
    """
    *batch, t, width = *qkv.shape[:-1], qkv.shape[-1] // 3
    parted = qkv.reshape(*batch, t, 3, heads, width // heads)
    q, k, v = (parted[..., part, :, :].swapaxes(-3, -2) for part in range(3))
    scores = q @ k.swapaxes(-1, -2) / np.float32((width // heads) ** 0.5)
    if causal:
        scores[..., np.triu(np.ones((t, t), bool), 1)] = -np.inf
    return (softmax(scores) @ v).swapaxes(-3, -2).reshape(*batch, t, width)


def gelu(x: Floats) -> Floats:
    """Gives x Phi(x) (Hendrycks & Gimpel, 2016)."""
    out = erf(x * np.float32(0.5**0.5))
    out += 1
    out *= x
    out *= np.float32(0.5)
    return out


def erf(x: Floats) -> Floats:
    """The error function; at most 5e-7 off."""
    x = np.clip(x, -4, 4)
    squares = x * x
    out = _polynomial(_ERF_ABOVE, squares)
    out *= x
    out /= _polynomial(_ERF_BELOW, squares)
    return out


def _polynomial(factors: tuple[float, ...], x: Floats) -> Floats:
    def step(out: Floats, factor: float) -> Floats:
        out *= x
        out += np.float32(factor)
        return out

    return reduce(step, factors[1:], np.full_like(x, factors[0]))


def quick_gelu(x: Floats) -> Floats:
    """CLIP's x sigmoid(1.702 x)."""
    return x * sigmoid(np.float32(1.702) * x)


def sigmoid(x: Floats) -> Floats:
    """Gives 1 / (1 + exp(-x))."""
    return np.asarray((np.tanh(x * np.float32(0.5)) + 1) * np.float32(0.5), np.float32)


def unit(rows: Floats) -> Floats:
    """The vector, or each row, at length 1; zeros stay zeros."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-12), np.float32)
