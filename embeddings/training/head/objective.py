"""What a step of training a temporal head asks: words, time, and not to forget mean pooling."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embeddings.temporal.head import TemporalHead, clip_vectors, pool_frames
from embeddings.training.attack import Attack, perturb
from embeddings.training.head.batches import SHUFFLE_FROM, Batch, backwards, reorder
from embeddings.training.head.data import NONE, HeadData
from embeddings.training.losses import info_nce, siglip
from embeddings.training.ranks import Ranks

LossName = Literal["infonce", "siglip"]
Autocast = Callable[[], AbstractContextManager[object]]

START_SCALE = {"infonce": 20.0, "siglip": 10.0}
START_BIAS = -10.0
"""Of SigLIP: at first nearly no pair is one."""
MOST_SCALE = 100.0
ATTACKED = 0.5
"""Share of a batch that adversarial training replaces."""
STEP_STREAM = 11


@dataclass(frozen=True)
class Objective:
    """What is asked, and how much of each."""

    loss: LossName = "infonce"
    """InfoNCE over the batch, or SigLIP's one by one."""
    keep: float = 0.5
    """Weight of the cosine distance to mean pooling, which keeps what that knows."""
    attack: Attack | None = None
    """Half of each batch is perturbed so; of features, or of pixels where there is a tower."""


class HeadModel(nn.Module):
    """The head, the loss's own numbers, and the image tower where its last blocks are trained."""

    def __init__(self, head: TemporalHead, loss: LossName, tower: nn.Module | None = None) -> None:
        super().__init__()
        self.head = head
        self.tower = tower
        self.log_scale = nn.Parameter(torch.tensor(math.log(START_SCALE[loss])))
        self.bias = nn.Parameter(torch.tensor(START_BIAS if loss == "siglip" else 0.0))
        self.bias.requires_grad_(loss == "siglip")

    def frames(self, rows: Tensor, mask: Tensor) -> Tensor:
        """Features (b, t, dim) as unit rows, from features or from pixels (b, t, h, w, 3)."""
        if self.tower is None:
            return F.normalize(rows.float(), dim=-1)
        real = self.tower(rows[mask])
        out: Tensor = real.new_zeros(*mask.shape, real.shape[-1])
        out[mask] = real
        return out

    def through(self) -> Iterator[nn.Parameter]:
        """Trained weights that vectors depend on."""
        for name, weight in self.named_parameters():
            if weight.requires_grad and name not in ("log_scale", "bias"):
                yield weight

    def direct(self) -> Iterator[nn.Parameter]:
        """Trained weights that only the loss depends on."""
        yield from (weight for weight in (self.log_scale, self.bias) if weight.requires_grad)


@dataclass(frozen=True, eq=False)
class _Words:
    """The texts of a batch, in the order of the loss's columns, and what each clip has of them."""

    texts: Tensor
    """(t, dim): captions, those of the backward clips, wrong ones."""
    text_meanings: Tensor
    """(t,)."""
    timed: Tensor
    """(whole batch,) bool: clips with a caption for them played backwards."""
    shuffled: Tensor
    """(whole batch,) bool: those of them whose frames can be shuffled."""

    @classmethod
    def of(cls, batch: Batch, data: HeadData, device: torch.device) -> _Words:
        backward, wrong = data.backward[batch.rows], data.wrong[batch.rows]
        timed = (backward != NONE) & (batch.counts >= 2)
        numbers = torch.from_numpy(data.caption[batch.rows])
        numbers = torch.cat([numbers, torch.from_numpy(backward[timed])])
        numbers = torch.cat([numbers, torch.from_numpy(wrong[wrong != NONE])])
        return cls(
            torch.from_numpy(data.texts)[numbers].to(device),
            torch.from_numpy(data.meanings)[numbers].to(device),
            torch.from_numpy(timed).to(device),
            torch.from_numpy(timed & (batch.counts >= SHUFFLE_FROM)).to(device),
        )


@dataclass(frozen=True)
class StepContext:
    """What a step needs beside its batch."""

    data: HeadData
    """The texts."""
    objective: Objective
    """What is asked."""
    ranks: Ranks
    """The processes."""
    autocast: Autocast = nullcontext
    """Makes the context of mixed precision."""
    seed: int = 0
    """Of an attack's random start."""


def step_loss(model: HeadModel, batch: Batch, context: StepContext) -> dict[str, Tensor]:
    """The parts of a step's loss over the whole batch; `keep` is weighted already.

    `words`: clips and backward clips beside their own captions, the others', wrong ones; shuffled
    clips belong to no caption.
    """
    objective, ranks = context.objective, context.ranks
    words = _Words.of(batch, context.data, ranks.device)
    rows, times_s = batch.frames.to(ranks.device), batch.times_s.to(ranks.device)
    mask = batch.mask.to(ranks.device)
    if objective.attack is not None:
        rows = _attacked(model, (rows, times_s, mask), words, context)
    with context.autocast():
        frames = model.frames(rows, mask)
        shown = (frames, times_s, mask)
        clips, back, shuffled = _twins(model.head, shown, batch.order, words, ranks)
    everything = torch.cat([clips, back[words.timed], shuffled[words.shuffled]])
    pairs = len(clips) + int(words.timed.sum())
    meanings = torch.full((len(everything),), NONE, device=ranks.device)
    meanings[:pairs] = words.text_meanings[:pairs]
    same = meanings[:, None] == words.text_meanings
    logits = model.log_scale.exp() * everything @ words.texts.T + model.bias
    by_words = (siglip if objective.loss == "siglip" else info_nce)(logits, same, pairs)
    anchors = _anchors(frames, mask, batch, context)
    kept = 1 - (clips * anchors).sum(-1).mean()
    return {"words": by_words, "keep": objective.keep * kept}


def _twins(
    head: TemporalHead,
    clip: tuple[Tensor, Tensor, Tensor],
    order: Tensor,
    words: _Words,
    ranks: Ranks,
) -> tuple[Tensor, Tensor, Tensor]:
    """Vectors (whole batch, dim) of the clips, played backwards, and shuffled.

    Rows of clips that have no such twin are zero.
    """
    frames, times_s, mask = clip
    own = slice(ranks.rank * len(frames), (ranks.rank + 1) * len(frames))
    timed, mixed = words.timed[own], words.shuffled[own]
    back, back_times = backwards(frames[timed], times_s[timed], mask[timed])
    shuffled = reorder(frames[mixed], order.to(frames.device)[mixed])
    vectors = clip_vectors(
        torch.cat([frames, back, shuffled]),
        torch.cat([times_s, back_times, times_s[mixed]]),
        torch.cat([mask, mask[timed], mask[mixed]]),
        head,
    ).float()
    sizes = [len(frames), int(timed.sum()), int(mixed.sum())]
    clips, back, shuffled = torch.split(vectors, sizes)
    wide = [torch.zeros_like(clips), torch.zeros_like(clips)]
    wide[0][timed] = back
    wide[1][mixed] = shuffled
    return ranks.gather(clips), ranks.gather(wide[0]), ranks.gather(wide[1])


def _anchors(frames: Tensor, mask: Tensor, batch: Batch, context: StepContext) -> Tensor:
    """What mean pooling says of the batch: of the backbone as it was, or of these frames."""
    kept = context.data.anchors
    if kept is not None:
        rows = torch.from_numpy(kept[context.data.clip_of[batch.rows]])
        return F.normalize(rows.to(context.ranks.device), dim=-1)
    pooled = F.normalize(pool_frames(frames.detach().float(), mask), dim=-1)
    return context.ranks.gather(pooled)


def _attacked(
    model: HeadModel, clip: tuple[Tensor, Tensor, Tensor], words: _Words, context: StepContext
) -> Tensor:
    """The frames with the first half of the clips pushed away from their own captions."""
    rows, times_s, mask = clip
    ranks, attack = context.ranks, context.objective.attack
    assert attack is not None
    some = max(1, int(len(rows) * ATTACKED))
    first = ranks.rank * len(rows)
    own = torch.arange(first, first + some, device=rows.device)
    times_s, mask = times_s[:some], mask[:some]
    scale = model.log_scale.exp().detach()
    same = words.text_meanings[own][:, None] == words.text_meanings
    same[torch.arange(some, device=rows.device), own] = False

    def loss(x: Tensor) -> Tensor:
        with context.autocast():
            vectors = clip_vectors(model.frames(x, mask), times_s, mask, model.head).float()
        logits = (scale * vectors @ words.texts.T).masked_fill(same, float("-inf"))
        return F.cross_entropy(logits, own, reduction="sum")

    generator = torch.Generator(rows.device).manual_seed(context.seed + ranks.rank)
    high = None if model.tower is None else 255.0
    low = None if model.tower is None else 0.0
    moved = perturb(rows[:some].float(), loss, attack, low=low, high=high, generator=generator)
    return torch.cat([moved, rows[some:].float()])
