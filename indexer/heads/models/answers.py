"""What is to be predicted, as arrays, and what a model's numbers mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids
from data.labels.kinds import NONE_OF_THEM, Task


@dataclass(frozen=True)
class Answers:
    """The labels of n examples."""

    task: Task
    """What they are."""
    classes: tuple[str, ...]
    """The labels there are, in order; none for numbers."""
    y: NDArray[Any]
    """(n,) places in `classes`; (n, classes) 0 and 1 for several labels; (n,) numbers."""

    def __len__(self) -> int:
        return len(self.y)

    @property
    def n_outputs(self) -> int:
        """How many numbers a model gives for an example."""
        return 1 if self.task is Task.NUMBER else len(self.classes)

    def some(self, places: Ids) -> "Answers":
        """Those at some places."""
        return Answers(self.task, self.classes, self.y[places])


def answers_of(task: Task, labels: Sequence[tuple[str, ...]]) -> Answers:
    """Turn the labels of rows into arrays; each row has at least one."""
    if task is Task.NUMBER:
        return Answers(task, (), np.array([float(each[0]) for each in labels]))
    none = {NONE_OF_THEM} if task is Task.SEVERAL else set()
    classes = tuple(sorted({label for each in labels for label in each} - none))
    place = {label: at for at, label in enumerate(classes)}
    if task is Task.CLASSES:
        return Answers(task, classes, np.array([place[each[0]] for each in labels], np.int64))
    y = np.zeros((len(labels), len(classes)), np.float32)
    for row, each in enumerate(labels):
        y[row, [place[label] for label in each if label in place]] = 1.0
    return Answers(task, classes, y)


def probabilities(task: Task, raw: Floats) -> Floats:
    """(n, classes) probabilities of a model's (n, classes) logits."""
    x = np.asarray(raw, np.float64)
    if task is Task.SEVERAL:
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -60, 60))), np.float32)
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(x / x.sum(axis=1, keepdims=True), np.float32)


def log_odds(raw: Floats) -> Floats:
    """(n, classes) log-odds of each class against all others, from logits of one of several."""
    x = np.asarray(raw, np.float64)
    out = np.empty(x.shape, np.float32)
    for at in range(x.shape[1]):
        others = np.delete(x, at, axis=1)
        most = others.max(axis=1, keepdims=True)
        out[:, at] = x[:, at] - (most[:, 0] + np.log(np.exp(others - most).sum(axis=1)))
    return out
