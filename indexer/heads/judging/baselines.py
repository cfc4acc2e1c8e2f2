"""The simplest guesses, judged on the same rows: what a head has to beat."""

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats, Ids
from data.labels.kinds import Task
from indexer.heads.judging.figures import Figures, figures_of
from indexer.heads.judging.splits import Splits
from indexer.heads.models.answers import Answers


def baselines(
    answers: Answers, splits: Splits, video_ids: Ids, at_s: NDArray[np.float64] | None
) -> dict[str, Figures]:
    """Figures of each baseline by its name.

    `frequency` says of every row what the training rows have, however often; `mean` is their mean;
    `last_value` is the newest earlier value of the same video, else of any.
    """
    judged = answers.some(splits.judged)
    raw = np.concatenate([_usual(answers.some(train), len(test)) for train, test in splits.folds])
    name = "mean" if answers.task is Task.NUMBER else "frequency"
    found = {name: figures_of(raw, judged)}
    if answers.task is Task.NUMBER and at_s is not None:
        last = _last_values(answers.y, video_ids, at_s)[splits.judged]
        found["last_value"] = figures_of(last[:, None].astype(np.float32), judged)
    return found


def _usual(train: Answers, n: int) -> Floats:
    """(n, o) logits, or numbers, that only know how often each label is."""
    if train.task is Task.NUMBER:
        return np.full((n, 1), train.y.mean(), np.float32)
    if train.task is Task.CLASSES:
        counts = np.bincount(train.y, minlength=train.n_outputs) + 0.5
        return np.tile(np.log(counts).astype(np.float32), (n, 1))
    yes = train.y.sum(axis=0) + 0.5
    logits = np.log(yes / (len(train) + 1.0 - yes))
    return np.tile(logits.astype(np.float32), (n, 1))


def _last_values(
    y: NDArray[np.float64], video_ids: Ids, at_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) the newest value before each row; the mean of all where nothing is earlier."""
    out = np.full(len(y), y.mean())
    newest: dict[int, float] = {}
    newest_of_all: float | None = None
    order = np.argsort(at_s, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(at_s[order])) + 1):
        for place in group:
            known = newest.get(int(video_ids[place]), newest_of_all)
            out[place] = out[place] if known is None else known
        for place in group:
            newest[int(video_ids[place])] = newest_of_all = float(y[place])
    return out
