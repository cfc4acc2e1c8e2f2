"""Trains the small encoder that the project carries, on the toon world and on procedural footage.

    reelwise train toon --out FOLDER --seed 0

writes a model folder that `load_encoder(FOLDER)` loads like any open_clip model.
"""

from __future__ import annotations

import copy
import json
import math
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset

from data.durable import write_atomic
from data.errors import ReelwiseError
from data.toons import random_scene
from embeddings.backbone import BPE_FILE, build_tokenizer, build_untrained
from embeddings.bpe import learn_merges, save_merges, vocabulary_size
from embeddings.encoder import HEAD_CONFIG, HEAD_WEIGHTS
from embeddings.losses import contrastive
from embeddings.spatiotemporal import TemporalConfig, TemporalHead, clip_vectors, pool_frames
from embeddings.toon_bank import Bank, BankSpec, Batch, BatchShape, batches, draw_bank
from embeddings.toon_labels import Probes

Report = Callable[[str], None]


@dataclass(frozen=True)
class ToonTraining:
    """Everything that a run depends on; written into the model's card."""

    seed: int = 0
    """Seeds weights, scenes, views and order."""
    scenes: int = 24_000
    """Scenes drawn for training."""
    steps: int = 2000
    """Batches of some 80 clips."""
    px: int = 64
    """Side of a frame."""
    dim: int = 256
    """Length of a vector."""
    learning_rate: float = 1.5e-3
    """At the top of the schedule; cosine down to nothing."""
    weight_decay: float = 0.05
    """AdamW's, on matrices only."""
    average: float = 0.995
    """Decay of the running mean of the weights, which is what is kept."""
    threads: int = 1
    """Of torch. oneDNN's backward pass spins at barriers: on two busy cores (2026-11) two threads
    took
    5 to 25 s for a step that one thread does in 2 s."""
    drawers: int = 2
    """Processes that draw scenes."""
    snapshot: int = 200
    """The model so far is saved every so many steps."""


def model_config(options: ToonTraining, vocab_size: int) -> dict[str, object]:
    """The open_clip configuration of the embedded model, as `open_clip_config.json` holds it."""
    return {
        "model_cfg": {
            "embed_dim": options.dim,
            "vision_cfg": {
                "image_size": options.px,
                "layers": [1, 1, 1, 1],
                "width": 16,
                "head_width": 64,
            },
            "text_cfg": {
                "context_length": 32,
                "vocab_size": vocab_size,
                "width": 192,
                "heads": 4,
                "layers": 3,
            },
        },
        "preprocess_cfg": {
            "size": [options.px, options.px],
            "mean": [0.5, 0.5, 0.5],
            "std": [0.25, 0.25, 0.25],
            "interpolation": "bicubic",
            "resize_mode": "squash",
        },
    }


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


def train_toon(out: Path, options: ToonTraining, *, report: Report) -> Path:
    """Train the embedded encoder and save it as a model folder.

    Args:
        out: New folder; scenes are drawn into `out/bank`, which is removed at the end. A run that
            was stopped starts over, but draws no scene twice.
        options: The run.
        report: Takes a line of progress.

    Returns:
        `out`, with open_clip_config.json, open_clip_model.safetensors, the merges, the temporal
        head and training.json.

    Raises:
        ReelwiseError: `out` holds a model already.
    """
    if (out / "open_clip_config.json").exists():
        raise ReelwiseError(f"{out} holds a model already", fix="name a new folder with --out")
    started = time.monotonic()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    spec = BankSpec(out / "bank", options.scenes, options.seed)
    bank = Bank(spec)
    drawers = _start_drawers(spec, options.drawers)
    model, tokenize = _build(out, options)
    try:
        for process in drawers:
            process.join()
            if process.exitcode != 0:
                raise RuntimeError("a process that draws training scenes died")
    finally:
        for process in drawers:
            process.terminate()
    report(f"drew {len(bank.drawn())} scenes in {time.monotonic() - started:.0f} s")
    kept = _train(model, spec, tokenize, options, report)
    _save(out, kept, options, seconds=time.monotonic() - started)
    for scratch in ("bank", "snapshot"):
        shutil.rmtree(out / scratch, ignore_errors=True)
    return out


def _start_drawers(spec: BankSpec, count: int) -> list[multiprocessing.process.BaseProcess]:
    context = multiprocessing.get_context("spawn")
    drawers: list[multiprocessing.process.BaseProcess] = [
        context.Process(target=draw_bank, args=(spec, i, count), daemon=True) for i in range(count)
    ]
    for process in drawers:
        process.start()
    return drawers


def _build(out: Path, options: ToonTraining) -> tuple[ToonModel, Callable[[list[str]], Tensor]]:
    rng = np.random.default_rng([options.seed, 2])
    corpus = [text for _ in range(3000) for text in random_scene(rng, held_out=False).captions()]
    merges = learn_merges(corpus, most=1500)
    out.mkdir(parents=True, exist_ok=True)
    save_merges(out / BPE_FILE, merges)
    config = model_config(options, vocabulary_size(merges))
    text = json.dumps(config, indent=1)
    write_atomic(out / "bank" / "open_clip_config.json", text.encode())
    shutil.copy(out / BPE_FILE, out / "bank" / BPE_FILE)
    towers = build_untrained(out / "bank")
    model = ToonModel(towers, TemporalHead(TemporalConfig(dim=options.dim)))
    return model.to(memory_format=torch.channels_last), build_tokenizer(out / "bank")


def _train(
    model: ToonModel,
    spec: BankSpec,
    tokenize: Callable[[list[str]], Tensor],
    options: ToonTraining,
    report: Report,
) -> ToonModel:
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = _optimizer(model, options)
    total = options.steps
    started = time.monotonic()
    for step, batch in enumerate(_material(spec, options)):
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * _schedule(step, total)
        parts = batch_loss(model.train(), batch, tokenize)
        loss = torch.stack([WEIGHTS[name] * part for name, part in parts.items()]).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.towers.logit_scale.clamp_(0, math.log(100))  # type: ignore[operator]
        _follow(average, model, min(options.average, (step + 1) / (step + 10)))
        if step % 20 == 0 or step == total - 1:
            figures = " ".join(f"{name} {part.item():.3f}" for name, part in parts.items())
            rate = (time.monotonic() - started) / (step + 1)
            report(f"step {step + 1}/{total} {figures} {rate:.2f} s/step")
        if (step + 1) % options.snapshot == 0:
            _save_weights(spec.folder.parent / "snapshot", average)
    return average


class Material(IterableDataset[Batch]):
    """The batches of a whole run, made in a process of their own."""

    def __init__(self, spec: BankSpec, options: ToonTraining) -> None:
        self.spec = spec
        self.options = options

    def __iter__(self) -> Iterator[Batch]:
        """One batch a step."""
        cv2.setNumThreads(1)
        options = self.options
        rng = np.random.default_rng([options.seed, 3])
        bank = Bank(self.spec)
        yield from islice(batches(bank, BatchShape(px=options.px), rng), options.steps)


def _material(spec: BankSpec, options: ToonTraining) -> Iterable[Batch]:
    return DataLoader(
        Material(spec, options),
        batch_size=None,
        num_workers=1,
        prefetch_factor=4,
        multiprocessing_context="spawn",  # OpenCV's threads do not survive a fork
    )


def _optimizer(model: ToonModel, options: ToonTraining) -> torch.optim.Optimizer:
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    rest = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": options.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=options.learning_rate, betas=(0.9, 0.98))


def _schedule(step: int, total: int) -> float:
    warm = min(100, max(1, total // 10))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))


@torch.no_grad()
def _follow(average: ToonModel, model: ToonModel, decay: float) -> None:
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def _save(out: Path, model: ToonModel, options: ToonTraining, *, seconds: float) -> None:
    """Write the model folder; the configuration last, so that a folder with one is complete."""
    _save_weights(out, model)
    record = {**asdict(options), "seconds": round(seconds), "torch": torch.__version__}
    write_atomic(out / "training.json", json.dumps(record, indent=1).encode())
    shutil.copy(out / "bank" / "open_clip_config.json", out / "open_clip_config.json")


def _save_weights(out: Path, model: ToonModel) -> None:
    out.mkdir(exist_ok=True)
    half = {k: v.half().contiguous() for k, v in model.towers.state_dict().items()}
    save_file(half, out / "open_clip_model.safetensors")
    head = {k: v.half().contiguous() for k, v in model.head.state_dict().items()}
    save_file(head, out / HEAD_WEIGHTS)
    write_atomic(out / HEAD_CONFIG, json.dumps(model.head.config.as_dict(), indent=1).encode())
