"""Networks over frames in their order: a GRU, or convolutions in time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.arrays import Floats
from indexer.heads.inputs.examples import padded
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family, HeadModel, scaled
from indexer.heads.models.network import DROPOUT, TargetLoss, train

WIDTH = 64
"""Numbers that a frame is turned into."""
MOST_FRAMES = 32
"""Frames of a stretch that are looked at; of more, as many evenly spread."""
KERNEL = 3
"""Frames that one convolution looks at."""
STEPS = 80
"""Batches."""
CHANGES = "of_changes"
"""Name of an array that networks have which look at changes."""


class SequenceNet(nn.Module):
    """Frames (n, t, d), their number (n,) and columns (n, c) to outputs (n, o)."""

    def __init__(self, family: Family, dim: int, n_columns: int, n_outputs: int) -> None:
        super().__init__()
        self.recurrent = nn.GRU(dim, WIDTH, batch_first=True) if family is Family.GRU else None
        if self.recurrent is None:
            self.first = nn.Conv1d(dim, WIDTH, KERNEL, padding=KERNEL // 2)
            self.second = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2)
        self.drop = nn.Dropout(DROPOUT)
        self.out = nn.Linear(WIDTH + n_columns, n_outputs)

    def forward(self, frames: Tensor, lengths: Tensor, columns: Tensor) -> Tensor:
        """Outputs of a batch."""
        inside = torch.arange(frames.shape[1])[None, :] < lengths[:, None]
        seen = self._seen(frames * inside[:, :, None], lengths, inside)
        out: Tensor = self.out(torch.cat([self.drop(seen), columns], dim=1))
        return out

    def _seen(self, frames: Tensor, lengths: Tensor, inside: Tensor) -> Tensor:
        if self.recurrent is not None:
            states, _ = self.recurrent(self.drop(frames))
            return torch.as_tensor(states[torch.arange(len(frames)), lengths - 1])
        x = torch.relu(self.first(self.drop(frames).transpose(1, 2))) * inside[:, None, :]
        x = torch.relu(self.second(x)) * inside[:, None, :]
        return x.amax(dim=2)


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
    every = np.concatenate(_shown(frames, scales))
    scales |= {"frame_mean": every.mean(axis=0), "frame_spread": every.std(axis=0) + 1e-6}
    x, lengths = _prepared(frames, scales)
    given = torch.from_numpy(np.ascontiguousarray(columns, np.float32))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = SequenceNet(family, every.shape[1], columns.shape[1], answers.n_outputs)
        of_target = TargetLoss(answers)

        def loss(places: Tensor) -> Tensor:
            return of_target(net(x[places], lengths[places], given[places]), places)

        train(net, loss, len(frames), steps=STEPS)
    weights = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    return HeadModel(family, scaled({**weights, **scales}, of_target.scale, of_target.shift))


def sequence_raw(
    family: Family,
    arrays: Mapping[str, NDArray[Any]],
    frames: Sequence[Floats],
    columns: Floats,
) -> Floats:
    """(n, outputs) numbers of a fitted network for the frames (t, d) of n examples."""
    x, lengths = _prepared(frames, arrays)
    parts = ("recurrent.", "first.", "second.", "out.")
    names = [name for name in arrays if name.startswith(parts)]
    n_outputs = len(arrays["out.bias"])
    with torch.device("meta"):  # no weights are drawn only to be replaced
        net = SequenceNet(family, x.shape[2], columns.shape[1], n_outputs)
    weights = {name: torch.from_numpy(np.array(arrays[name])) for name in names}
    net.load_state_dict(weights, assign=True)
    net.eval()
    given = torch.from_numpy(np.ascontiguousarray(columns, np.float32))
    with torch.inference_mode():
        return np.asarray(net(x, lengths, given).numpy(), np.float32)


def _shown(frames: Sequence[Floats], scales: Mapping[str, NDArray[Any]]) -> Sequence[Floats]:
    """What of the frames is looked at."""
    if CHANGES not in scales:
        return frames
    pairs = ((each - each.mean(axis=0), np.diff(each, axis=0, prepend=each[:1])) for each in frames)
    return [np.concatenate(pair, axis=1) for pair in pairs]


def _prepared(
    frames: Sequence[Floats], scales: Mapping[str, NDArray[Any]]
) -> tuple[Tensor, Tensor]:
    longest = min(MOST_FRAMES, max(map(len, frames), default=1))
    rows, lengths = padded(_shown(frames, scales), longest)
    rows = (rows - scales["frame_mean"]) / scales["frame_spread"]
    return torch.from_numpy(rows.astype(np.float32)), torch.from_numpy(lengths)
