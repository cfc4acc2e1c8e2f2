"""Figures of action recognition: top-1, top-5, and means over classes."""

from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from indexer.heads.judging.figures import OfClass, figures_of
from indexer.heads.models.answers import Answers

TOP = (1, 5)
"""How many of the best classes may be right."""


@dataclass(frozen=True)
class ActionFigures:
    """How well one way tells the classes of judged videos."""

    values: dict[str, float]
    """By name: top_1, top_5, mean_class_accuracy, precision_macro, recall_macro, f1_macro."""
    classes: tuple[OfClass, ...]
    """Each class, in the order of the set."""
    confusion: tuple[tuple[int, ...], ...]
    """Videos of a class, by the class that was predicted."""


def action_figures(scores: Floats, answers: Answers) -> ActionFigures:
    """Judge logits (n, c), higher is better, by what was so.

    Equal scores count against the right class: a constant answer gets no luck. Means are over the
    classes that some judged video has; `mean_class_accuracy` is the mean recall of these, another
    name of `recall_macro`.
    """
    figures = figures_of(scores, answers)
    right = scores[np.arange(len(scores)), answers.y]
    ranks = (scores >= right[:, None]).sum(axis=1)
    values = {f"top_{k}": float((ranks <= k).mean()) for k in TOP}
    values["mean_class_accuracy"] = figures.values["recall_macro"]
    for name in ("precision_macro", "recall_macro", "f1_macro"):
        values[name] = figures.values[name]
    return ActionFigures(values, figures.classes, figures.confusion)
