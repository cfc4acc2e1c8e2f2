"""Layers of a transformer in numpy, float32: what needs no gradient needs no torch.

Importing torch costs a process 2 s of processor time.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

Floats = NDArray[np.float32]
EPSILON = 1e-5
"""Of a layer norm, as torch has it."""


def linear(x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
    """(..., m) rows through a layer of (n, m) weights and (n,) bias -> (..., n)."""
    rows = x @ weight.T
    return np.asarray(rows if bias is None else rows + bias, np.float32)


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
        qkv: (t, 3 width): queries, keys and values.
        heads: Into which the width is parted.
        causal: A row attends to itself and to those before it only.

    Returns:
        (t, width).
    """
    t, width = qkv.shape[0], qkv.shape[1] // 3
    q, k, v = qkv.reshape(t, 3, heads, width // heads).transpose(1, 2, 0, 3)
    scores = q @ k.transpose(0, 2, 1) / np.float32((width // heads) ** 0.5)
    if causal:
        scores[:, np.triu(np.ones((t, t), bool), 1)] = -np.inf
    return (softmax(scores) @ v).transpose(1, 0, 2).reshape(t, width)


def gelu(x: Floats) -> Floats:
    """Gives x Phi(x) (Hendrycks & Gimpel, 2016)."""
    return np.asarray(x * 0.5 * (1 + erf(x / np.float32(2**0.5))), np.float32)


def quick_gelu(x: Floats) -> Floats:
    """CLIP's x sigmoid(1.702 x)."""
    return np.asarray(x / (1 + np.exp(-1.702 * x)), np.float32)


def sigmoid(x: Floats) -> Floats:
    """Gives 1 / (1 + exp(-x))."""
    return np.asarray(expit(x), np.float32)


def unit(rows: Floats) -> Floats:
    """The vector, or each row, at length 1; zeros stay zeros."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-12), np.float32)
