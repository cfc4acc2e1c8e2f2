"""The embedded model while it is trained: both towers, the temporal head, and what a step asks."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embeddings.temporal.head import TemporalHead, clip_vectors, pool_frames
from embeddings.toon.bank import Batch
from embeddings.toon.labels import Probes
from embeddings.training.losses import contrastive


class ToonModel(nn.Module):
    """Both towers of an open_clip model and the temporal head, trained together."""

    def __init__(self, towers: nn.Module, head: TemporalHead) -> None:
        super().__init__()
        self.towers = towers
        self.head = head
        self.probes = Probes(head.config.dim)

    def frames(self, pixels: Tensor) -> Tensor:
        """(b, t, px, px, 3) uint8 -> (b, t, dim) unit rows."""
        b, t = pixels.shape[:2]
        x = pixels.flatten(0, 1).permute(0, 3, 1, 2).float()
        x = ((x - 127.5) / 63.75).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            features = self.towers.encode_image(x)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1).view(b, t, -1)

    def clips(self, frames: Tensor, times_s: Tensor) -> Tensor:
        """(b, t, dim), (b, t) -> (b, dim) unit rows."""
        mask = torch.ones(times_s.shape, dtype=torch.bool)
        return clip_vectors(frames, times_s, mask, self.head)

    def texts(self, tokens: Tensor) -> Tensor:
        """(n, context) -> (n, dim) unit rows."""
        with torch.autocast("cpu", torch.bfloat16):
            features = self.towers.encode_text(tokens)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1)


def batch_loss(
    model: ToonModel, batch: Batch, tokenize: Callable[[list[str]], Tensor]
) -> dict[str, Tensor]:
    """The parts of the loss of one step.

    `words`: clip and caption, with the same clips played backwards and their own captions among the
    negatives, so that only motion and order can tell them apart. `pooled`: the same for mean
    pooling, lightly, so that frame vectors stay useful alone. `views`: the same video under a
    strong distortion.
    """
    times = torch.from_numpy(batch.times_s)
    frames = model.frames(torch.from_numpy(batch.toons))
    clips = model.clips(frames, times)
    rows = [i for i, text in enumerate(batch.backward_captions) if text is not None]
    back_times = times[rows, -1:] - times[rows].flip(1)
    back = model.clips(frames[rows].flip(1), back_times)
    captions = [*batch.captions, *(batch.backward_captions[i] or "" for i in rows)]
    texts = model.texts(tokenize([*captions, *batch.wrong_captions]))
    texts, wrong = texts[: len(captions)], texts[len(captions) :]
    keys = [*batch.meanings, *(batch.backward_meanings[i] for i in rows)]
    codes = torch.tensor([hash(key) for key in keys])
    same = codes[:, None] == codes[None]
    scale = model.towers.logit_scale.exp()  # type: ignore[operator]
    words = contrastive(torch.cat([clips, back]), texts, scale, same=same, wrong=wrong)
    n = len(batch.captions)
    pooled = F.normalize(pool_frames(frames, torch.ones(times.shape, dtype=torch.bool)), dim=-1)
    by_mean = contrastive(pooled, texts[:n], 20.0, same=same[:n, :n])
    views, by_frame = _view_losses(model, batch, frames, clips)
    facts = model.probes(frames, clips, batch.labels)
    return {"words": words, "pooled": by_mean, "views": views, "frame_views": by_frame, **facts}


def _view_losses(
    model: ToonModel, batch: Batch, frames: Tensor, clips: Tensor
) -> tuple[Tensor, Tensor]:
    """InfoNCE between two views of the same video, for clip vectors and for mean-pooled frames."""
    n = len(batch.strong)
    footage = torch.from_numpy(batch.footage).flatten(0, 1)
    other = model.frames(torch.cat([torch.from_numpy(batch.strong), footage]))
    other_times = torch.cat(
        [
            torch.from_numpy(batch.strong_times_s),
            torch.from_numpy(batch.footage_times_s).flatten(0, 1),
        ]
    )
    vectors = model.clips(other, other_times)
    half = n + batch.footage.shape[1]
    first = torch.cat([clips[:n], vectors[n:half]])
    second = torch.cat([vectors[:n], vectors[half:]])
    means = F.normalize(other.mean(1), dim=-1)
    mean_first = torch.cat([F.normalize(frames[:n].mean(1), dim=-1), means[n:half]])
    mean_second = torch.cat([means[:n], means[half:]])
    return contrastive(first, second, 14.0), contrastive(mean_first, mean_second, 14.0)


WEIGHTS = {
    "words": 1.0,
    "pooled": 0.2,
    "views": 0.4,
    "frame_views": 0.2,
    "frame_facts": 0.2,
    "clip_facts": 0.1,
}


def total_loss(parts: dict[str, Tensor], *, views: float) -> Tensor:
    """The weighted sum of `batch_loss`, with a factor on what compares two views of a video."""
    by_view = ("views", "frame_views")
    weights = {name: WEIGHTS[name] * (views if name in by_view else 1.0) for name in parts}
    return torch.stack([weights[name] * part for name, part in parts.items()]).sum()
