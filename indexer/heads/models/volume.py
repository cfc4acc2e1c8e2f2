"""A network of convolutions in space and time over small pictures: it sees what moves, and where.

Blocks of R(2+1)D (Tran et al., 2018): each convolves in space, then in time. Labelled stretches are
few and places differ, so the network is not shown what stands still: its channels are how each
picture differs from the mean of its stretch and from the picture before, and where it is.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.arrays import Floats
from indexer.heads.inputs.volumes import Volumes
from indexer.heads.models.model import HeadModel

WIDTH = 16
"""Channels of the first block; each further one has twice as many."""
STRIDES = ((1, 2), (1, 2), (2, 2))
"""Of each block, in time and in space."""
CHANNELS = 5
"""Two differences, and time, height and width."""
CONTRAST = 3.0
"""Differences are so many times larger: they are small beside brightness from 0 to 1."""
AT_ONCE = 256
"""Stretches that are judged together."""
PREFIX = "net."
"""Names of the arrays of the network."""


class VolumeNet(nn.Module):
    """Brightness from 0 to 1 (n, t, h, w) and columns (n, c) to outputs (n, o).

    While it is fitted, a share `dropout` of its activations is left out in each step.
    """

    def __init__(self, n_columns: int, n_outputs: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = CHANNELS
        for at, (in_time, in_space) in enumerate(STRIDES):
            out = WIDTH * 2**at
            layers += _block(width, out, (1, 3, 3), (1, in_space, in_space))
            layers += _block(out, out, (3, 1, 1), (in_time, 1, 1))
            width = out
        self.body = nn.Sequential(*layers)
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(2 * width + n_columns, n_outputs)

    def forward(self, bright: Tensor, columns: Tensor) -> Tensor:
        """Outputs of a batch."""
        seen = self.body(_channels(bright))
        told = torch.cat([seen.mean(dim=(2, 3, 4)), seen.amax(dim=(2, 3, 4))], dim=1)
        out: Tensor = self.out(torch.cat([self.drop(told), columns], dim=1))
        return out


def _block(
    n_in: int, n_out: int, kernel: tuple[int, int, int], stride: tuple[int, int, int]
) -> list[nn.Module]:
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    convolution = nn.Conv3d(n_in, n_out, kernel, stride=stride, padding=padding, bias=False)
    return [convolution, nn.BatchNorm3d(n_out), nn.ReLU()]


def _channels(bright: Tensor) -> Tensor:
    """(n, 5, t, h, w): what changes, and where each number is from -1 to 1."""
    of_mean = bright - bright.mean(dim=1, keepdim=True)
    of_last = torch.diff(bright, dim=1, prepend=bright[:, :1])
    lines = [torch.linspace(-1, 1, n) for n in bright.shape[1:]]
    where = torch.stack(torch.meshgrid(*lines, indexing="ij"))
    changes = CONTRAST * torch.stack([of_mean, of_last], dim=1)
    return torch.cat([changes, where[None].expand(len(bright), -1, -1, -1, -1)], dim=1)


def brightness(volumes: Tensor) -> Tensor:
    """uint8 volumes as numbers from 0 to 1."""
    return volumes.float() / 255


def volume_raw(
    arrays: Mapping[str, NDArray[Any]], volumes: Volumes, rows: Floats, of_vector: int
) -> Floats:
    """(n, outputs) numbers of a fitted network, and of a linear model where one is beside it.

    Args:
        arrays: Of the model.
        volumes: (n, t, h, w) small pictures.
        rows: (n, w) vectors and columns, of one scale.
        of_vector: Where the columns begin.
    """
    state = {k.removeprefix(PREFIX): a for k, a in arrays.items() if k.startswith(PREFIX)}
    with torch.device("meta"):  # no weights are drawn only to be replaced
        net = VolumeNet(rows.shape[1] - of_vector, len(state["out.bias"]))
    net.load_state_dict({k: torch.from_numpy(np.array(a)) for k, a in state.items()}, assign=True)
    net.eval()
    given = torch.from_numpy(np.ascontiguousarray(rows[:, of_vector:], np.float32))
    shown = torch.from_numpy(np.ascontiguousarray(volumes))
    with torch.inference_mode():
        parts = [
            net(brightness(some), columns)
            for some, columns in zip(
                torch.split(shown, AT_ONCE), torch.split(given, AT_ONCE), strict=True
            )
        ]
    out = np.asarray(torch.cat(parts).numpy(), np.float32)
    if "beside_weight" in arrays:
        out = out * arrays["share"] + rows @ arrays["beside_weight"].T + arrays["beside_bias"]
    return np.asarray(out, np.float32)


def beside(
    model: HeadModel, linear: HeadModel, volumes: Volumes, rows: Floats, of_vector: int
) -> HeadModel:
    """A network and a linear model over vectors as one: what they say is brought to one scale.

    Args:
        model: The network.
        linear: The other, of the same answers.
        volumes: (n, t, h, w) small pictures that both were fitted on.
        rows: (n, w) vectors and columns of the same.
        of_vector: Where the columns begin.
    """
    scale, shift = model.arrays["scale"], model.arrays["shift"]
    slope = linear.arrays["scale"] / scale
    weight = linear.arrays["weight"] * slope
    bias = linear.arrays["bias"] * slope + (linear.arrays["shift"] - shift) / scale
    own = float(volume_raw(model.arrays, volumes, rows, of_vector).std()) or 1.0
    other = float((rows @ weight.T + bias).std()) or 1.0
    shares = (0.5, 0.5) if weight.shape[0] == 1 else (1 / own, 1 / other)
    told = {
        "share": np.array([shares[0]], np.float32),
        "beside_weight": (weight * shares[1]).astype(np.float32),
        "beside_bias": (bias * shares[1]).astype(np.float32),
    }
    return HeadModel(model.family, {**model.arrays, **told})
