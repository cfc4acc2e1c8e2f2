"""A fitted model as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats


class Family(StrEnum):
    """Kinds of models."""

    LINEAR = "linear"
    """Logistic regression, or ridge regression of a number."""
    TASTES = "tastes"
    """A linear model in which persons have tastes of their own."""
    BOOSTING = "boosting"
    """Gradient boosting of small trees."""
    NETWORK = "mlp"
    """Two hidden layers; several heads may share them."""
    GRU = "gru"
    """A gated recurrent unit over the frames."""
    CONVOLUTION = "convolution"
    """Convolutions over the frames in time."""
    VOLUME = "3d"
    """Convolutions in space and time over small pictures."""
    ZERO_SHOT = "zero-shot"
    """Words that are compared with pictures: it is fitted on no label."""


OF_FRAMES = frozenset({Family.GRU, Family.CONVOLUTION})
"""Families that look at frames in order."""


@dataclass(frozen=True)
class HeadModel:
    """A model as arrays."""

    family: Family
    """What the arrays are."""
    arrays: Mapping[str, NDArray[Any]]
    """Named arrays of numbers."""


def scaled(
    arrays: Mapping[str, NDArray[Any]], scale: float = 1.0, shift: float = 0.0
) -> dict[str, NDArray[Any]]:
    """Arrays of a model whose outputs are `scale` times and `shift` more than what they give."""
    return {
        **arrays,
        "scale": np.array([scale], np.float32),
        "shift": np.array([shift], np.float32),
    }


def layers_of(arrays: Mapping[str, NDArray[Any]]) -> list[tuple[Floats, Floats]]:
    """Weight and bias of each layer, in order."""
    n = sum(name.startswith("weight_") for name in arrays)
    return [(arrays[f"weight_{i}"], arrays[f"bias_{i}"]) for i in range(n)]


def layers_raw(arrays: Mapping[str, NDArray[Any]], rows: Floats) -> Floats:
    """The output of layers with rectifiers between them."""
    layers = layers_of(arrays)
    x = rows
    for weight, bias in layers[:-1]:
        x = np.maximum(x @ weight.T + bias, 0.0)
    weight, bias = layers[-1]
    return np.asarray(x @ weight.T + bias, np.float32)
