"""Linear discriminant analysis with a shrunken covariance: what few rows of many numbers teach."""

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf_shrinkage

from data.arrays import Floats
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family, HeadModel, scaled

LEAST_SHRINKAGE = 0.02
"""Share of the round covariance at least, so that it can be inverted."""


def fit_discriminant(rows: Floats, answers: Answers) -> HeadModel:
    """Fit a weight a number and class (Fisher, 1936; rows of a class are normal around its mean).

    The covariance within classes is shrunk towards a round one, as far as its rows want (Ledoit and
    Wolf, 2004): what varies within classes counts less, which 5 rows a class already tell.
    """
    weight = np.zeros((answers.n_outputs, rows.shape[1]), np.float32)
    # A class without rows, as there may be in a fold, has its mean in the middle, and half a row.
    bias = np.full(answers.n_outputs, np.log(0.5 / len(rows)), np.float32)
    present, places, counts = np.unique(answers.y, return_inverse=True, return_counts=True)
    x = rows.astype(np.float64)
    middle = x.mean(axis=0)
    means = np.stack([x[places == at].mean(axis=0) for at in range(len(present))])
    directions = _over_covariance(_contrasts(x, places), means - middle)
    weight[present] = directions
    offsets = -0.5 * ((means + middle) * directions).sum(axis=1)
    bias[present] = offsets + np.log(counts / len(x))
    return HeadModel(Family.LINEAR, scaled({"weight": weight, "bias": bias}))


def _contrasts(x: NDArray[np.float64], places: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n - c, w) independent differences within classes: each row less the mean of those before.

    Scaled as Helmert's contrasts, so that their squares add up to those within classes. Differences
    to the class's mean are not independent, and of few rows look surer than they are.
    """
    found = [np.zeros((0, x.shape[1]))]
    for at in range(int(places.max()) + 1):
        mine = x[places == at]
        before = np.arange(1, len(mine))[:, None]
        means = np.cumsum(mine, axis=0)[:-1] / before
        found.append((mine[1:] - means) * np.sqrt(before / (before + 1)))
    return np.concatenate(found)


def _over_covariance(within: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
    """(c, w) rows of `of` times the inverse of the shrunken covariance of differences (n, w)."""
    n, width = within.shape
    size = float((within**2).mean()) if n else 0.0
    if size <= 0:  # no class has two different rows
        return of
    share = float(ledoit_wolf_shrinkage(within, assume_centered=True)) if n > 1 else 1.0
    share = min(max(share, LEAST_SHRINKAGE), 1.0)
    round_, seen = share * size, (1 - share) / n
    if seen == 0:
        return of / round_
    if n < width:  # Woodbury's identity: a matrix of n rows is inverted, not one of all numbers
        inner = within @ within.T + (round_ / seen) * np.eye(n)
        return np.asarray((of - np.linalg.solve(inner, within @ of.T).T @ within) / round_)
    covariance = seen * within.T @ within + round_ * np.eye(width)
    return np.asarray(np.linalg.solve(covariance, of.T).T)
