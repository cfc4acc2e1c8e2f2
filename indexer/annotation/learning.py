"""A quick head on the labels of a set: fitted in memory within a second or two, judged by video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.annotations.records import Annotation
from data.arrays import Floats, Ids
from data.labels.kinds import Task
from data.labels.rows import LABEL
from indexer.heads.choosing import Candidate, Fitted, Judged, Material, candidates, fit, judge
from indexer.heads.inputs.examples import Examples
from indexer.heads.judging.splits import Splits, by_video
from indexer.heads.models.answers import Answers, answers_of, probabilities
from indexer.heads.models.model import Family
from indexer.heads.models.outputs import raw_outputs
from indexer.heads.threads import one_thread_each
from indexer.heads.training import LEAST_ROWS

QUICK = ("linear 0.03", "linear 0.3", "discriminant", "discriminant, changes")
"""What is tried for one label a stretch."""
QUICK_SEVERAL = ("linear 0.03", "linear 0.3", "linear 0.03, changes")
"""What is tried for several labels."""
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
    names = QUICK if lesson.answers.task is Task.CLASSES else QUICK_SEVERAL
    every = candidates(lesson.material, LABEL, (Family.LINEAR,))
    tried = [each for each in every if each.name in names]
    with one_thread_each():
        splits = lesson.splits
        if splits is None:
            return QuickHead(lesson, tried[0], fit(lesson.material, LABEL, tried[0]), None)
        judged = judge(lesson.material, LABEL, splits, tried, lambda _: None)[0]
        fitted = fit(lesson.material, LABEL, judged.candidate)
    return QuickHead(lesson, judged.candidate, fitted, judged)
