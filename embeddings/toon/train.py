"""Trains the small encoder that the project carries, on toon scenes and on procedural footage.

    reelwise train toon --out FOLDER --seed 0

writes a model folder that `load_encoder(FOLDER)` loads like any open_clip model. `--start FOLDER`
trains such a model further; `--adversarial 4` trains on frames perturbed against the model.
"""

import json
import math
import multiprocessing
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.utils.data import DataLoader

from data.durable import write_atomic
from data.toons.scenes import random_scene
from embeddings.backbone.computing.precision import compute_dtype
from embeddings.backbone.computing.threads import threads
from embeddings.backbone.folders import BPE_FILE, CONFIG_FILE, WEIGHTS_FILE
from embeddings.backbone.loading import build_tokenizer, build_untrained
from embeddings.temporal.config import TemporalConfig
from embeddings.temporal.head import TemporalHead
from embeddings.temporal.record import HEAD_WEIGHTS, HeadRecord
from embeddings.toon.bank import Bank, BankSpec, draw_bank
from embeddings.toon.batches import BankBatches, BatchShape, ToonBatch
from embeddings.toon.bpe import learn_merges, save_merges, vocabulary_size
from embeddings.toon.model import (
    CPU,
    Tokenize,
    ToonModel,
    attack_batch,
    batch_loss,
    weighted_losses,
)
from embeddings.toon.stage import CARD, WORK, Stage, check_out, check_start
from embeddings.toon.start import build_like, frame_side, mix_models
from embeddings.training.attack import Attack
from embeddings.training.loop import LoopOptions, Report, RunState, Task, TrainingLoop

SECONDS = "seconds.json"
"""Time of a stage; written last, so that a stage with this file is complete."""
MIN_SCENES = 150
"""A batch takes up to 110 different ones."""
CORPUS_SCENES = 3000
"""The captions of these teach the tokenizer."""
MERGES = 1500
"""Of the tokenizer; it has a token for each."""
SCENES_PER_STEP = 30
"""Scenes per step of a short stage; it would not use more."""
STAGE_SEEDS = 10_000
"""Distance between the seeds of two stages, so that they draw different scenes."""
MAX_LOGIT_SCALE = 100.0
DIM = 256
"""Length of a vector."""
AVERAGE = 0.995
"""Decay of the moving average of the weights."""
THREADS = 1
"""Of torch; oneDNN's backward pass spins at barriers, so that more are slower on busy cores."""


@dataclass(frozen=True)
class ToonTraining:
    """Everything that a run depends on; written into the model's card."""

    seed: int = 0
    """Seeds weights, scenes, views and order."""
    scenes: int = 24_000
    """Scenes drawn for each stage; at most `SCENES_PER_STEP` for each of its steps."""
    stages: tuple[Stage, ...] = (
        Stage(64, 2000, 1.5e-3),
        Stage(96, 1400, 1e-3),
        Stage(96, 200, 5e-4, views=3.0),
    )
    """In order; the size of the last one is the model's."""
    shares: tuple[float, ...] | None = (0.15, 0.45, 0.4)
    """Share of each stage's weights in the model, of sum 1 (a model soup: Wortsman et al., 2022);
    None takes the last stage alone. Small frames teach what survives distortion, large ones
    kinds."""
    drawers: int = 2
    """Processes that draw scenes."""
    attack: Attack | None = None
    """Perturbs the toons of each batch before the step, in grey levels of 255."""
    checkpoint_s: float = 120.0
    """Seconds between two saved states."""


def fine_tuning(start: Path) -> ToonTraining:
    """Options of a short run that trains a model further, with frames of its size.

    Raises:
        ReelwiseError: The folder holds no model that can be trained further.
    """
    return ToonTraining(scenes=2000, stages=(Stage(frame_side(start), 40, 1e-3),), shares=None)


def model_config(px: int, dim: int, vocab_size: int) -> dict[str, object]:
    """The open_clip configuration of the embedded model, as `open_clip_config.json` holds it."""
    vision = {"image_size": px, "layers": [1, 1, 1, 1], "width": 16, "head_width": 64}
    text = {"context_length": 32, "vocab_size": vocab_size, "width": 192, "heads": 4, "layers": 3}
    pixels = {"size": [px, px], "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
    return {
        "model_cfg": {"embed_dim": dim, "vision_cfg": vision, "text_cfg": text},
        "preprocess_cfg": {**pixels, "interpolation": "bicubic", "resize_mode": "squash"},
    }


def train_toon(
    out: Path, options: ToonTraining, *, start: Path | None = None, report: Report
) -> Path:
    """Train the embedded encoder and save it as a model folder, `out`.

    A run that was stopped resumes from its last saved state, in `out/work`.

    Args:
        out: New folder, for configuration, weights, merges, temporal head and training.json.
        options: The run.
        start: A model folder that this wrote, which is trained further.
        report: Takes a line of progress.

    Raises:
        ReelwiseError: `out` holds a model or other files, or `start` holds no model.
    """
    check_out(out)
    if start is not None:
        check_start(start)
    shares = options.shares or (0.0,) * (len(options.stages) - 1) + (1.0,)
    if len(shares) != len(options.stages) or not math.isclose(sum(shares), 1):
        raise ValueError(f"{len(options.stages)} stages need as many shares of sum 1, not {shares}")
    done, seconds = start, []
    for number, stage in enumerate(options.stages, 1):
        folder = out / WORK / f"stage-{number}"
        if not (folder / SECONDS).is_file():
            with threads(THREADS):
                _run_stage(folder, number, options, start=done, report=report)
        report(f"stage {number} of {len(options.stages)}: {stage.px} px, {stage.steps} steps")
        seconds.append(json.loads((folder / SECONDS).read_text(encoding="utf-8")))
        done = folder
    if done is None or done == start:
        raise ValueError("a run needs at least one stage")
    shutil.copy(done / BPE_FILE, out / BPE_FILE)
    stages = [done.parent / f"stage-{number}" for number in range(1, len(shares) + 1)]
    _save_weights(out, mix_models(list(zip(stages, shares, strict=True)), out / WORK / "mixed"))
    record = {**asdict(options), "seconds": seconds, "torch": torch.__version__}
    record["precision"] = str(compute_dtype(CPU, "auto")).removeprefix("torch.")
    if start is not None:
        record["start"] = start.name
    write_atomic(out / CARD, json.dumps(record, indent=1).encode())
    shutil.copy(done / CONFIG_FILE, out / CONFIG_FILE)  # last: a folder that has it is complete
    shutil.rmtree(out / WORK)
    return out


def _run_stage(
    folder: Path, number: int, options: ToonTraining, *, start: Path | None, report: Report
) -> None:
    """Draw scenes, train from `start` or from scratch, and write a model folder."""
    began_s = time.monotonic()
    stage = options.stages[number - 1]
    seed = options.seed + STAGE_SEEDS * (number - 1)
    torch.manual_seed(seed)
    scenes = min(options.scenes, max(MIN_SCENES, SCENES_PER_STEP * stage.steps))
    spec = BankSpec(folder / "bank", scenes, seed)
    Bank(spec)
    context, n = multiprocessing.get_context("spawn"), options.drawers
    drawers = [context.Process(target=draw_bank, args=(spec, i, n), daemon=True) for i in range(n)]
    try:
        for process in drawers:
            process.start()
        if start is None:
            model, tokenize = _build(folder, stage.px, options)
        else:
            model, tokenize = build_like(start, folder, stage.px)
        for process in drawers:
            process.join()
            if process.exitcode != 0:
                raise RuntimeError("a process that draws training scenes died")
    finally:
        for process in drawers:
            if process.pid is not None:
                process.terminate()
    drawn_s = time.monotonic() - began_s
    report(f"drew {scenes} scenes in {drawn_s:.0f} s")
    task = _ToonTask(model, tokenize, spec, stage, options.attack)
    identity = {"options": asdict(options), "stage": number, "torch": torch.__version__}
    loop = LoopOptions(stage.steps, stage.learning_rate, average=AVERAGE)
    loop = replace(loop, checkpoint_s=options.checkpoint_s)
    state = RunState(folder / "state", identity)
    run = TrainingLoop(task, loop, state=state, report=report).run()
    _save_weights(folder, model)
    write_atomic(folder / SECONDS, str(round(drawn_s + run.seconds)).encode())
    for scratch in ("bank", "state"):
        shutil.rmtree(folder / scratch)


def _build(folder: Path, px: int, options: ToonTraining) -> tuple[ToonModel, Tokenize]:
    """An untrained model in a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([options.seed, 2])
    corpus = [
        text for _ in range(CORPUS_SCENES) for text in random_scene(rng, held_out=False).captions()
    ]
    merges = learn_merges(corpus, most=MERGES)
    save_merges(folder / BPE_FILE, merges)
    config = model_config(px, DIM, vocabulary_size(merges))
    write_atomic(folder / CONFIG_FILE, json.dumps(config, indent=1).encode())
    model = ToonModel(build_untrained(folder), TemporalHead(TemporalConfig(dim=DIM)))
    return model.to(memory_format=torch.channels_last), build_tokenizer(f"local-dir:{folder}")


class _ToonTask(Task[ToonBatch]):
    """The toon model, trained on a bank of scenes and on footage."""

    model: ToonModel

    def __init__(
        self,
        model: ToonModel,
        tokenize: Tokenize,
        spec: BankSpec,
        stage: Stage,
        attack: Attack | None,
    ) -> None:
        self.model, self._tokenize, self._attack = model, tokenize, attack
        self._spec, self._stage = spec, stage

    def batches(self, first: int) -> Iterator[tuple[ToonBatch, bool]]:
        """Batches that a separate process makes; no evaluation."""
        for batch in batch_loader(self._spec, self._stage.px, first, self._stage.steps):
            yield batch, False

    def losses(self, batch: ToonBatch) -> dict[str, Tensor]:
        """The parts of the loss by their weights."""
        if self._attack is not None:
            batch = attack_batch(self.model, batch, self._tokenize, self._attack)
        parts = batch_loss(self.model.train(), batch, self._tokenize)
        return weighted_losses(parts, views=self._stage.views)

    def limit_weights(self) -> None:
        """Keep the scale of the cosines in its range."""
        self.model.towers.logit_scale.clamp_(0, math.log(MAX_LOGIT_SCALE))  # type: ignore[operator]


def batch_loader(spec: BankSpec, px: int, first: int, end: int) -> DataLoader[ToonBatch]:
    """Batches number `first` to `end` of a bank, made in a process of their own."""
    return DataLoader(
        BankBatches(spec, BatchShape(px=px), first, end),
        batch_size=None,
        num_workers=1,
        prefetch_factor=4,
        multiprocessing_context="spawn",  # OpenCV's threads do not survive a fork
    )


def _save_weights(out: Path, model: ToonModel) -> None:
    out.mkdir(exist_ok=True)
    for part, name in ((model.towers, WEIGHTS_FILE), (model.head, HEAD_WEIGHTS)):
        half = {k: v.half().contiguous() for k, v in part.state_dict().items()}
        save_file(half, out / name)
    HeadRecord(asdict(model.head.config)).write(out)
