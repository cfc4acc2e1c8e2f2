"""The toon model in training: both towers, the temporal head, and the losses."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from embeddings.backbone.computing.precision import cast, compute_dtype
from embeddings.temporal.head import TemporalHead, clip_vectors, pool_frames
from embeddings.toon.batches import ToonBatch
from embeddings.toon.labels import Probes
from embeddings.training.attack import Attack, perturb
from embeddings.training.losses import contrastive

CPU = torch.device("cpu")
"""Where the model is trained."""
Tokenize = Callable[[list[str]], Tensor]


class ToonModel(nn.Module):
    """Both towers of an open_clip model, the temporal head and the probes of the labels.

    Attributes:
        dtype: The precision of both towers: bf16 where this machine has instructions for it.
    """

    def __init__(self, towers: nn.Module, head: TemporalHead) -> None:
        super().__init__()
        self.towers = towers
        self.head = head
        self.probes = Probes(head.config.dim)
        self.dtype = compute_dtype(CPU, "auto")

    def frames(self, pixels: Tensor) -> Tensor:
        """(b, t, px, px, 3) uint8 -> (b, t, dim) unit rows."""
        b, t = pixels.shape[:2]
        x = pixels.flatten(0, 1).permute(0, 3, 1, 2).float()
        x = ((x - 127.5) / 63.75).contiguous(memory_format=torch.channels_last)
        with cast(CPU, self.dtype):
            features = self.towers.encode_image(x)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1).view(b, t, -1)

    def clips(self, frames: Tensor, times_s: Tensor) -> Tensor:
        """(b, t, dim), (b, t) -> (b, dim) unit rows."""
        mask = torch.ones(times_s.shape, dtype=torch.bool)
        return clip_vectors(frames, times_s, mask, self.head)

    def texts(self, tokens: Tensor) -> Tensor:
        """(n, context) -> (n, dim) unit rows."""
        with cast(CPU, self.dtype):
            features = self.towers.encode_text(tokens)  # type: ignore[operator]
        return F.normalize(features.float(), dim=-1)


def batch_loss(model: ToonModel, batch: ToonBatch, tokenize: Tokenize) -> dict[str, Tensor]:
    """The parts of the loss of one step.

    `words`: clips and captions, with the reversed clips and their captions among the negatives,
    which differ in motion and order only. `pooled`: the same for mean pooling, so that frame
    vectors stay useful alone. `views`, `frame_views`: two views of the same video.
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
    same = _same(keys)
    scale = model.towers.logit_scale.exp()  # type: ignore[operator]
    words = contrastive(torch.cat([clips, back]), texts, scale, same=same, wrong=wrong)
    n = len(batch.captions)
    pooled = F.normalize(pool_frames(frames, torch.ones(times.shape, dtype=torch.bool)), dim=-1)
    by_mean = contrastive(pooled, texts[:n], 20.0, same=same[:n, :n])
    views, by_frame = _view_losses(model, batch, frames, clips)
    facts = model.probes(frames, clips, batch.labels)
    return {"words": words, "pooled": by_mean, "views": views, "frame_views": by_frame, **facts}


def _view_losses(
    model: ToonModel, batch: ToonBatch, frames: Tensor, clips: Tensor
) -> tuple[Tensor, Tensor]:
    """InfoNCE between two views of the same video, for clip vectors and for mean-pooled frames."""
    n = len(batch.strong)
    footage = torch.from_numpy(batch.footage).flatten(0, 1)
    other = model.frames(torch.cat([torch.from_numpy(batch.strong), footage]))
    footage_times = torch.from_numpy(batch.footage_times_s).flatten(0, 1)
    other_times = torch.cat([torch.from_numpy(batch.strong_times_s), footage_times])
    vectors = model.clips(other, other_times)
    half = n + batch.footage.shape[1]
    first = torch.cat([clips[:n], vectors[n:half]])
    second = torch.cat([vectors[:n], vectors[half:]])
    means = F.normalize(other.mean(1), dim=-1)
    mean_first = torch.cat([F.normalize(frames[:n].mean(1), dim=-1), means[n:half]])
    mean_second = torch.cat([means[:n], means[half:]])
    return contrastive(first, second, 14.0), contrastive(mean_first, mean_second, 14.0)


WEIGHTS = {"words": 1.0, "pooled": 0.2, "views": 0.4, "frame_views": 0.2}
WEIGHTS |= {"frame_facts": 0.2, "clip_facts": 0.1}


def weighted_losses(parts: dict[str, Tensor], *, views: float) -> dict[str, Tensor]:
    """The parts of `batch_loss` by their weights, with a factor on those of two views."""
    by_view = ("views", "frame_views")
    weights = {name: WEIGHTS[name] * (views if name in by_view else 1.0) for name in parts}
    return {name: weights[name] * part for name, part in parts.items()}


def attack_batch(
    model: ToonModel, batch: ToonBatch, tokenize: Tokenize, attack: Attack
) -> ToonBatch:
    """The batch with the pixels of its toons perturbed away from their captions.

    The strong views and the footage are unchanged, so that their losses compare attacked and clean
    views of a scene. The model is attacked in evaluation mode, and left in its mode. Pixels are
    rounded, so that `eps` should be a whole number of the 255 levels.
    """
    times = torch.from_numpy(batch.times_s)
    same = _same(batch.meanings)
    training = model.training
    model.eval()
    with torch.no_grad():
        texts = model.texts(tokenize(batch.captions))
        scale = model.towers.logit_scale.exp()  # type: ignore[operator]

    def loss(pixels: Tensor) -> Tensor:
        return contrastive(model.clips(model.frames(pixels), times), texts, scale, same=same)

    pixels = torch.from_numpy(batch.toons).float()
    generator = torch.Generator().manual_seed(batch.seed)
    moved = perturb(pixels, loss, attack, low=0, high=255, generator=generator)
    model.train(training)
    return replace(batch, toons=moved.round().to(torch.uint8).numpy())


def _same(keys: list[str]) -> Tensor:
    """(n, n) bool: which keys are equal."""
    numbers = {key: number for number, key in enumerate(keys)}
    codes = torch.tensor([numbers[key] for key in keys])
    return codes[:, None] == codes[None]
