"""Retrieval and order accuracy of clip vectors, by a head or by mean pooling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embeddings.temporal.head import TemporalHead, clip_vectors
from embeddings.training.attack import Attack, perturb
from embeddings.training.head.batches import pad, reverse_clips
from embeddings.training.head.data import NONE, HeadData
from embeddings.training.head.objective import frame_features

CLIPS_PER_BLOCK = 128
TEXTS_PER_BLOCK = 1024
TIE = 1e-6
"""Cosines nearer than this are equal: mean pooling of a reversed clip differs by rounding only."""
CRITICAL_Z = 1.645
"""Standard errors by which a head must beat mean pooling: a one-sided test at 5 %."""


@dataclass(frozen=True)
class HeadFigures:
    """Quality of one way of pooling on captioned clips."""

    captions: int
    """Number of queries."""
    clips: int
    """Number of clips that each query ranks."""
    recall_at_1: float
    """Share of captions whose clip ranks first."""
    recall_at_5: float
    """Share of captions whose clip is among the first five."""
    mrr: float
    """Mean reciprocal rank of the caption's clip."""
    clip_recall_at_1: float
    """Share of clips whose nearest caption is their own."""
    order_accuracy: float | None
    """Share of correct choices between a clip and its reversed copy, by the caption of each; ties
    count half. None where no caption says anything about time."""
    order_pairs: int
    """Number of captions that say something about time."""

    @property
    def score(self) -> float:
        """Decides on early stopping and serving: the mean of `mrr` and `order_accuracy`."""
        order = self.order_accuracy
        return self.mrr if order is None else (self.mrr + order) / 2

    @property
    def summary(self) -> str:
        """The main figures as half a sentence."""
        text = f"recall@1 {self.recall_at_1:.3f}, @5 {self.recall_at_5:.3f}"
        if self.order_accuracy is not None:
            text += f", order {self.order_accuracy:.3f} of {self.order_pairs}"
        return text


@dataclass(frozen=True, eq=False)
class HeadEvaluation:
    """The figures, and the result of each caption."""

    figures: HeadFigures
    """The means."""
    reciprocal_ranks: NDArray[np.float64]
    """(r,)."""
    order: NDArray[np.float64]
    """(r,) 0, 0.5 (one of the two choices) or 1; NaN where a caption says nothing about time."""


def evaluate_head(
    head: TemporalHead | None,
    data: HeadData,
    *,
    tower: torch.nn.Module | None = None,
    attack: Attack | None = None,
    device: torch.device | None = None,
) -> HeadEvaluation:
    """Rank all clips for every caption, and choose between each clip and its reversed copy.

    Args:
        head: None is mean pooling.
        data: The captions; clips without one are left out.
        tower: Makes features, where `data` holds pixels.
        attack: Applied to each clip, away from its caption, before it is ranked.
        device: Where to compute; the CPU by default.
    """
    device = device or torch.device("cpu")
    used = data.used_clips
    clips, back = _vectors(head, data, used, tower=tower, attack=attack, device=device)
    texts = torch.from_numpy(data.texts).to(device)
    row_clip = torch.from_numpy(np.searchsorted(used, data.clip_of)).to(device)
    ranks = _ranks(clips, texts, row_clip, data, device)
    own = torch.from_numpy(data.caption).to(device)
    order = _order(clips, back, texts, row_clip, own, data)
    right = _clips_right(clips, texts, row_clip, own, data)
    timed = order[~np.isnan(order)]
    figures = HeadFigures(
        captions=len(data),
        clips=len(used),
        recall_at_1=float((ranks <= 1).mean()),
        recall_at_5=float((ranks <= 5).mean()),
        mrr=float((1 / ranks).mean()),
        clip_recall_at_1=right,
        order_accuracy=float(timed.mean()) if len(timed) else None,
        order_pairs=len(timed),
    )
    return HeadEvaluation(figures, 1 / ranks, order)


def beats(head: HeadEvaluation, mean: HeadEvaluation, data: HeadData) -> bool:
    """Whether a head is better than mean pooling on the same captions by more than chance.

    Its score must be higher by `CRITICAL_Z` standard errors, clips taken as independent, and its
    recall@1 not lower.
    """
    gain = (head.reciprocal_ranks - mean.reciprocal_ranks) / len(data)
    timed = ~np.isnan(mean.order)
    if timed.any():
        gain = gain / 2
        gain[timed] += (head.order[timed] - mean.order[timed]) / timed.sum() / 2
    by_clip = np.bincount(np.searchsorted(data.used_clips, data.clip_of), weights=gain)
    n = len(by_clip)
    error = math.sqrt(n * by_clip.var(ddof=1)) if n > 1 else math.inf
    sure = gain.sum() > max(CRITICAL_Z * error, TIE)
    return bool(sure and head.figures.recall_at_1 >= mean.figures.recall_at_1)


def mean_vectors(
    data: HeadData, tower: torch.nn.Module | None, device: torch.device
) -> NDArray[np.float32]:
    """(n, dim) mean-pooled clips of a table, zero for those without a caption."""
    used = data.used_clips
    rows, _ = _vectors(None, data, used, tower=tower, attack=None, device=device)
    out = np.zeros((len(data.clips), rows.shape[1]), np.float32)
    out[used] = rows.cpu().numpy()
    return out


def _vectors(
    head: TemporalHead | None,
    data: HeadData,
    used: NDArray[np.int64],
    *,
    tower: torch.nn.Module | None,
    attack: Attack | None,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """(n, dim) vectors of the clips and of the reversed clips."""
    if head is not None:
        head.eval()
    dim = data.texts.shape[1]
    clips = torch.zeros(len(used), dim, device=device)
    back = torch.zeros(len(used), dim, device=device)
    by_length = np.argsort(data.clips.counts[used], kind="stable")
    for first in range(0, len(used), CLIPS_PER_BLOCK):
        places = by_length[first : first + CLIPS_PER_BLOCK]
        shown = [data.clips.clip(int(used[place])) for place in places]
        block = pad(shown, max(len(times) for _, times in shown))
        rows, times_s, mask = (part.to(device) for part in block)
        if attack is not None:
            targets = _first_captions(data, used[places])
            rows = _attacked((rows, times_s, mask), (head, tower), targets.to(device), attack)
        with torch.inference_mode():
            frames = frame_features(rows, mask, tower)
            reversed_, reversed_s = reverse_clips(frames, times_s, mask)
            at = torch.from_numpy(places).to(device)
            clips[at] = clip_vectors(frames, times_s, mask, head)
            back[at] = clip_vectors(reversed_, reversed_s, mask, head)
    return clips, back


def _first_captions(data: HeadData, clips: NDArray[np.int64]) -> Tensor:
    """(b, dim) one caption of each clip."""
    numbers, firsts = np.unique(data.clip_of, return_index=True)
    rows = firsts[np.searchsorted(numbers, clips)]
    return torch.from_numpy(data.texts[data.caption[rows]])


def _attacked(
    clip: tuple[Tensor, Tensor, Tensor],
    model: tuple[TemporalHead | None, torch.nn.Module | None],
    targets: Tensor,
    attack: Attack,
) -> Tensor:
    """The frames, perturbed away from the clips' own captions."""
    (rows, times_s, mask), (head, tower) = clip, model

    def loss(x: Tensor) -> Tensor:
        vectors = clip_vectors(frame_features(x, mask, tower), times_s, mask, head)
        return -(vectors * targets).sum()

    pixels = rows.dtype == torch.uint8
    limits = (0.0, 255.0) if pixels else (None, None)
    generator = torch.Generator(rows.device).manual_seed(0)
    return perturb(rows.float(), loss, attack, low=limits[0], high=limits[1], generator=generator)


def _ranks(
    clips: Tensor, texts: Tensor, row_clip: Tensor, data: HeadData, device: torch.device
) -> NDArray[np.float64]:
    """(r,) rank of the best clip that a caption is true of; ties count against it."""
    meanings = torch.from_numpy(data.meanings).to(device)
    row_meaning = meanings[torch.from_numpy(data.caption).to(device)]
    true_of = _clips_by_meaning(row_meaning, row_clip)
    ranks = np.zeros(len(data))
    for first in range(0, len(data), TEXTS_PER_BLOCK):
        part = slice(first, first + TEXTS_PER_BLOCK)
        numbers = torch.from_numpy(data.caption[part]).to(device)
        cosines = texts[numbers] @ clips.T
        mine = torch.zeros_like(cosines, dtype=torch.bool)
        for row, meaning in enumerate(row_meaning[part].tolist()):
            mine[row, true_of[meaning]] = True
        best = cosines.masked_fill(~mine, -2).amax(1, keepdim=True)
        better = (cosines >= best - TIE) & ~mine
        ranks[part] = (1 + better.sum(1)).cpu().numpy()
    return ranks


def _clips_by_meaning(row_meaning: Tensor, row_clip: Tensor) -> dict[int, list[int]]:
    clips: dict[int, list[int]] = {}
    for meaning, clip in zip(row_meaning.tolist(), row_clip.tolist(), strict=True):
        clips.setdefault(meaning, []).append(clip)
    return clips


def _order(
    clips: Tensor, back: Tensor, texts: Tensor, row_clip: Tensor, own: Tensor, data: HeadData
) -> NDArray[np.float64]:
    """(r,) half a point for each of the two captions that is nearer to its own clip."""
    backward = torch.from_numpy(data.backward).to(own.device)
    timed = (backward != NONE).cpu().numpy()
    rows = row_clip[backward != NONE]
    turn = clips[rows] - back[rows]
    out = np.full(len(data), np.nan)
    points = np.zeros(int(timed.sum()))
    for numbers, way in ((own, 1), (backward, -1)):
        lead = way * (turn * texts[numbers[backward != NONE]]).sum(1)
        lead = torch.where(lead.abs() < TIE, torch.zeros_like(lead), lead)
        points += (lead.sign().cpu().numpy() + 1) / 4
    out[timed] = points
    return out


def _clips_right(
    clips: Tensor, texts: Tensor, row_clip: Tensor, own: Tensor, data: HeadData
) -> float:
    """Share of clips whose nearest caption means the same as one of their own."""
    queries = torch.unique(own)
    meanings = torch.from_numpy(data.meanings).to(own.device)
    nearest = torch.zeros(len(clips), dtype=torch.long, device=own.device)
    for first in range(0, len(clips), TEXTS_PER_BLOCK):
        part = slice(first, first + TEXTS_PER_BLOCK)
        nearest[part] = meanings[queries[(clips[part] @ texts[queries].T).argmax(1)]]
    right = torch.zeros(len(clips), dtype=torch.bool, device=own.device)
    right[row_clip[meanings[own] == nearest[row_clip]]] = True
    return float(right.float().mean())
