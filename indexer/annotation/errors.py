"""Labels that are likely wrong: confident learning (Northcutt, Jiang and Chuang, 2021).

A label is doubted where a head that was not fitted on its video gives another label at least the
probability that this other label has, on average, where it was given (their equation 1). Of these
the least likely given labels come first (normalised margin, their section 4.2).

A number is doubted where a head that was not fitted on its video misses it by far more than is
usual: its modified z-score is above 3.5 (Iglewicz and Hoaglin, 1993). One number that is far off
draws what is said of others with it, so all are judged once more by heads that were not taught what
was doubted at first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.annotations.records import Annotation
from data.arrays import Floats, Ids
from data.labels.kinds import NONE_OF_THEM, Task
from data.labels.rows import LABEL
from indexer.annotation.learning import QuickHead
from indexer.heads.choosing import fit
from indexer.heads.judging.splits import Splits
from indexer.heads.models.answers import probabilities
from indexer.heads.models.outputs import raw_outputs
from indexer.heads.threads import one_thread_each

MOST_USUAL = 3.5
"""Modified z-score of an error above which a number is doubted."""
SPREAD_OF_MEDIAN, SPREAD_OF_MEAN = 1.4826, 1.2533
"""Standard deviations of a normal distribution a median, and a mean, absolute deviation."""


@dataclass(frozen=True)
class Doubt:
    """A label that may be wrong."""

    annotation: Annotation
    """The label."""
    given: str
    """What was said; of several labels the one in doubt, `-` where one is missing."""
    likely: str
    """What the head would say; `-` for that it is not so."""
    chance: float | None = None
    """Probability of what was given, 0 to 1; None of numbers."""
    likely_chance: float | None = None
    """Probability of what is likely; None of numbers."""
    times_usual: float | None = None
    """Of numbers, how many times the usual error what is likely is away; None of words."""


def doubts(head: QuickHead) -> list[Doubt]:
    """Labels that are likely wrong, the likeliest first; none where all are of one video."""
    splits = head.lesson.splits
    if head.judged is None or splits is None:
        return []
    task, answers = head.lesson.answers.task, head.lesson.answers.some(splits.judged)
    rows = [head.lesson.rows[place] for place in splits.judged.tolist()]
    if task is Task.NUMBER:
        return _of_numbers(head, rows, splits)
    chances = probabilities(task, head.judged.held_out)
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
    assert doubt.chance is not None
    assert doubt.likely_chance is not None
    return doubt.chance - doubt.likely_chance


def _without(head: QuickHead, splits: Splits, left_out: Ids) -> Floats:
    """(j,) what is said of the judged numbers by heads that some rows taught nothing."""
    lesson, said = head.lesson, []
    with one_thread_each():
        for train, test in splits.folds:
            taught = np.setdiff1d(train, left_out)
            if len(taught) == 0:
                taught = train
            fitted = fit(lesson.material, LABEL, head.candidate, taught)
            examples = lesson.material.examples.some(test)
            said.append(raw_outputs(fitted.model, fitted.recipe, examples)[:, 0])
    return np.concatenate(said)


def modified_z_scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) how far each is from the median, in robust standard deviations; all 0 without any.

    The median of the distances tells these, or, where more than half are the same, their mean.
    """
    away = np.abs(values - np.median(values))
    usual = SPREAD_OF_MEDIAN * float(np.median(away)) or SPREAD_OF_MEAN * float(away.mean())
    return away / usual if usual else np.zeros_like(away)


def _of_numbers(head: QuickHead, rows: list[Annotation], splits: Splits) -> list[Doubt]:
    """Numbers that are missed by more than is usual, by the most first."""
    assert head.judged is not None
    given, held_out = head.lesson.answers.y[splits.judged], head.judged.held_out[:, 0]
    at_first = modified_z_scores(given - held_out) > MOST_USUAL
    if at_first.any():
        held_out = _without(head, splits, splits.judged[at_first])
    scores = modified_z_scores(given - held_out)
    found = [
        Doubt(
            rows[at],
            rows[at].labels[0],
            f"{held_out[at]:.4g}",
            times_usual=float(scores[at]),
        )
        for at in np.flatnonzero(scores > MOST_USUAL).tolist()
    ]
    return sorted(found, key=lambda each: -(each.times_usual or 0.0))
