"""A fitted model: arrays, and what they give for examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.recipe import Recipe


class Family(StrEnum):
    """Kinds of models."""

    LINEAR = "linear"
    """Logistic regression, or ridge regression of a number."""
    BOOSTING = "boosting"
    """Gradient boosting of small trees."""
    NETWORK = "mlp"
    """Two hidden layers; several heads may share them."""
    GRU = "gru"
    """A gated recurrent unit over the frames."""
    CONVOLUTION = "convolution"
    """Convolutions over the frames in time."""


OF_FRAMES = frozenset({Family.GRU, Family.CONVOLUTION})
"""Families that look at frames in order."""


@dataclass(frozen=True)
class HeadModel:
    """A model as arrays."""

    family: Family
    """What the arrays are."""
    arrays: Mapping[str, NDArray[Any]]
    """Named arrays of numbers."""

    def raw(self, recipe: Recipe, examples: Examples) -> Floats:
        """(n, outputs) logits of the classes, or (n, 1) numbers."""
        rows = recipe.rows(examples)
        if self.family is Family.LINEAR:
            out = rows @ self.arrays["weight"].T + self.arrays["bias"]
        elif self.family is Family.BOOSTING:
            from indexer.heads.models.forest import trees_raw

            out = trees_raw(self.arrays, rows)
        elif self.family is Family.NETWORK:
            out = layers_raw(self.arrays, rows)
        else:
            from indexer.heads.models.sequence import sequence_raw

            assert examples.frames is not None
            columns = rows[:, recipe.of_vector :]
            out = sequence_raw(self.family, self.arrays, examples.frames, columns)
        return np.asarray(out * self.arrays["scale"] + self.arrays["shift"], np.float32)


def scaled(
    arrays: Mapping[str, NDArray[Any]], scale: float = 1.0, shift: float = 0.0
) -> dict[str, NDArray[Any]]:
    """Arrays of a model whose outputs are `scale` times and `shift` more than what they give."""
    return {
        **arrays,
        "scale": np.array([scale], np.float32),
        "shift": np.array([shift], np.float32),
    }


def layers_raw(arrays: Mapping[str, NDArray[Any]], rows: Floats) -> Floats:
    """The output of layers with rectifiers between them."""
    layers = layers_of(arrays)
    x = rows
    for weight, bias in layers[:-1]:
        x = np.maximum(x @ weight.T + bias, 0.0)
    weight, bias = layers[-1]
    return np.asarray(x @ weight.T + bias, np.float32)


def layers_of(arrays: Mapping[str, NDArray[Any]]) -> list[tuple[Floats, Floats]]:
    """Weight and bias of each layer, in order."""
    n = sum(name.startswith("weight_") for name in arrays)
    return [(arrays[f"weight_{i}"], arrays[f"bias_{i}"]) for i in range(n)]
