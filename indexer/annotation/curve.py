"""The learning curve: how well a head does on other videos, by the number of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats, Ids
from data.labels.kinds import Task
from data.labels.rows import LABEL
from indexer.annotation.learning import Lesson, QuickHead
from indexer.heads.choosing import fit
from indexer.heads.inputs.examples import Examples
from indexer.heads.judging.figures import figures_of
from indexer.heads.models.outputs import raw_outputs
from indexer.heads.threads import one_thread_each

POINTS = 8
"""Points of a curve at most."""
LEAST_LABELS = 4
"""The first point."""


@dataclass(frozen=True)
class Point:
    """One point of a learning curve."""

    labels: int
    """Labels, the first ones that were given."""
    f1_macro: float | None = None
    """F1, mean over labels, on stretches of videos that taught nothing; None of numbers."""
    mae: float | None = None
    """Of numbers, the mean absolute error on the same."""
    mae_of_mean: float | None = None
    """That of the mean of what taught, which knows nothing of the stretch."""


def learning_curve(head: QuickHead) -> list[Point]:
    """Held-out F1, or error of numbers, by number of labels, in the order in which they were given.

    Each fold of whole videos is judged by what was labelled first of all other videos. Folds, and
    what is judged, are the same at every point. Empty where all labels are of one video. Of numbers
    it begins where something of other videos is labelled for every fold.
    """
    lesson, splits = head.lesson, head.lesson.splits
    if splits is None:
        return []
    judged, found = lesson.answers.some(splits.judged), []
    is_number = lesson.answers.task is Task.NUMBER
    with one_thread_each():
        for n in sizes_of(len(lesson)):
            taught = [(train[train < n], test) for train, test in splits.folds]
            if is_number and not all(len(train) for train, _ in taught):
                continue
            raw = np.concatenate([_held_out(head, *fold) for fold in taught])
            values = figures_of(raw, judged).values
            if is_number:
                found.append(Point(n, mae=values["mae"], mae_of_mean=_of_mean(lesson, taught)))
            else:
                found.append(Point(n, values["f1_macro"]))
    return found


def _of_mean(lesson: Lesson, folds: Sequence[tuple[Ids, Ids]]) -> float:
    """The mean absolute error of the mean of what each fold teaches."""
    y = lesson.answers.y
    errors = [np.abs(y[test] - y[train].mean()) for train, test in folds]
    return float(np.concatenate(errors).mean())


def sizes_of(n: int) -> list[int]:
    """Numbers of labels, each some times the one before, the last one all."""
    least = min(LEAST_LABELS, n)
    steps = np.geomspace(least, n, min(POINTS, n - least + 1)).round().astype(int)
    return sorted(set(steps.tolist()))


def _held_out(head: QuickHead, train: Ids, test: Ids) -> Floats:
    lesson = head.lesson
    if not len(train):
        return np.zeros((len(test), lesson.answers.n_outputs), np.float32)
    fitted = fit(lesson.material, LABEL, head.candidate, train)
    return raw_outputs(fitted.model, fitted.recipe, _some(lesson, test))


def _some(lesson: Lesson, places: Ids) -> Examples:
    return lesson.material.examples.some(places)
