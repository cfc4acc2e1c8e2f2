"""The loss of the temporal head: captions, direction and order, and distance to mean pooling."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embeddings.temporal.head import TemporalHead, clip_vectors, pool_frames
from embeddings.training.attack import Attack, perturb
from embeddings.training.head.batches import (
    SHUFFLE_FROM,
    ClipBatch,
    frame_features,
    reorder,
    reverse_clips,
)
from embeddings.training.head.data import NONE, HeadData
from embeddings.training.losses import info_nce, siglip
from embeddings.training.ranks import Ranks

LossName = Literal["infonce", "siglip"]
Autocast = Callable[[], AbstractContextManager[object]]

START_SCALE = {"infonce": 20.0, "siglip": 10.0}
START_BIAS = -10.0
"""Of SigLIP: nearly all pairs are negatives at first."""
MAX_SCALE = 100.0
ATTACKED = 0.5
"""Share of a batch that adversarial training replaces."""


@dataclass(frozen=True)
class Objective:
    """The parts of the loss and their weights."""

    loss: LossName = "infonce"
    """InfoNCE over the batch, or the sigmoid loss of each pair."""
    keep: float = 0.5
    """Weight of the cosine distance to mean pooling."""
    attack: Attack | None = None
    """Applied to half of each batch: features, or pixels where there is a tower."""


class HeadModel(nn.Module):
    """The head, the parameters of the loss, and the image tower where it runs in training."""

    def __init__(
        self,
        head: TemporalHead,
        objective: Objective,
        tower: nn.Module | None,
        ranks: Ranks,
        autocast: Autocast,
    ) -> None:
        super().__init__()
        self.head, self.tower = head, tower
        self.objective, self.ranks, self.autocast = objective, ranks, autocast
        loss = objective.loss
        self.log_scale = nn.Parameter(torch.tensor(math.log(START_SCALE[loss])))
        self.bias = nn.Parameter(torch.tensor(START_BIAS if loss == "siglip" else 0.0))
        self.bias.requires_grad_(loss == "siglip")


@dataclass(frozen=True, eq=False)
class _Texts:
    """The texts of a batch, in the order of the loss's columns."""

    rows: Tensor
    """(t, dim): captions, those of the reversed clips, wrong ones."""
    meanings: Tensor
    """(t,)."""
    timed: Tensor
    """(whole batch,) bool: clips with a caption for their reversed copy."""
    shuffled: Tensor
    """(whole batch,) bool: those of them that have frames enough to be shuffled."""

    @classmethod
    def of(cls, batch: ClipBatch, data: HeadData, device: torch.device) -> Self:
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


def step_loss(model: HeadModel, batch: ClipBatch, data: HeadData) -> dict[str, Tensor]:
    """The parts of a step's loss over the whole batch; `keep` is weighted already.

    `words`: clips and reversed clips with their own captions as positives; other captions, wrong
    ones and shuffled clips are negatives.
    """
    objective, ranks = model.objective, model.ranks
    texts = _Texts.of(batch, data, ranks.device)
    rows, times_s = batch.frames.to(ranks.device), batch.times_s.to(ranks.device)
    mask = batch.mask.to(ranks.device)
    if objective.attack is not None:
        rows = _attacked(model, (rows, times_s, mask), texts, objective.attack, batch.seed)
    with model.autocast():
        frames = frame_features(rows, mask, model.tower)
        shown = (frames, times_s, mask)
        clips, back, shuffled = _with_copies(model, shown, batch.order, texts)
    everything = torch.cat([clips, back[texts.timed], shuffled[texts.shuffled]])
    pairs = len(clips) + int(texts.timed.sum())
    meanings = torch.full((len(everything),), NONE, device=ranks.device)
    meanings[:pairs] = texts.meanings[:pairs]
    same = meanings[:, None] == texts.meanings
    logits = model.log_scale.exp() * everything @ texts.rows.T + model.bias
    by_words = (siglip if objective.loss == "siglip" else info_nce)(logits, same, pairs)
    anchors = _anchors(frames, mask, batch, data, ranks)
    kept = 1 - (clips * anchors).sum(-1).mean()
    return {"words": by_words, "keep": objective.keep * kept}


def _with_copies(
    model: HeadModel, clip: tuple[Tensor, Tensor, Tensor], order: Tensor, texts: _Texts
) -> tuple[Tensor, Tensor, Tensor]:
    """Vectors (whole batch, dim) of the clips, the reversed and the shuffled ones.

    Rows of clips without such a copy are zero.
    """
    (frames, times_s, mask), ranks = clip, model.ranks
    own = slice(ranks.rank * len(frames), (ranks.rank + 1) * len(frames))
    timed, mixed = texts.timed[own], texts.shuffled[own]
    back, back_times = reverse_clips(frames[timed], times_s[timed], mask[timed])
    shuffled = reorder(frames[mixed], order.to(frames.device)[mixed])
    vectors = clip_vectors(
        torch.cat([frames, back, shuffled]),
        torch.cat([times_s, back_times, times_s[mixed]]),
        torch.cat([mask, mask[timed], mask[mixed]]),
        model.head,
    ).float()
    clips, *copies = torch.split(vectors, [len(frames), int(timed.sum()), int(mixed.sum())])
    wide = [torch.zeros_like(clips), torch.zeros_like(clips)]
    wide[0][timed], wide[1][mixed] = copies
    return ranks.gather(clips), ranks.gather(wide[0]), ranks.gather(wide[1])


def _anchors(
    frames: Tensor, mask: Tensor, batch: ClipBatch, data: HeadData, ranks: Ranks
) -> Tensor:
    """Mean-pooled clips of the batch, by the untrained backbone or of these frames."""
    if data.anchors is not None:
        rows = torch.from_numpy(data.anchors[data.clip_of[batch.rows]])
        return F.normalize(rows.to(ranks.device), dim=-1)
    return ranks.gather(F.normalize(pool_frames(frames.detach().float(), mask), dim=-1))


def _attacked(
    model: HeadModel, clip: tuple[Tensor, Tensor, Tensor], texts: _Texts, attack: Attack, seed: int
) -> Tensor:
    """The frames, the first half of the clips perturbed away from their own captions."""
    (rows, times_s, mask), ranks = clip, model.ranks
    some = max(1, int(len(rows) * ATTACKED))
    first = ranks.rank * len(rows)
    own = torch.arange(first, first + some, device=rows.device)
    times_s, mask = times_s[:some], mask[:some]
    scale = model.log_scale.exp().detach()
    same = texts.meanings[own][:, None] == texts.meanings
    same[torch.arange(some, device=rows.device), own] = False

    def loss(x: Tensor) -> Tensor:
        with model.autocast():
            frames = frame_features(x, mask, model.tower)
            vectors = clip_vectors(frames, times_s, mask, model.head).float()
        logits = (scale * vectors @ texts.rows.T).masked_fill(same, float("-inf"))
        return F.cross_entropy(logits, own, reduction="sum")

    generator = torch.Generator(rows.device).manual_seed(seed + ranks.rank)
    low, high = (-math.inf, math.inf) if model.tower is None else (0.0, 255.0)
    moved = perturb(rows[:some].float(), loss, attack, low=low, high=high, generator=generator)
    return torch.cat([moved, rows[some:].float()])
