"""Logits as probabilities that are right as often as they say, fitted on held-out folds.

Temperature scaling (Guo et al., 2017) for one of several classes, Platt scaling (Platt, 1999) for
each of several labels, and the spread of held-out errors for numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from data.arrays import Floats, Ids
from data.labels.kinds import Task
from indexer.heads.models.answers import Answers, probabilities

BINS = 10
"""Bins of equal width of the expected calibration error."""
LEAST_ROWS = 10
"""Fewer held-out rows than this calibrate nothing."""
_PRIOR = 1e-2
"""Pull of slope and temperature towards 1, a row's share: few rows do not make one sure."""


@dataclass(frozen=True)
class Calibration:
    """What turns the logits of a model into calibrated ones: a slope and a shift an output."""

    slope: Floats
    """(o,) factors."""
    shift: Floats
    """(o,) what is added then."""

    def applied(self, raw: Floats) -> Floats:
        """(n, o) calibrated logits."""
        return np.asarray(raw * self.slope + self.shift, np.float32)


def no_calibration(n_outputs: int) -> Calibration:
    """Leaves logits, and numbers, as they are."""
    return Calibration(np.ones(n_outputs, np.float32), np.zeros(n_outputs, np.float32))


def fit_calibration(raw: Floats, answers: Answers) -> Calibration:
    """Fit on the held-out logits (n, o) of some examples."""
    if answers.task is Task.NUMBER or len(raw) < LEAST_ROWS:
        return no_calibration(answers.n_outputs)
    if answers.task is Task.CLASSES:
        return _temperature(raw, answers.y)
    pairs = [_platt(raw[:, at], answers.y[:, at]) for at in range(answers.n_outputs)]
    return Calibration(
        np.array([slope for slope, _ in pairs], np.float32),
        np.array([shift for _, shift in pairs], np.float32),
    )


def calibrated_by_others(raw: Floats, answers: Answers, parts: Sequence[Ids]) -> Floats:
    """Held-out logits, each part calibrated by all others: its figures are honest."""
    out = raw.copy()
    every = np.arange(len(raw))
    for part in parts:
        others = np.setdiff1d(every, part)
        out[part] = fit_calibration(raw[others], answers.some(others)).applied(raw[part])
    return out


def _temperature(raw: Floats, y: NDArray[np.int64]) -> Calibration:
    n, n_outputs = raw.shape
    logits = raw.astype(np.float64)
    # As Platt's targets: one more row of each class. Rows that a model never gets wrong would else
    # make it as sure as it can be said.
    wanted = np.full((n, n_outputs), 1 / (n + n_outputs))
    wanted[np.arange(n), y] += n / (n + n_outputs)

    def loss(log_slope: float) -> float:
        x = logits * np.exp(log_slope)
        top = x.max(axis=1)
        total = top + np.log(np.exp(x - top[:, None]).sum(axis=1)) - (wanted * x).sum(axis=1)
        return float(total.mean() + _PRIOR * log_slope**2)

    found = minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded")
    return Calibration(
        np.full(n_outputs, np.exp(found.x), np.float32), np.zeros(n_outputs, np.float32)
    )


def _platt(raw: Floats, y: Floats) -> tuple[float, float]:
    logits, n = raw.astype(np.float64), len(y)
    # Platt's targets: one more row of each side.
    n_yes = float(y.sum())
    wanted = np.where(y > 0.5, (n_yes + 1) / (n_yes + 2), 1 / (n - n_yes + 2))

    def loss(x: NDArray[np.float64]) -> float:
        z = logits * np.exp(x[0]) + x[1]
        total = np.logaddexp(0.0, z) - wanted * z
        return float(total.mean() + _PRIOR * (x[0] ** 2 + 0.1 * x[1] ** 2))

    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-4, 4), (-20, 20)])
    return float(np.exp(found.x[0])), float(found.x[1])


def calibration_error(chances: Floats, happened: NDArray[np.bool_]) -> float:
    """Expected calibration error (Naeini et al., 2015) of n statements with these probabilities."""
    bins = np.minimum((chances * BINS).astype(np.int64), BINS - 1)
    error = 0.0
    for each in np.unique(bins):
        mine = bins == each
        error += mine.mean() * abs(float(chances[mine].mean()) - float(happened[mine].mean()))
    return float(error)


def log_loss(raw: Floats, answers: Answers) -> float:
    """Mean negative logarithm of the probability of what was so; RMSE for numbers."""
    if answers.task is Task.NUMBER:
        return float(np.sqrt(np.mean((raw[:, 0] - answers.y) ** 2)))
    chances = np.clip(probabilities(answers.task, raw).astype(np.float64), 1e-7, 1 - 1e-7)
    if answers.task is Task.CLASSES:
        return float(-np.log(chances[np.arange(len(raw)), answers.y]).mean())
    y = answers.y
    return float(-(y * np.log(chances) + (1 - y) * np.log(1 - chances)).mean())
