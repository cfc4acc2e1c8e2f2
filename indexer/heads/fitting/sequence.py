"""Fitting networks over frames in their order."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from data.arrays import Floats
from indexer.heads.fitting.network import DROPOUT, TargetLoss, train
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family, HeadModel, scaled
from indexer.heads.models.sequence import CHANGES, SequenceNet, prepared, shown

STEPS = 80
"""Batches."""


def fit_sequence(
    family: Family,
    frames: Sequence[Floats],
    columns: Floats,
    answers: Answers,
    *,
    seed: int,
    changes: bool = False,
) -> HeadModel:
    """Fit a network on the frames (t, d) of each example, and its columns (n, c).

    With `changes` it is not shown what frames look like, but how they differ from the mean of their
    example and from the frame before: what is there all the time is no part of it.
    """
    scales = {CHANGES: np.ones(1, np.float32)} if changes else {}
    every = np.concatenate(shown(frames, scales))
    scales |= {"frame_mean": every.mean(axis=0), "frame_spread": every.std(axis=0) + 1e-6}
    x, lengths = prepared(frames, scales)
    given = torch.from_numpy(np.ascontiguousarray(columns, np.float32))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = SequenceNet(
            family, every.shape[1], columns.shape[1], answers.n_outputs, dropout=DROPOUT
        )
        of_target = TargetLoss(answers)

        def loss(places: Tensor) -> Tensor:
            return of_target(net(x[places], lengths[places], given[places]), places)

        train(net, loss, len(frames), steps=STEPS)
    weights = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    return HeadModel(family, scaled({**weights, **scales}, of_target.scale, of_target.shift))
