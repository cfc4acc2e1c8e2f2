"""Which rows a model is fitted on and which ones judge it: whole videos, and no later row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from data.arrays import Ids
from data.errors import ReelwiseError
from data.labels.kinds import Task
from indexer.heads.models.answers import Answers

FOLDS = 5
"""Folds where there are as many videos."""
LEAST_LEFT = 0.5
"""A time fold gives up its earlier rows of the judged videos only where this share stays."""


@dataclass(frozen=True)
class Splits:
    """Folds of n rows."""

    folds: tuple[tuple[Ids, Ids], ...]
    """Places of the training rows and of the judged rows of each."""
    how: str
    """How they were made, a clause."""

    @property
    def judged(self) -> Ids:
        """The places that are judged, each once, fold after fold."""
        return np.concatenate([test for _, test in self.folds])


def by_video(answers: Answers, video_ids: Ids, *, folds: int = FOLDS, seed: int = 0) -> Splits:
    """Folds of whole videos, with classes in equal shares where that is possible.

    Raises:
        ReelwiseError: All rows are of one video.
    """
    n_videos = len(np.unique(video_ids))
    if n_videos < 2:
        raise ReelwiseError(
            "all rows are of one video: nothing tells how the head does on another",
            fix="label stretches of a second video, or add a column time: it is then judged on "
            "what comes later",
        )
    n = min(folds, n_videos)
    rows = np.zeros(len(answers))
    if answers.task is Task.CLASSES and np.bincount(answers.y).max() >= n:
        # With fewer rows of every class than folds scikit-learn cannot give equal shares.
        split = StratifiedGroupKFold(n, shuffle=True, random_state=seed)
        pairs = split.split(rows, _with_warning_off(answers.y, n), video_ids)
    else:
        split = GroupKFold(n, shuffle=True, random_state=seed)
        pairs = split.split(rows, None, video_ids)
    made = [(train, test) for train, test in pairs if len(train) and len(test)]
    return Splits(tuple(made), f"{n} folds of whole videos")


def _with_warning_off(y: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Labels with those that have fewer rows than folds as one: it would be warned of them."""
    counts = np.bincount(y)
    rare = counts[y] < n
    return np.where(rare, counts.argmax(), y)


def forward_in_time(video_ids: Ids, at_s: NDArray[np.float64], *, folds: int = FOLDS) -> Splits:
    """Folds one after another: each is judged by models fitted on what is earlier than all of it.

    Videos that are judged are left out of the training rows where at least half of them stay.

    Raises:
        ReelwiseError: The rows have fewer than two times.
    """
    times = np.unique(at_s)
    if len(times) < 2:
        raise ReelwiseError(
            "all rows have the same time: none is later than another",
            fix="give the times at which the labels were true, or leave the column time out",
        )
    n = min(folds, len(times) - 1)
    ordered = np.sort(at_s)
    bounds = np.unique([ordered[round(len(ordered) * (i + 1) / (n + 1))] for i in range(n)])
    bounds = bounds[bounds > times[0]] if (bounds > times[0]).any() else times[1:2]
    made = []
    for first, end in zip(bounds, [*bounds[1:], np.inf], strict=True):
        train = np.flatnonzero(at_s < first)
        test = np.flatnonzero((at_s >= first) & (at_s < end))
        made.append((train, test))
    others = [(train[~np.isin(video_ids[train], video_ids[test])], test) for train, test in made]
    apart = all(
        len(kept) >= max(2, LEAST_LEFT * len(train))
        for (kept, _), (train, _) in zip(others, made, strict=True)
    )
    how = f"{len(made)} folds, each later than all it is fitted on"
    if apart:
        return Splits(tuple(others), f"{how}, of other videos")
    return Splits(tuple(made), f"{how}; videos come back")
