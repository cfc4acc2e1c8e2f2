"""How far a set of labels has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from data.annotations.records import Annotation, LabelSet
from data.labels.kinds import Task


@dataclass(frozen=True)
class Numbers:
    """The numbers that stretches have."""

    least: float
    """The lowest."""
    mean: float
    """Their mean."""
    most: float
    """The highest."""


@dataclass(frozen=True)
class Progress:
    """How far a set has come."""

    labelled: int
    """Stretches that have a label now."""
    skipped: int
    """Stretches that were skipped."""
    videos: int
    """Videos with a label."""
    counts: dict[str, int]
    """By label, stretches that have it; every label that is offered is there. None of numbers."""
    numbers: Numbers | None = None
    """The numbers that were given; None of words, and where none was."""


def progress_of(known: LabelSet, current: Sequence[Annotation]) -> Progress:
    """How far a set has come."""
    labelled = [each for each in current if each.kind == "label"]
    videos = len({each.video_id for each in labelled})
    counts, numbers = dict.fromkeys(known.labels, 0), None
    if known.task is Task.NUMBER:
        given = [float(each.labels[0]) for each in labelled]
        numbers = Numbers(min(given), fmean(given), max(given)) if given else None
    else:
        for each in labelled:
            for label in each.labels:
                counts[label] = counts.get(label, 0) + 1
    return Progress(len(labelled), len(current) - len(labelled), videos, counts, numbers)


def newest_at(rows: Sequence[Annotation]) -> datetime | None:
    """When something was said last; None where nothing was."""
    return max((each.at for each in rows), default=None)
