"""A small network in torch with two hidden layers, which several heads may share."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from data.arrays import Floats
from data.labels.kinds import Task
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family, HeadModel, scaled

HIDDEN = (64, 32)
"""Width of the two hidden layers."""
DROPOUT = 0.3
"""Share of activations that are left out in each step."""
STEPS = 120
"""Batches."""
BATCH = 256
"""Examples of a batch at most."""
RATE = 6e-3
"""Learning rate of AdamW (Loshchilov & Hutter, 2019)."""
DECAY = 3e-2
"""Its weight decay."""


def fit_network(rows: Floats, targets: Sequence[Answers], *, seed: int) -> list[HeadModel]:
    """Fit one trunk with an output layer for each of some targets of the same examples.

    A row without a label of a target has -1 there (NaN for numbers and several labels), and counts
    for the others.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        trunk, outputs = _modules(rows.shape[1], targets)
        losses = [TargetLoss(each) for each in targets]
        x = torch.from_numpy(np.ascontiguousarray(rows, np.float32))

        def loss(places: Tensor) -> Tensor:
            hidden = trunk(x[places])
            parts = [each(out(hidden), places) for out, each in zip(outputs, losses, strict=True)]
            return torch.stack(parts).sum()

        train(nn.ModuleList([trunk, *outputs]), loss, len(rows))
    hidden = [layer for layer in trunk if isinstance(layer, nn.Linear)]
    return [_as_model([*hidden, out], each) for out, each in zip(outputs, losses, strict=True)]


def _modules(width: int, targets: Sequence[Answers]) -> tuple[nn.Sequential, list[nn.Linear]]:
    layers: list[nn.Module] = []
    for hidden in HIDDEN:
        layers += [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(DROPOUT)]
        width = hidden
    return nn.Sequential(*layers), [nn.Linear(width, each.n_outputs) for each in targets]


class TargetLoss:
    """The loss of one target, rows without a label left out."""

    def __init__(self, answers: Answers) -> None:
        self._task = answers.task
        y = np.asarray(answers.y)
        self.scale, self.shift = 1.0, 0.0
        if answers.task is Task.NUMBER:
            self.scale, self.shift = float(np.nanstd(y)) or 1.0, float(np.nanmean(y))
            y = (y - self.shift) / self.scale
        kind = np.int64 if answers.task is Task.CLASSES else np.float32
        self._y = torch.from_numpy(np.ascontiguousarray(y, kind))

    def __call__(self, out: Tensor, places: Tensor) -> Tensor:
        """Mean over the rows that have a label."""
        y = self._y[places]
        if self._task is Task.CLASSES:
            known = y >= 0
            total = functional.cross_entropy(out[known], y[known], reduction="sum")
        elif self._task is Task.SEVERAL:
            known = ~torch.isnan(y[:, 0])
            total = functional.binary_cross_entropy_with_logits(
                out[known], y[known], reduction="sum"
            )
        else:
            known = ~torch.isnan(y)
            total = functional.mse_loss(out[known, 0], y[known], reduction="sum")
        return total / known.sum().clamp(min=1)


def train(
    module: nn.Module, loss: Callable[[Tensor], Tensor], n: int, *, steps: int = STEPS
) -> None:
    """Lower a loss of n examples in random batches, with a falling rate; dropout is off after."""
    optimiser = torch.optim.AdamW(module.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=steps)
    module.train()
    for _ in range(steps):
        places = torch.randperm(n)[:BATCH] if n > BATCH else torch.arange(n)
        optimiser.zero_grad()
        torch.autograd.backward(loss(places))
        optimiser.step()
        schedule.step()
    module.eval()


def _as_model(layers: Sequence[nn.Linear], loss: TargetLoss) -> HeadModel:
    arrays = {}
    for at, layer in enumerate(layers):
        arrays[f"weight_{at}"] = layer.weight.detach().numpy().copy()
        arrays[f"bias_{at}"] = layer.bias.detach().numpy().copy()
    return HeadModel(Family.NETWORK, scaled(arrays, loss.scale, loss.shift))
