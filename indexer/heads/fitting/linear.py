"""Linear models, fitted by scikit-learn: logistic regression, and ridge regression of a number."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from data.arrays import Floats
from data.labels.kinds import Task
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family, HeadModel, scaled

MOST_STEPS = 3000
"""Steps of the solver at most."""
ABSENT = -12.0
"""Logit of a class that no training row has."""
TRUST = 30.0
"""How much larger than other numbers the trusted one is: a weight on it costs a thousandth.

Of 3, 10 and 30 this was best after 20 and 30 decisions about cartoons (docs/heads.md).
"""


def fit_linear(rows: Floats, answers: Answers, *, strength: float) -> HeadModel:
    """Fit one weight a number and class; `strength` is the inverse of the penalty, as `C`."""
    if answers.task is Task.NUMBER:
        mean, spread = float(answers.y.mean()), float(answers.y.std()) or 1.0
        ridge = Ridge(alpha=1.0 / strength).fit(rows, (answers.y - mean) / spread)
        arrays = {
            "weight": np.asarray(ridge.coef_, np.float32).reshape(1, -1),
            "bias": np.array([ridge.intercept_], np.float32).reshape(1),
        }
        return HeadModel(Family.LINEAR, scaled(arrays, spread, mean))
    fit = _one_of if answers.task is Task.CLASSES else _each
    weight, bias = fit(rows, answers, strength)
    return HeadModel(Family.LINEAR, scaled({"weight": weight, "bias": bias}))


def fit_towards(rows: Floats, answers: Answers, direction: Floats, *, strength: float) -> HeadModel:
    """As `fit_linear`, of rows (n, w) of which one direction (w,) is trusted from the start.

    How far a row goes in it is one more number, whose weight costs hardly any penalty; so few rows
    decide on how much it counts, and add what else they know. The result has weights of rows alone.
    """
    along = rows @ direction
    middle, spread = float(along.mean()), float(along.std()) or 1.0
    further = (TRUST * (along - middle) / spread)[:, None]
    model = fit_linear(np.concatenate([rows, further], axis=1), answers, strength=strength)
    weight, bias = model.arrays["weight"], model.arrays["bias"]
    last = weight[:, -1] * TRUST / spread
    folded = {"weight": weight[:, :-1] + np.outer(last, direction), "bias": bias - last * middle}
    return HeadModel(Family.LINEAR, {**model.arrays, **folded})


def _one_of(rows: Floats, answers: Answers, strength: float) -> tuple[Floats, Floats]:
    weight = np.zeros((answers.n_outputs, rows.shape[1]), np.float32)
    bias = np.full(answers.n_outputs, ABSENT, np.float32)
    present = np.unique(answers.y)
    bias[present] = 0.0
    if len(present) < 2:
        return weight, bias
    model = _logistic(rows, answers.y, strength)
    if len(present) == 2:
        weight[present[1]], bias[present[1]] = model.coef_[0], model.intercept_[0]
    else:
        weight[present], bias[present] = model.coef_, model.intercept_
    return weight, bias


def _each(rows: Floats, answers: Answers, strength: float) -> tuple[Floats, Floats]:
    weight = np.zeros((answers.n_outputs, rows.shape[1]), np.float32)
    bias = np.zeros(answers.n_outputs, np.float32)
    for at in range(answers.n_outputs):
        y = answers.y[:, at]
        if len(np.unique(y)) < 2:
            bias[at] = constant_logit(y)
            continue
        model = _logistic(rows, y, strength)
        weight[at], bias[at] = model.coef_[0], model.intercept_[0]
    return weight, bias


def constant_logit(y: NDArray[np.float32]) -> float:
    """The logit of a label that all rows have, or none; half a row is added to either side."""
    n = float(y.sum())
    return float(np.log((n + 0.5) / (len(y) - n + 0.5)))


def _logistic(rows: Floats, y: NDArray[np.generic], strength: float) -> LogisticRegression:
    model = LogisticRegression(C=strength, max_iter=MOST_STEPS, tol=1e-3)
    with warnings.catch_warnings():
        # Many classes of few rows are classes all the same.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        return model.fit(rows.astype(np.float64), y)
