"""The learning curve: how well a head does on other videos, by the number of labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Floats, Ids
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
    f1_macro: float
    """F1, mean over labels, on stretches of videos that taught nothing."""


def learning_curve(head: QuickHead) -> list[Point]:
    """Held-out F1 by number of labels, in the order in which they were given.

    Each fold of whole videos is judged by what was labelled first of all other videos. Folds, and
    what is judged, are the same at every point. Empty where all labels are of one video.
    """
    lesson, splits = head.lesson, head.lesson.splits
    if splits is None:
        return []
    judged = lesson.answers.some(splits.judged)
    found = []
    with one_thread_each():
        for n in sizes_of(len(lesson)):
            raw = np.concatenate(
                [_held_out(head, train[train < n], test) for train, test in splits.folds]
            )
            found.append(Point(n, figures_of(raw, judged).values["f1_macro"]))
    return found


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
