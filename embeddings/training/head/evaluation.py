"""Retrieval and order accuracy of clip vectors, by a head or by mean pooling."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor

from embeddings.temporal.head import TemporalHead, clip_vectors
from embeddings.training.attack import Attack, perturb
from embeddings.training.head.batches import frame_features, pad, reverse_clips
from embeddings.training.head.data import NONE, HeadData

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
        device: The CPU by default.
    """
    device = device or torch.device("cpu")
    clips, back = _vectors(head, data, tower=tower, attack=attack, device=device)
    row_clip = np.searchsorted(data.used_clips, data.clip_of)
    texts = torch.from_numpy(data.texts).to(device)
    ranks = _ranks(clips, texts, row_clip, data)
    order = _order(clips - back, texts, row_clip, data)
    timed = order[~np.isnan(order)]
    figures = HeadFigures(
        captions=len(data),
        clips=len(clips),
        recall_at_1=float((ranks <= 1).mean()),
        recall_at_5=float((ranks <= 5).mean()),
        mrr=float((1 / ranks).mean()),
        clip_recall_at_1=_clip_recall_at_1(clips, texts, row_clip, data),
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
    rows, _ = _vectors(None, data, tower=tower, attack=None, device=device)
    out = np.zeros((len(data.clips), rows.shape[1]), np.float32)
    out[data.used_clips] = rows.cpu().numpy()
    return out


def _vectors(
    head: TemporalHead | None,
    data: HeadData,
    *,
    tower: torch.nn.Module | None,
    attack: Attack | None,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """(n, dim) vectors of the clips that have captions, and of these clips reversed."""
    if head is not None:
        head.eval()
    used = data.used_clips
    clips = torch.zeros(len(used), data.texts.shape[1], device=device)
    back = torch.zeros_like(clips)
    by_length = np.argsort(data.clips.counts[used], kind="stable")
    for first in range(0, len(used), CLIPS_PER_BLOCK):
        places = by_length[first : first + CLIPS_PER_BLOCK]
        block = pad([data.clips.clip(int(used[place])) for place in places])
        rows, times_s, mask = (part.to(device) for part in block)
        if attack is not None:
            captions = data.caption[_first_of(data.clip_of, used[places])]
            targets = torch.from_numpy(data.texts[captions]).to(device)
            rows = _attacked((rows, times_s, mask), (head, tower), targets, attack)
        with torch.inference_mode():
            frames = frame_features(rows, mask, tower)
            reversed_, reversed_s = reverse_clips(frames, times_s, mask)
            at = torch.from_numpy(places).to(device)
            clips[at] = clip_vectors(frames, times_s, mask, head)
            back[at] = clip_vectors(reversed_, reversed_s, mask, head)
    return clips, back


def _first_of(numbers: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of the first occurrence of each wanted number."""
    unique, firsts = np.unique(numbers, return_index=True)
    return firsts[np.searchsorted(unique, wanted)]


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

    low, high = (0.0, 255.0) if rows.dtype == torch.uint8 else (-math.inf, math.inf)
    generator = torch.Generator(rows.device).manual_seed(0)
    return perturb(rows.float(), loss, attack, low=low, high=high, generator=generator)


def _ranks(
    clips: Tensor, texts: Tensor, row_clip: NDArray[np.int64], data: HeadData
) -> NDArray[np.float64]:
    """(r,) rank of the best clip that a caption is true of; ties count against it."""
    meaning = data.meanings[data.caption]
    shape = (int(meaning.max()) + 1, len(clips))
    true_of = csr_array((np.ones(len(data), bool), (meaning, row_clip)), shape=shape)
    ranks = np.zeros(len(data))
    for first in range(0, len(data), TEXTS_PER_BLOCK):
        part = slice(first, first + TEXTS_PER_BLOCK)
        cosines = texts[torch.from_numpy(data.caption[part])] @ clips.T
        right = torch.from_numpy(true_of[meaning[part]].toarray()).to(clips.device)
        best = cosines.masked_fill(~right, -2).amax(1, keepdim=True)
        better = (cosines >= best - TIE) & ~right
        ranks[part] = (1 + better.sum(1)).cpu().numpy()
    return ranks


def _order(
    difference: Tensor, texts: Tensor, row_clip: NDArray[np.int64], data: HeadData
) -> NDArray[np.float64]:
    """(r,) half a point for each of the two captions that is nearer to its clip.

    `difference`: vectors of the clips minus those of the reversed clips.
    """
    timed = data.backward != NONE
    rows = difference[torch.from_numpy(row_clip[timed])]
    points = np.zeros(len(rows))
    for captions, sign in ((data.caption, 1), (data.backward, -1)):
        lead = sign * (rows * texts[torch.from_numpy(captions[timed])]).sum(1).cpu().numpy()
        points += (np.sign(np.where(np.abs(lead) < TIE, 0, lead)) + 1) / 4
    out = np.full(len(data), np.nan)
    out[timed] = points
    return out


def _clip_recall_at_1(
    clips: Tensor, texts: Tensor, row_clip: NDArray[np.int64], data: HeadData
) -> float:
    """Share of clips whose nearest caption means the same as one of their captions."""
    queries = np.unique(data.caption)
    rows = texts[torch.from_numpy(queries)]
    best = [(part @ rows.T).argmax(1) for part in torch.split(clips, TEXTS_PER_BLOCK)]
    nearest = data.meanings[queries[torch.cat(best).cpu().numpy()]]
    right = data.meanings[data.caption] == nearest[row_clip]
    return len(np.unique(row_clip[right])) / len(clips)
