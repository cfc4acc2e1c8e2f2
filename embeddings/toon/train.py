"""Trains the small encoder that the project carries, on the toon world and on procedural footage.

    reelwise train toon --out FOLDER --seed 0

writes a model folder that `load_encoder(FOLDER)` loads like any open_clip model. `--start FOLDER`
goes on from such a folder's weights; `--adversarial 4` trains on frames changed against the model.
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
from torch.utils.data import DataLoader, IterableDataset

from data.durable import write_atomic
from data.errors import ReelwiseError
from data.toons import random_scene
from embeddings.backbone.loading import build_tokenizer, build_untrained
from embeddings.backbone.names import BPE_FILE, CONFIG_FILE, WEIGHTS_FILE
from embeddings.temporal.head import TemporalConfig, TemporalHead
from embeddings.temporal.record import HEAD_WEIGHTS, HeadRecord
from embeddings.toon.attack import attack_batch
from embeddings.toon.bank import Bank, BankSpec, Batch, BatchShape, batches, draw_bank
from embeddings.toon.bpe import learn_merges, save_merges, vocabulary_size
from embeddings.toon.model import ToonModel, batch_loss, total_loss
from embeddings.toon.start import build_like, check_start, frame_side, mix_models
from embeddings.training.attack import Attack

Report = Callable[[str], None]

SECONDS = "seconds.json"
"""How long a stage took; written last, so that a stage with it is complete."""
LEAST_SCENES = 150
"""A batch takes up to 110 different ones."""
SCENES_A_STEP = 30
"""A stage of few steps would not see more of them."""
STAGE_SEEDS = 10_000
"""Between the seeds of two stages, so that they see different scenes."""


@dataclass(frozen=True)
class Stage:
    """A stretch of training at one size of frame; the next one goes on from its weights.

    Small frames first teach the most in an hour, larger ones then tell small things apart
    (progressive resizing, as in EfficientNetV2, arXiv 2104.00298).
    """

    px: int
    """Side of a frame, a multiple of 32."""
    steps: int
    """Batches of some 80 clips."""
    learning_rate: float
    """At the top of the schedule; cosine down to nothing."""
    views: float = 1.0
    """Factor on the losses between two views of the same video."""


@dataclass(frozen=True)
class ToonTraining:
    """Everything that a run depends on; written into the model's card."""

    seed: int = 0
    """Seeds weights, scenes, views and order."""
    scenes: int = 24_000
    """Scenes drawn for each stage; at most `SCENES_A_STEP` for each of its steps."""
    stages: tuple[Stage, ...] = (
        Stage(64, 2000, 1.5e-3),
        Stage(96, 1400, 1e-3),
        Stage(96, 200, 5e-4, views=3.0),
    )
    """In order; the size of the last one is the model's."""
    shares: tuple[float, ...] | None = (0.15, 0.45, 0.4)
    """How much of each stage's weights the model's are (a model soup: Wortsman et al., 2022); they
    add up to 1. None takes those of the last stage alone. Chosen on validation scenes and footage
    of their own, 2026-11-21: small frames teach what survives distortion, large ones kinds."""
    dim: int = 256
    """Length of a vector."""
    weight_decay: float = 0.05
    """AdamW's, on matrices only."""
    average: float = 0.995
    """Decay of the running mean of the weights, which is what is kept."""
    threads: int = 1
    """Of torch. oneDNN's backward pass spins at barriers: on two busy cores (2026-11) two threads
    took 5 to 25 s for a step that one thread does in 2 s."""
    drawers: int = 2
    """Processes that draw scenes."""
    attack: Attack | None = None
    """Change the toons of each batch against the model before the step, in grey levels of 255."""
    snapshot: int = 200
    """The model so far is saved every so many steps."""


def fine_tuning(start: Path) -> ToonTraining:
    """A short run that goes on from a model, at its own size of frame.

    The rate: 20 adversarial steps with 1e-3 left recall at 1 under PGD at 0.82, with 3e-4 at 0.74,
    both 0.97 on clean frames (100 scenes, 64 px, 2026-11).

    Raises:
        ReelwiseError: The folder holds no model that training can go on from.
    """
    return ToonTraining(scenes=2000, stages=(Stage(frame_side(start), 40, 1e-3),), shares=None)


def model_config(px: int, dim: int, vocab_size: int) -> dict[str, object]:
    """The open_clip configuration of the embedded model, as `open_clip_config.json` holds it."""
    return {
        "model_cfg": {
            "embed_dim": dim,
            "vision_cfg": {
                "image_size": px,
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
            "size": [px, px],
            "mean": [0.5, 0.5, 0.5],
            "std": [0.25, 0.25, 0.25],
            "interpolation": "bicubic",
            "resize_mode": "squash",
        },
    }


def train_toon(
    out: Path, options: ToonTraining, *, start: Path | None = None, report: Report
) -> Path:
    """Train the embedded encoder and save it as a model folder.

    Args:
        out: New folder; everything on the way goes to `out/work`, which is removed at the end. A
            run that was stopped goes on after its last whole stage and draws no scene twice.
        options: The run.
        start: A model folder as this writes them, whose shape, words and weights are gone on from.
        report: Takes a line of progress.

    Returns:
        `out`, with open_clip_config.json, open_clip_model.safetensors, the merges, the temporal
        head and training.json.

    Raises:
        ReelwiseError: `out` holds a model already, or `start` holds none.
    """
    if (out / CONFIG_FILE).exists():
        raise ReelwiseError(f"{out} holds a model already", fix="name a new folder with --out")
    if start is not None:
        check_start(start)
    torch.set_num_threads(options.threads)
    shares = options.shares or (0.0,) * (len(options.stages) - 1) + (1.0,)
    if len(shares) != len(options.stages) or not math.isclose(sum(shares), 1):
        raise ValueError(f"{len(options.stages)} stages need as many shares of 1, not {shares}")
    done = start
    seconds = []
    for number, stage in enumerate(options.stages, 1):
        folder = out / "work" / f"stage-{number}"
        if not _is_complete(folder):
            _run_stage(folder, number, options, start=done, report=report)
        report(f"stage {number} of {len(options.stages)}: {stage.px} px, {stage.steps} steps")
        seconds.append(json.loads((folder / SECONDS).read_text(encoding="utf-8")))
        done = folder
    if done is None or done == start:
        raise ValueError("a run needs a stage or more, not none")
    shutil.copy(done / BPE_FILE, out / BPE_FILE)
    stages = [done.parent / f"stage-{number}" for number in range(1, len(shares) + 1)]
    mixed, _ = mix_models(list(zip(stages, shares, strict=True)), out / "work" / "mixed")
    _save_weights(out, mixed)
    record = {**asdict(options), "seconds": seconds, "torch": torch.__version__}
    if start is not None:
        record["start"] = start.name
    write_atomic(out / "training.json", json.dumps(record, indent=1).encode())
    shutil.copy(done / CONFIG_FILE, out / CONFIG_FILE)  # last: a folder that has it is complete
    shutil.rmtree(out / "work")
    return out


def _is_complete(folder: Path) -> bool:
    return (folder / SECONDS).is_file()


def _run_stage(
    folder: Path,
    number: int,
    options: ToonTraining,
    *,
    start: Path | None,
    report: Report,
) -> None:
    """Draw scenes, train from `start` or from nothing, and leave a model folder."""
    began = time.monotonic()
    stage = options.stages[number - 1]
    seed = options.seed + STAGE_SEEDS * (number - 1)
    torch.manual_seed(seed)
    scenes = min(options.scenes, max(LEAST_SCENES, SCENES_A_STEP * stage.steps))
    spec = BankSpec(folder / "bank", scenes, seed)
    Bank(spec)
    drawers = _start_drawers(spec, options.drawers)
    if start is None:
        model, tokenize = _build(folder, stage.px, options)
    else:
        model, tokenize = build_like(start, folder, stage.px)
    try:
        for process in drawers:
            process.join()
            if process.exitcode != 0:
                raise RuntimeError("a process that draws training scenes died")
    finally:
        for process in drawers:
            process.terminate()
    report(f"drew {scenes} scenes in {time.monotonic() - began:.0f} s")
    kept = _train(model, spec, tokenize, stage, options, report)
    _save_weights(folder, kept)
    write_atomic(folder / SECONDS, str(round(time.monotonic() - began)).encode())
    for scratch in ("bank", "snapshot"):
        shutil.rmtree(folder / scratch, ignore_errors=True)


def _start_drawers(spec: BankSpec, count: int) -> list[multiprocessing.process.BaseProcess]:
    context = multiprocessing.get_context("spawn")
    drawers: list[multiprocessing.process.BaseProcess] = [
        context.Process(target=draw_bank, args=(spec, i, count), daemon=True) for i in range(count)
    ]
    for process in drawers:
        process.start()
    return drawers


def _learn_words(seed: int) -> list[tuple[str, str]]:
    rng = np.random.default_rng([seed, 2])
    corpus = [text for _ in range(3000) for text in random_scene(rng, held_out=False).captions()]
    return learn_merges(corpus, most=1500)


def _build(
    folder: Path, px: int, options: ToonTraining
) -> tuple[ToonModel, Callable[[list[str]], Tensor]]:
    """An untrained model in a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    merges = _learn_words(options.seed)
    save_merges(folder / BPE_FILE, merges)
    config = model_config(px, options.dim, vocabulary_size(merges))
    write_atomic(folder / CONFIG_FILE, json.dumps(config, indent=1).encode())
    model = ToonModel(build_untrained(folder), TemporalHead(TemporalConfig(dim=options.dim)))
    return model.to(memory_format=torch.channels_last), build_tokenizer(folder)


def _train(
    model: ToonModel,
    spec: BankSpec,
    tokenize: Callable[[list[str]], Tensor],
    stage: Stage,
    options: ToonTraining,
    report: Report,
) -> ToonModel:
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = _optimizer(model, options)
    total = stage.steps
    started = time.monotonic()
    generator = torch.Generator().manual_seed(spec.seed)
    for step, batch in enumerate(_material(spec, stage)):
        if options.attack is not None:
            batch = attack_batch(model, batch, tokenize, options.attack, generator)
        for group in optimizer.param_groups:
            group["lr"] = stage.learning_rate * _schedule(step, total)
        parts = batch_loss(model.train(), batch, tokenize)
        loss = total_loss(parts, views=stage.views)
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

    def __init__(self, spec: BankSpec, stage: Stage) -> None:
        self.spec = spec
        self.stage = stage

    def __iter__(self) -> Iterator[Batch]:
        """One batch a step."""
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self.spec.seed, 3])
        shape = BatchShape(px=self.stage.px)
        yield from islice(batches(Bank(self.spec), shape, rng), self.stage.steps)


def _material(spec: BankSpec, stage: Stage) -> Iterable[Batch]:
    return DataLoader(
        Material(spec, stage),
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
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


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


def _save_weights(out: Path, model: ToonModel) -> None:
    out.mkdir(exist_ok=True)
    half = {k: v.half().contiguous() for k, v in model.towers.state_dict().items()}
    save_file(half, out / WEIGHTS_FILE)
    head = {k: v.half().contiguous() for k, v in model.head.state_dict().items()}
    save_file(head, out / HEAD_WEIGHTS)
    HeadRecord(model.head.config.as_dict()).write(out)
