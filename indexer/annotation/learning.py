"""A quick head on the labels of a set: fitted in memory within a second or two, judged by video.

Of numbers a committee is fitted as well, each on rows that were drawn with repetition (bagging,
Breiman 1996): where its members disagree, the head is unsure (Krogh and Vedelsby, 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.annotations.records import Annotation
from data.arrays import Floats, Ids
from data.labels.kinds import Task
from data.labels.learnable import LEAST_ROWS
from data.labels.rows import LABEL
from indexer.heads.choosing import Candidate, Fitted, Judged, Material, candidates, fit, judge
from indexer.heads.inputs.examples import Examples
from indexer.heads.judging.splits import Splits, by_video
from indexer.heads.models.answers import Answers, answers_of, probabilities
from indexer.heads.models.model import Family
from indexer.heads.models.outputs import raw_outputs
from indexer.heads.threads import one_thread_each

QUICK = ("linear 0.03", "linear 0.3", "discriminant", "discriminant, changes")
"""What is tried for one label a stretch."""
QUICK_SEVERAL = ("linear 0.03", "linear 0.3", "linear 0.03, changes")
"""What is tried for several labels."""
QUICK_NUMBER = ("linear 0.003", "linear 0.03", "linear 0.3", "linear 0.003, changes")
"""What is tried for numbers."""
MEMBERS = 8
"""Models of a committee."""
QUICK_OF = {Task.CLASSES: QUICK, Task.SEVERAL: QUICK_SEVERAL, Task.NUMBER: QUICK_NUMBER}
FOLDS = 5


@dataclass(frozen=True)
class Lesson:
    """Labelled stretches as arrays."""

    rows: list[Annotation]
    """(n,) stretches with vectors, in the order in which they were labelled."""
    video_ids: Ids
    """(n,) their videos."""
    answers: Answers
    """(n,) their labels."""
    material: Material
    """All of it as heads are fitted on it."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def splits(self) -> Splits | None:
        """Folds of whole videos; None where all rows are of one video."""
        if len(np.unique(self.video_ids)) < 2:
            return None
        return by_video(self.answers, self.video_ids, folds=FOLDS)


@dataclass(frozen=True)
class QuickHead:
    """What the labels teach."""

    lesson: Lesson
    """What it was fitted on."""
    candidate: Candidate
    """The kind of model that was chosen."""
    fitted: Fitted
    """The model, fitted on all rows."""
    judged: Judged | None
    """Its held-out figures; None where all rows are of one video."""
    committee: tuple[Fitted, ...] = ()
    """Of numbers, the same model fitted on other draws of the rows."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels it knows."""
        return self.lesson.answers.classes

    def chances(self, examples: Examples) -> Floats:
        """(n, classes) calibrated probabilities."""
        raw = raw_outputs(self.fitted.model, self.fitted.recipe, examples)
        if self.judged is not None:
            raw = self.judged.calibration.applied(raw)
        return probabilities(self.lesson.answers.task, raw)

    def numbers(self, examples: Examples) -> tuple[Floats, Floats]:
        """(n,) numbers, and the standard deviation of what the committee says of each."""
        raw = raw_outputs(self.fitted.model, self.fitted.recipe, examples)[:, 0]
        members = [raw_outputs(each.model, each.recipe, examples)[:, 0] for each in self.committee]
        return raw, np.asarray(np.std(members, axis=0), np.float32)


def lesson_of(task: Task, rows: Sequence[Annotation], examples: Examples) -> Lesson:
    """Labelled stretches and their vectors as arrays."""
    answers = answers_of(task, [row.labels for row in rows])
    video_ids = np.array([row.video_id for row in rows], np.int64)
    every: Ids = np.arange(len(rows), dtype=np.int64)
    material = Material(examples, {}, {LABEL: (every, answers)}, video_ids, "")
    return Lesson(list(rows), video_ids, answers, material)


def is_learnable(lesson: Lesson) -> bool:
    """Whether there is something to tell apart."""
    kinds: Any = np.unique(lesson.answers.y, axis=0)
    return len(lesson) >= LEAST_ROWS and len(kinds) > 1 and lesson.answers.n_outputs > 0


def learn(lesson: Lesson) -> QuickHead | None:
    """Choose and fit a quick head; None where nothing can be told apart yet."""
    if not is_learnable(lesson):
        return None
    names = QUICK_OF[lesson.answers.task]
    every = candidates(lesson.material, LABEL, (Family.LINEAR,))
    tried = [each for each in every if each.name in names]
    with one_thread_each():
        splits, judged, chosen = lesson.splits, None, tried[0]
        if splits is not None:
            judged = judge(lesson.material, LABEL, splits, tried, lambda _: None)[0]
            chosen = judged.candidate
        fitted = fit(lesson.material, LABEL, chosen)
        return QuickHead(lesson, chosen, fitted, judged, _committee(lesson, chosen))


def _committee(lesson: Lesson, chosen: Candidate) -> tuple[Fitted, ...]:
    if lesson.answers.task is not Task.NUMBER:
        return ()
    rng, n = np.random.default_rng(0), len(lesson)
    draws = [np.sort(rng.integers(0, n, n)) for _ in range(MEMBERS)]
    return tuple(fit(lesson.material, LABEL, chosen, draw) for draw in draws)
