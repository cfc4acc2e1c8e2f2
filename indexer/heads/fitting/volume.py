"""Fitting a network over small pictures: as long as it gets better about videos kept aside."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from data.arrays import Floats, Ids
from indexer.heads.fitting.network import DROPOUT, TargetLoss
from indexer.heads.inputs.volumes import Volumes
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family, HeadModel, scaled
from indexer.heads.models.volume import PREFIX, VolumeNet, brightness

STEPS, MOST_STEPS = 240, 1200
"""Batches at most: of few stretches, and of however many."""
PASSES = 3
"""Of more stretches, how often each is seen at most."""
CHECK = 20
"""Batches between two looks at the videos that were kept aside."""
PATIENCE = 4
"""Looks without a lower loss, after which it stops."""
ASIDE = 0.2
"""Share of the videos that is kept aside to know when to stop."""
LEAST_ROWS, LEAST_VIDEOS = 80, 5
"""With fewer none is kept aside, for too few would be there to tell, and it does not stop early."""
LEAST_STEPS = 100
"""It learns for as many batches at least."""
BATCH = 32
"""Stretches of a batch."""
RATE, DECAY = 1.2e-2, 3e-2
"""Learning rate and weight decay of AdamW (Loshchilov & Hutter, 2019)."""
AVERAGED = 0.95
"""Share of the mean of the weights that stays at each batch; the mean is what predicts."""
SHIFT_PX = 2
"""Pictures are moved by as much each way at most."""
LEAST_GAIN, GAINS = 0.7, 0.6
"""Contrast is changed by 0.7 to 1.3. No picture is mirrored: a label may be `left`."""


@dataclass(frozen=True)
class _Lesson:
    """What is learned from."""

    volumes: Tensor
    """(n, t, h, w) uint8."""
    columns: Tensor
    """(n, c)."""
    loss: TargetLoss
    """Of the labels."""
    n_outputs: int
    """Numbers of a label."""

    def loss_of(self, net: VolumeNet, places: Tensor) -> float:
        """Mean over some places, as they are."""
        with torch.inference_mode():
            parts = [
                float(self.loss(net(brightness(self.volumes[some]), self.columns[some]), some))
                * len(some)
                for some in torch.split(places, 256)
            ]
        return sum(parts) / len(places)


def fit_volume(
    volumes: Volumes, columns: Floats, answers: Answers, videos: Ids, *, seed: int
) -> HeadModel:
    """Fit a network; of enough rows, some videos are kept aside and tell when to stop.

    Args:
        volumes: (n, t, h, w) small pictures.
        columns: (n, c) further numbers of each.
        answers: n labels.
        videos: (n,) the video of each.
        seed: Of everything random.
    """
    target = TargetLoss(answers)
    given = torch.from_numpy(np.ascontiguousarray(columns, np.float32))
    shown = torch.from_numpy(np.ascontiguousarray(volumes))
    lesson = _Lesson(shown, given, target, answers.n_outputs)
    most = min(MOST_STEPS, max(STEPS, PASSES * len(volumes) // BATCH))
    kept = np.isin(videos, _aside(videos, seed), invert=True)
    inside = torch.from_numpy(kept)
    every = torch.arange(len(volumes))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = _fitted(lesson, every[inside], every[~inside], most)
    weights = {f"{PREFIX}{k}": value.numpy().copy() for k, value in net.state_dict().items()}
    return HeadModel(Family.VOLUME, scaled(weights, target.scale, target.shift))


def _aside(videos: Ids, seed: int) -> Ids:
    known = np.unique(videos)
    if len(videos) < LEAST_ROWS or len(known) < LEAST_VIDEOS:
        return known[:0]
    mixed = np.random.default_rng(seed).permutation(known)
    return mixed[: max(1, round(ASIDE * len(known)))]


def _fitted(lesson: _Lesson, places: Tensor, aside: Tensor, steps: int) -> VolumeNet:
    """The mean of the weights where its loss of what is aside was least, else after all batches."""
    net = VolumeNet(lesson.columns.shape[1], lesson.n_outputs, dropout=DROPOUT)
    net.to(memory_format=torch.channels_last_3d)  # so convolutions take two thirds of the time
    mean = deepcopy(net).eval()
    pairs = _pairs(mean, net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=steps)
    net.train()
    least, best, best_step = float("inf"), mean, 0
    for step in range(1, steps + 1):
        some = places[torch.randperm(len(places))[:BATCH]]
        shown = _moved(brightness(lesson.volumes[some]), SHIFT_PX)
        shown = shown * (LEAST_GAIN + GAINS * torch.rand(len(some), 1, 1, 1))
        optimiser.zero_grad()
        torch.autograd.backward(lesson.loss(net(shown, lesson.columns[some]), some))
        optimiser.step()
        schedule.step()
        _average(pairs, min(AVERAGED, 1 - 1 / (step + 1)))
        if len(aside) and step >= LEAST_STEPS and step % CHECK == 0:
            loss = lesson.loss_of(mean, aside)
            if loss < least:
                least, best, best_step = loss, deepcopy(mean), step
            elif step - best_step >= PATIENCE * CHECK:
                break
    return best


def _moved(bright: Tensor, most_px: int) -> Tensor:
    """Each (t, h, w) moved by up to so many pixels each way, its edges repeated."""
    height, width = bright.shape[-2:]
    wide = functional.pad(bright, (most_px,) * 4, mode="replicate")
    places = torch.randint(0, 2 * most_px + 1, (len(bright), 2)).tolist()
    each = zip(wide, places, strict=True)
    return torch.stack([one[:, y : y + height, x : x + width] for one, (y, x) in each])


def _pairs(mean: VolumeNet, net: VolumeNet) -> list[tuple[Tensor, Tensor]]:
    """Numbers of two networks, also those of their norms, that share what they are kept in."""
    both = zip(mean.state_dict().values(), net.state_dict().values(), strict=True)
    return [pair for pair in both if pair[0].is_floating_point()]


def _average(pairs: list[tuple[Tensor, Tensor]], kept: float) -> None:
    with torch.no_grad():
        for mean, new in pairs:
            mean.lerp_(new, 1 - kept)
