"""Heads on the training part of a set: chosen on folds of it, fitted on all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.arrays import Floats
from data.errors import ReelwiseError
from indexer.actions.stored import StoredPart
from indexer.heads.choosing import Candidate, Material, candidates, fit, judge
from indexer.heads.judging.splits import FOLDS, by_video
from indexer.heads.models.answers import Answers, probabilities
from indexer.heads.models.model import OF_FRAMES, Family
from indexer.heads.models.outputs import raw_outputs
from indexer.heads.threads import one_thread_each

_TARGET = "action"


@dataclass(frozen=True)
class HeadWish:
    """Which heads are tried."""

    families: tuple[Family, ...] | None = None
    """Kinds of models; None for all."""
    folds: int = FOLDS
    """Folds of the comparison."""
    seed: int = 0
    """Of everything random."""


@dataclass(frozen=True)
class FittedScores:
    """What a head says of the judged videos."""

    model: str
    """The candidate that did best on folds of the training part."""
    scores: Floats
    """(n, c) logarithms of the mean probabilities of each video."""


def head_scores(
    train: StoredPart,
    answers: Answers,
    test: StoredPart,
    wish: HeadWish,
    told: Callable[[str], None],
) -> dict[str, FittedScores]:
    """By features, `clips` and `frames`, the scores of the head that does best on them.

    Folds hold out whole recordings, for clips of one look alike. Nothing is learned from the judged
    videos.

    Args:
        train: What is fitted on.
        answers: The classes of its videos.
        test: What is judged.
        wish: Which heads are tried.
        told: Is told what is being done.

    Raises:
        ReelwiseError: The training part has fewer than two classes or recordings.
    """
    if len(np.unique(answers.y)) < 2:
        raise ReelwiseError(
            "the training part has one class: there is nothing to tell apart",
            fix="--no-head measures by the names of classes alone",
        )
    rows = answers.some(train.owners)
    names = [train.videos[at].group for at in train.owners.tolist()]
    groups = np.unique(np.array(names, object).astype(str), return_inverse=True)[1]
    groups = groups.astype(np.int64)
    examples = train.examples
    if test.examples.changes is None:  # there are too many: no head may need them
        examples = replace(examples, changes=None)
    material = Material(
        examples, {}, {_TARGET: (np.arange(len(rows)), rows)}, groups, "", seed=wish.seed
    )
    found = {}
    with one_thread_each():
        splits = by_video(rows, groups, folds=wish.folds, seed=wish.seed)
        tried = candidates(material, _TARGET, wish.families)
        if not tried:
            raise ReelwiseError(
                "no model is left to try: gru and convolution look at frames",
                fix="add --features frames, or name other --models",
            )
        for features, some in _by_features(tried).items():
            judged = judge(material, _TARGET, splits, some, told)[0]
            fitted = fit(material, _TARGET, judged.candidate)
            raw = raw_outputs(fitted.model, fitted.recipe, test.examples)
            chances = probabilities(rows.task, judged.calibration.applied(raw))
            means = test.mean_of_rows(chances)
            found[features] = FittedScores(judged.candidate.name, _logarithms(means))
    return found


def _by_features(tried: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    parts = {
        "clips": [each for each in tried if each.family not in OF_FRAMES],
        "frames": [each for each in tried if each.family in OF_FRAMES],
    }
    return {name: some for name, some in parts.items() if some}


def _logarithms(chances: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(chances, 1e-30)), np.float32)
