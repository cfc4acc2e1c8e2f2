"""Labels that are likely wrong: confident learning (Northcutt, Jiang and Chuang, 2021).

A label is doubted where a head that was not fitted on its video gives another label at least the
probability that this other label has, on average, where it was given (their equation 1). Of these
the least likely given labels come first (normalised margin, their section 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.annotations.records import Annotation
from data.arrays import Floats
from data.labels.kinds import Task
from indexer.annotation.learning import QuickHead
from indexer.heads.models.answers import NONE_OF_THEM, probabilities


@dataclass(frozen=True)
class Doubt:
    """A label that may be wrong."""

    annotation: Annotation
    """The label."""
    given: str
    """What was said; of several labels the one in doubt, `-` where one is missing."""
    likely: str
    """What the head would say; `-` for that it is not so."""
    chance: float
    """Probability of what was given, 0 to 1."""
    likely_chance: float
    """Probability of what is likely."""


def doubts(head: QuickHead) -> list[Doubt]:
    """Labels that are likely wrong, the likeliest first; none where all are of one video."""
    splits = head.lesson.splits
    if head.judged is None or splits is None:
        return []
    task, answers = head.lesson.answers.task, head.lesson.answers.some(splits.judged)
    chances = probabilities(task, head.judged.held_out)
    rows = [head.lesson.rows[place] for place in splits.judged.tolist()]
    if task is Task.SEVERAL:
        return _of_several(rows, answers.classes, answers.y, chances)
    found = [
        Doubt(
            rows[at],
            answers.classes[int(answers.y[at])],
            answers.classes[likely],
            float(chances[at, answers.y[at]]),
            float(chances[at, likely]),
        )
        for at, likely in confident_errors(chances, answers.y).items()
    ]
    return sorted(found, key=_margin)


def confident_errors(chances: Floats, given: NDArray[np.int64]) -> dict[int, int]:
    """By place, the class that an example confidently is, where another one was given.

    Args:
        chances: (n, c) held-out probabilities.
        given: (n,) the classes that were given.
    """
    n, n_classes = chances.shape
    own = chances[np.arange(n), given]
    counts = np.bincount(given, minlength=n_classes)
    sums = np.bincount(given, weights=own, minlength=n_classes)
    # A class that nobody gave is nothing that an example could be.
    least = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    confident = chances >= least
    likely = np.where(confident, chances, -1.0).argmax(axis=1)
    # What the head itself finds likeliest is no error, as their cleanlab has it as well.
    doubted = confident.any(axis=1) & (chances[np.arange(n), likely] > own)
    found = np.flatnonzero(doubted)
    return dict(zip(found.tolist(), likely[found].tolist(), strict=True))


def _of_several(
    rows: list[Annotation], classes: tuple[str, ...], y: NDArray[np.float32], chances: Floats
) -> list[Doubt]:
    """Each label by itself: given where it is not so, or missing where it is; the worst a row."""
    worst: dict[int, Doubt] = {}
    for at, label in enumerate(classes):
        two = np.stack([1 - chances[:, at], chances[:, at]], axis=1)
        given = (y[:, at] > 0.5).astype(np.int64)
        if len(np.unique(given)) < 2:
            continue
        for row, likely in confident_errors(two, given).items():
            said, would = (NONE_OF_THEM, label) if likely else (label, NONE_OF_THEM)
            own, other = float(two[row, given[row]]), float(two[row, likely])
            doubt = Doubt(rows[row], said, would, own, other)
            if row not in worst or _margin(doubt) < _margin(worst[row]):
                worst[row] = doubt
    return sorted(worst.values(), key=_margin)


def _margin(doubt: Doubt) -> float:
    return doubt.chance - doubt.likely_chance
