"""Networks over frames in their order: a GRU, or convolutions in time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.arrays import Floats
from indexer.heads.inputs.examples import padded
from indexer.heads.models.model import Family

WIDTH = 64
"""Numbers that a frame is turned into."""
MOST_FRAMES = 32
"""Frames of a stretch that are looked at; of more, as many evenly spread."""
KERNEL = 3
"""Frames that one convolution looks at."""
CHANGES = "of_changes"
"""Name of an array that networks have which look at changes."""


class SequenceNet(nn.Module):
    """Frames (n, t, d), their number (n,) and columns (n, c) to outputs (n, o).

    While it is fitted, a share `dropout` of its activations is left out in each step.
    """

    def __init__(
        self, family: Family, dim: int, n_columns: int, n_outputs: int, *, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.recurrent = nn.GRU(dim, WIDTH, batch_first=True) if family is Family.GRU else None
        if self.recurrent is None:
            self.first = nn.Conv1d(dim, WIDTH, KERNEL, padding=KERNEL // 2)
            self.second = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2)
        self.drop = nn.Dropout(dropout)
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


def sequence_raw(
    family: Family,
    arrays: Mapping[str, NDArray[Any]],
    frames: Sequence[Floats],
    columns: Floats,
) -> Floats:
    """(n, outputs) numbers of a fitted network for the frames (t, d) of n examples."""
    x, lengths = prepared(frames, arrays)
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


def shown(frames: Sequence[Floats], scales: Mapping[str, NDArray[Any]]) -> Sequence[Floats]:
    """What of the frames is looked at."""
    if CHANGES not in scales:
        return frames
    pairs = ((each - each.mean(axis=0), np.diff(each, axis=0, prepend=each[:1])) for each in frames)
    return [np.concatenate(pair, axis=1) for pair in pairs]


def prepared(frames: Sequence[Floats], scales: Mapping[str, NDArray[Any]]) -> tuple[Tensor, Tensor]:
    """Frames of one scale (n, t, d), zeros after the last of each, and their number (n,)."""
    longest = min(MOST_FRAMES, max(map(len, frames), default=1))
    rows, lengths = padded(shown(frames, scales), longest)
    rows = (rows - scales["frame_mean"]) / scales["frame_spread"]
    return torch.from_numpy(rows.astype(np.float32)), torch.from_numpy(lengths)
