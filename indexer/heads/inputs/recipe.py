"""From examples to the rows of numbers that models are fitted on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from data.arrays import Floats, Ids
from data.labels.kinds import ColumnKind
from indexer.heads.inputs.columns import ColumnCode, fit_column
from indexer.heads.inputs.examples import Examples

SMALLEST_SPREAD = 1e-6
"""A column of numbers that varies less is constant."""


@dataclass(frozen=True)
class Trunk:
    """Hidden layers that were fitted for another head: what they make of clip vectors."""

    mean: Floats
    """(d,) mean of the clip vectors it was fitted on."""
    spread: Floats
    """(d,) their standard deviation."""
    layers: tuple[tuple[Floats, Floats], ...]
    """Weight (out, in) and bias (out,) of each layer; a rectifier follows each."""

    def hidden(self, vectors: Floats) -> Floats:
        """(n, h) activations of the last layer for (n, d) clip vectors."""
        x = (vectors - self.mean) / self.spread
        for weight, bias in self.layers:
            x = np.maximum(x @ weight.T + bias, 0.0)
        return np.asarray(x, np.float32)


@dataclass(frozen=True)
class Recipe:
    """How an example becomes a row of numbers of one scale: vector, changes, columns."""

    columns: tuple[ColumnCode, ...]
    """How each further column becomes numbers, in order."""
    mean: Floats
    """(w,) mean of each number over the training rows."""
    spread: Floats
    """(w,) standard deviation of each; 1 where it is constant."""
    trunks: tuple[Trunk, ...] = field(default=())
    """Layers of other heads, whose activations take the place of the clip vector."""
    of_vector: int = 0
    """How many of the numbers come from the clip vector, and from how it changes."""
    changes: bool = False
    """Whether numbers of how the stretch changes follow its vector."""

    def rows(self, examples: Examples) -> Floats:
        """(n, w) numbers of some examples."""
        raw = _raw(examples, self.columns, self.trunks, changes=self.changes)[0]
        return np.asarray((raw - self.mean) / self.spread, np.float32)

    def places_of(self, kind: ColumnKind, examples: Examples) -> Ids:
        """Places of the numbers of all columns of a kind in a row of examples."""
        found, at = [np.zeros(0, np.int64)], self.of_vector
        for code in self.columns:
            texts = examples.texts.get(code.name)
            width = code.width(0 if texts is None else texts.shape[1])
            if code.kind == kind:
                found.append(np.arange(at, at + width))
            at += width
        return np.concatenate(found)

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns without which nothing can be predicted."""
        return tuple(code.name for code in self.columns)


def fit_recipe(
    examples: Examples,
    kinds: Mapping[str, ColumnKind],
    *,
    salt: str,
    trunks: tuple[Trunk, ...] = (),
    changes: bool = False,
) -> Recipe:
    """Learn the columns and scales of training examples."""
    codes = tuple(
        fit_column(name, kinds[name], values, salt) for name, values in examples.columns.items()
    )
    raw, of_vector = _raw(examples, codes, trunks, changes=changes)
    spread = raw.std(axis=0)
    spread[spread < SMALLEST_SPREAD] = 1.0
    return Recipe(codes, raw.mean(axis=0), spread, trunks, of_vector, changes)


def _raw(
    examples: Examples,
    codes: tuple[ColumnCode, ...],
    trunks: tuple[Trunk, ...],
    *,
    changes: bool,
) -> tuple[Floats, int]:
    seen = [trunk.hidden(examples.vectors) for trunk in trunks] or [examples.vectors]
    if changes:
        assert examples.changes is not None
        seen.append(examples.changes)
    of_vector = sum(block.shape[1] for block in seen)
    blocks = [
        code.numbers(examples.columns[code.name], examples.texts.get(code.name)) for code in codes
    ]
    return np.concatenate([*seen, *blocks], axis=1).astype(np.float32), of_vector
