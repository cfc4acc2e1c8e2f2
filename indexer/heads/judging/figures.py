"""Figures of predictions for rows that a head was not fitted on."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from data.arrays import Floats
from data.labels.kinds import Task
from indexer.heads.judging.calibration import calibration_error, log_loss
from indexer.heads.models.answers import Answers, probabilities

LIKELY = 0.5
"""Of several labels those are predicted that are at least as likely."""


@dataclass(frozen=True)
class OfClass:
    """Figures of one label."""

    label: str
    """The label."""
    precision: float
    """Of the rows predicted to have it, the share that has it."""
    recall: float
    """Of the rows that have it, the share that is predicted to."""
    f1: float
    """Harmonic mean of the two."""
    rows: int
    """Judged rows that have it."""


@dataclass(frozen=True)
class Figures:
    """How good predictions are."""

    n: int
    """Judged rows."""
    values: dict[str, float]
    """By name: accuracy, f1_macro, auc, mae, ...; those that cannot be computed are left out."""
    classes: tuple[OfClass, ...] = ()
    """Each label."""
    confusion: tuple[tuple[int, ...], ...] = field(default=())
    """Rows with a label, by the label that was predicted; for one of several classes only."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON gives it."""
        return {
            **{name: round(value, 6) for name, value in self.values.items()},
            "n": self.n,
            "classes": [asdict(each) for each in self.classes],
            "confusion": [list(row) for row in self.confusion],
        }


def figures_of(raw: Floats, answers: Answers) -> Figures:
    """Judge logits (n, o), or numbers (n, 1), by what was so."""
    if answers.task is Task.NUMBER:
        return Figures(len(raw), _of_numbers(raw[:, 0], answers.y))
    chances = probabilities(answers.task, raw)
    if answers.task is Task.CLASSES:
        return _of_classes(raw, chances, answers)
    return _of_several(raw, chances, answers)


def _of_numbers(given: Floats, wanted: NDArray[np.float64]) -> dict[str, float]:
    errors = given.astype(np.float64) - wanted
    values = {
        "mae": float(np.abs(errors).mean()),
        "rmse": float(np.sqrt((errors**2).mean())),
    }
    spread = float(((wanted - wanted.mean()) ** 2).sum())
    if spread > 0:
        values["r2"] = 1.0 - float((errors**2).sum()) / spread
    return values


def _of_classes(raw: Floats, chances: Floats, answers: Answers) -> Figures:
    wanted, given = answers.y, chances.argmax(axis=1)
    n_classes = len(answers.classes)
    one_hot = np.eye(n_classes, dtype=np.bool_)[wanted]
    confusion = metrics.confusion_matrix(wanted, given, labels=np.arange(n_classes))
    classes = _each(wanted, given, answers.classes)
    values = {"accuracy": float((wanted == given).mean()), **_means(classes)}
    values |= _ranking(one_hot, chances)
    values["log_loss"] = log_loss(raw, answers)
    values["calibration_error"] = calibration_error(chances.max(axis=1), wanted == given)
    return Figures(len(raw), values, classes, tuple(tuple(row) for row in confusion.tolist()))


def _of_several(raw: Floats, chances: Floats, answers: Answers) -> Figures:
    wanted, given = answers.y > LIKELY, chances >= LIKELY
    classes = tuple(
        each
        for at, label in enumerate(answers.classes)
        for each in _each(wanted[:, at].astype(int), given[:, at].astype(int), ("", label))[1:]
    )
    values = {"accuracy": float((wanted == given).mean()), **_means(classes)}
    values["exact_match"] = float((wanted == given).all(axis=1).mean())
    values |= _ranking(wanted, chances)
    values["log_loss"] = log_loss(raw, answers)
    values["calibration_error"] = calibration_error(chances.ravel(), wanted.ravel())
    return Figures(len(raw), values, classes)


def _each(wanted: NDArray[Any], given: NDArray[Any], classes: Sequence[str]) -> tuple[OfClass, ...]:
    found = metrics.precision_recall_fscore_support(
        wanted, given, labels=np.arange(len(classes)), zero_division=0.0
    )
    rows = zip(classes, *(column.tolist() for column in found), strict=True)
    return tuple(OfClass(label, p, r, f, int(n)) for label, p, r, f, n in rows)


def _means(classes: Sequence[OfClass]) -> dict[str, float]:
    """Means over the labels that some judged row has."""
    seen = [each for each in classes if each.rows] or list(classes)
    names = {"precision_macro": "precision", "recall_macro": "recall", "f1_macro": "f1"}
    return {
        name: float(np.mean([getattr(each, field_) for each in seen]))
        for name, field_ in names.items()
    }


def _ranking(wanted: NDArray[np.bool_], chances: Floats) -> dict[str, float]:
    """Area under the ROC curve and average precision, means over labels; of two the second."""
    places = range(wanted.shape[1]) if wanted.shape[1] != 2 else [1]
    known = [at for at in places if 0 < wanted[:, at].sum() < len(wanted)]
    if not known:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        areas = [metrics.roc_auc_score(wanted[:, at], chances[:, at]) for at in known]
        means = [metrics.average_precision_score(wanted[:, at], chances[:, at]) for at in known]
    return {"auc": float(np.mean(areas)), "average_precision": float(np.mean(means))}


def is_finite(figures: Figures) -> bool:
    """Whether every figure is a number."""
    return all(math.isfinite(value) for value in figures.values.values())
