"""Fits a temporal head to captioned clips: features of a frozen backbone, or pixels."""

import hashlib
import math
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from embeddings.temporal.config import HeadKind, TemporalConfig
from embeddings.temporal.head import TemporalHead
from embeddings.training.head.batches import Augmentation, Batches, ClipBatch, Distort
from embeddings.training.head.data import HeadData
from embeddings.training.head.evaluation import HeadFigures, evaluate_head
from embeddings.training.head.objective import MAX_SCALE, Autocast, HeadModel, Objective, step_loss
from embeddings.training.loop import (
    Evaluation,
    LoopOptions,
    LoopResult,
    Report,
    RunState,
    Task,
    TrainingLoop,
)
from embeddings.training.ranks import Ranks

TrainingPrecision = Literal["auto", "fp32", "bf16"]

TOWER_RATE = 0.1
"""Factor on the learning rate of the backbone's blocks, which are trained already."""
DIGEST_FRAMES = 256


@dataclass(frozen=True)
class HeadTraining(LoopOptions):
    """Everything that fitting a head depends on, beside its data."""

    config: TemporalConfig | None = None
    """Shape of the head; None takes the default shape of this `kind` for the features' length."""
    kind: HeadKind = "attention"
    """How frames are mixed, where there is no `config`."""
    objective: Objective = field(default_factory=Objective)
    """The loss."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How a clip varies from one batch to the next."""
    seed: int = 0
    """Seeds weights, batches and attacks."""
    batch: int = 128
    """Clips in a batch."""
    validate_every: int = 50
    """Steps between two evaluations on the validation clips."""
    patience: int | None = 8
    precision: TrainingPrecision = "auto"
    """auto: bf16 on GPUs that have it, else fp32."""


@dataclass(frozen=True)
class FittedHead:
    """A fitted head, its figures, and how the run went."""

    head: TemporalHead
    """With the weights that did best on the validation clips, on the CPU."""
    head_figures: HeadFigures
    """Its figures there."""
    mean_figures: HeadFigures
    """Those of mean pooling."""
    run: LoopResult
    """How the training went."""


@dataclass(frozen=True)
class Setting:
    """Where and how a run takes place."""

    ranks: Ranks = field(default_factory=lambda: Ranks(torch.device("cpu")))
    """The device and the other processes."""
    folder: Path | None = None
    """For the state and the log; None saves nothing, so that a kill loses the run."""
    tower: nn.Module | None = None
    """Makes features of pixels; weights of it that require gradients are trained in place."""
    distort: Distort | None = None
    """Makes views of pixels."""
    report: Report = lambda line: None
    """Takes a line of progress."""


def fit_head(
    train: HeadData,
    validation: HeadData,
    options: HeadTraining | None = None,
    *,
    setting: Setting | None = None,
) -> FittedHead:
    """Train a temporal head.

    Args:
        train: Captioned clips to learn from.
        validation: Others for early stopping; the weights that do best on them are kept: those of
            the untrained head, equal to mean pooling, where nothing is better.
        options: The run; the backbone's blocks have a lower learning rate, see `TOWER_RATE`.
        setting: Where it takes place. A run whose folder holds a saved state is resumed, with the
            same result as if it had never stopped.
    """
    options, setting = options or HeadTraining(), setting or Setting()
    task = _HeadTask(train, validation, options, setting)
    mean_figures = task.figures(None)
    loop = TrainingLoop(
        task,
        options,
        state=_run_state(train, validation, options, setting),
        report=setting.report if setting.ranks.first else lambda line: None,
        score=mean_figures.score,
    )
    run, head = loop.run(), task.model.head
    figures = task.figures(head)  # before the head leaves the device
    return FittedHead(head.eval().cpu(), figures, mean_figures, run)


class _HeadTask(Task[ClipBatch]):
    """The head, the tower and the parameters of the loss, trained on captioned clips."""

    model: HeadModel

    def __init__(
        self, train: HeadData, validation: HeadData, options: HeadTraining, setting: Setting
    ) -> None:
        self._validation, self._options, self._tower = validation, options, setting.tower
        self._ranks = ranks = setting.ranks
        self._batches = Batches(
            train,
            size=options.batch,
            seed=options.seed,
            augmentation=options.augmentation,
            share=(ranks.rank, ranks.world),
            distort=setting.distort,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            shape = TemporalConfig(dim=train.texts.shape[1], kind=options.kind)
            head = TemporalHead(options.config or shape)
        autocast = _autocast(ranks.device, options.precision)
        model = HeadModel(head, options.objective, setting.tower, ranks, autocast)
        self.model, self._data = model.to(ranks.device), train

    def batches(self, first: int) -> Iterator[tuple[ClipBatch, bool]]:
        """All steps from `first` on; an evaluation follows every `validate_every`-th."""
        for step in range(first, self._options.steps):
            yield self._batches.batch(step), (step + 1) % self._options.validate_every == 0

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        """As `step_loss`."""
        self.model.head.train()
        return step_loss(self.model, batch, self._data)

    def rate_factor(self, name: str) -> float:
        """Lower for the backbone."""
        return TOWER_RATE if name.startswith("tower.") else 1.0

    def share_gradients(self) -> None:
        """Make every process's gradients those of the whole batch."""
        model, direct = self.model, ("log_scale", "bias")
        through = [w for name, w in model.named_parameters() if name not in direct]
        self._ranks.add_gradients(through, [model.log_scale, model.bias])

    def limit_weights(self) -> None:
        """Keep the loss's scale below its maximum."""
        self.model.log_scale.clamp_(0, math.log(MAX_SCALE))

    def evaluate(self) -> Evaluation:
        """The figures on the validation clips; the first process's score decides for all."""
        figures = self.figures(self.model.head)
        return Evaluation(self._ranks.agree(figures.score), asdict(figures), figures.summary)

    def figures(self, head: TemporalHead | None) -> HeadFigures:
        """Figures of a head, or of mean pooling, on the validation clips."""
        device = self._ranks.device
        return evaluate_head(head, self._validation, tower=self._tower, device=device).figures


def _run_state(
    train: HeadData, validation: HeadData, options: HeadTraining, setting: Setting
) -> RunState | None:
    if setting.folder is None:
        return None
    identity = {
        "options": asdict(options),
        "train": _digest(train),
        "validation": _digest(validation),
        "world": setting.ranks.world,
        "torch": torch.__version__,
    }
    return RunState(setting.folder, identity, read_only=not setting.ranks.first)


def _autocast(device: torch.device, precision: TrainingPrecision) -> Autocast:
    bf16 = precision == "bf16"
    if precision == "auto":
        bf16 = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return (lambda: torch.autocast(device.type, torch.bfloat16)) if bf16 else nullcontext


def _digest(data: HeadData) -> str:
    """Changes with the captions, and with a sample of the frames."""
    digest = hashlib.sha256()
    for part in (data.texts, data.clip_of, data.caption, data.backward, data.wrong):
        digest.update(np.ascontiguousarray(part).tobytes())
    for table in (data.clips, *data.views):
        digest.update(table.starts.tobytes())
        some = table.frames[:: max(1, len(table.frames) // DIGEST_FRAMES)]
        digest.update(np.ascontiguousarray(some).tobytes())
    return digest.hexdigest()
