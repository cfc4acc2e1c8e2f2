"""A linear model in which persons have tastes of their own: who goes with what is seen.

A mixed model with penalties. What holds for all, a level of each person, and how far each person
goes with each of the main axes of the clip vectors are weights with one penalty, which is a normal
prior around 0 (Robinson, 1991): a person of few rows stays near what holds for all. The axes are
those along which the clips of the rows differ most; labels have no part in them.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.utils.extmath import randomized_svd

from data.arrays import Floats, Ids, Mask
from indexer.heads.fitting.linear import fit_linear
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family, HeadModel

AXES = 16
"""Main axes of the clip vectors. On cartoon adverts 12 and 24 did as well (docs/heads.md)."""
LEAST_LENGTH = 1e-6
"""Clips that differ less are all the same."""
OWN, LEVEL = 3.0, 2.0
"""How much larger than what holds for all a person's taste, and level, are: they cost less."""


def fit_tastes(
    rows: Floats, answers: Answers, of_vector: int, persons: Ids, *, strength: float
) -> HeadModel:
    """Fit rows of one scale; `strength` is the inverse of the penalty.

    Args:
        rows: (n, w) numbers.
        answers: (n,) labels.
        of_vector: How many numbers of a row are of its clip vector, the first ones.
        persons: (p,) places of those that say whether a row is of a person, by two values.
        strength: Inverse of the penalty.
    """
    axes = _main_axes(rows[:, :of_vector])
    seen = rows[:, :of_vector] @ axes.T
    low, high = rows[:, persons].min(axis=0), rows[:, persons].max(axis=0)
    step = np.where(high > low, high - low, 1.0).astype(np.float32)
    is_of = (rows[:, persons] - low) / step
    columns = rows[:, of_vector:].copy()
    columns[:, persons - of_vector] = LEVEL * is_of
    own = OWN * _crossed(is_of > 0, seen)
    whole = hstack([csr_matrix(seen), csr_matrix(columns), own], format="csr")
    model = fit_linear(whole, answers, strength=strength)
    ends = [len(axes), len(axes) + columns.shape[1]]
    of_axes, of_columns, of_own = np.split(model.arrays["weight"], ends, axis=1)
    levels = LEVEL * of_columns[:, persons - of_vector] / step
    of_columns[:, persons - of_vector] = levels
    tastes = OWN * of_own.reshape(len(of_own), len(persons), len(axes))
    return HeadModel(
        Family.TASTES,
        {
            **model.arrays,
            "weight": np.concatenate([of_axes @ axes, of_columns], axis=1),
            "bias": np.asarray(model.arrays["bias"] - levels @ low, np.float32),
            "axes": axes,
            "persons": np.asarray(persons, np.int64),
            "middle": np.asarray((low + high) / 2, np.float32),
            "tastes": np.asarray(tastes, np.float32),
        },
    )


def _crossed(is_of: Mask, seen: Floats) -> csr_matrix:
    """(n, p k): where a row is of a person (n, p), what is seen in it (n, k); else 0."""
    (n, n_persons), width = is_of.shape, seen.shape[1]
    of_rows, of_persons = np.nonzero(is_of)
    places = of_persons[:, None] * width + np.arange(width)
    at = np.repeat(of_rows, width), places.ravel()
    return csr_matrix((seen[of_rows].ravel(), at), shape=(n, n_persons * width))


def _main_axes(vectors: Floats) -> Floats:
    """(k, d) directions in which rows (n, d) around 0 differ most; along all a row is 1 long."""
    n = max(1, min(AXES, *vectors.shape))
    _, sizes, axes = randomized_svd(vectors, n_components=n, random_state=0)
    length = float(np.sqrt((sizes**2).sum() / len(vectors)))
    return np.asarray(axes / length if length > LEAST_LENGTH else 0 * axes, np.float32)
