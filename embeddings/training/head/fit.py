"""Fits a temporal head to captioned clips: features of a frozen backbone, or pixels."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from embeddings.temporal.head import TemporalConfig, TemporalHead
from embeddings.training.checkpoint import RunState
from embeddings.training.head.batches import Batches, ClipBatch, Distort
from embeddings.training.head.data import HeadData
from embeddings.training.head.evaluation import HeadFigures, evaluate_head
from embeddings.training.head.objective import MAX_SCALE, HeadModel, StepContext, step_loss
from embeddings.training.head.options import HeadTraining, TrainingPrecision
from embeddings.training.loop import Evaluation, LoopOptions, Report, Task, TrainingLoop
from embeddings.training.ranks import Ranks

TOWER_RATE = 0.1
"""Factor on the learning rate of the backbone's blocks, which are trained already."""
DIGEST_FRAMES = 256


@dataclass(frozen=True)
class FittedHead:
    """The head that a run gives, and how the run went."""

    head: TemporalHead
    """With the weights that did best on the validation clips, on the CPU."""
    head_figures: HeadFigures
    """Its figures there."""
    mean_figures: HeadFigures
    """Those of mean pooling."""
    steps: int
    """Batches trained on."""
    best_step: int
    """Step at which the kept weights were; 0 is the untrained head."""
    seconds: float
    """Time in training, of all processes that worked on the run one after another."""
    losses: tuple[float, ...] = field(default=(), repr=False)
    """Loss of each step since this process began."""


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
        options: The run.
        setting: Where it takes place; in this process on the CPU, without a file, by default. A run
            whose folder holds a saved state is resumed, with the same result as if it had never
            stopped.
    """
    options, setting = options or HeadTraining(), setting or Setting()
    task = _HeadTask(train, validation, options, setting)
    mean_figures = task.figures(None)
    loop = TrainingLoop(
        task,
        LoopOptions(
            steps=options.steps,
            learning_rate=options.learning_rate,
            weight_decay=options.weight_decay,
            average=options.average,
            patience=options.patience,
            checkpoint_s=options.checkpoint_s,
        ),
        state=_run_state(train, validation, options, setting),
        report=setting.report if setting.ranks.first else lambda line: None,
        score=mean_figures.score,
    )
    run = loop.run()
    head = task.model.head
    return FittedHead(
        head_figures=task.figures(head),
        head=head.eval().cpu(),
        mean_figures=mean_figures,
        steps=run.steps,
        best_step=run.best_step,
        seconds=run.seconds,
        losses=tuple(run.losses),
    )


class _HeadTask(Task[ClipBatch]):
    """The head, the tower and the numbers of the loss, trained on captioned clips."""

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
        self.model = HeadModel(head, options.objective.loss, setting.tower).to(ranks.device)
        autocast = _autocast(ranks.device, options.precision)
        self._context = StepContext(train, options.objective, ranks, autocast)

    def batches(self, first: int) -> Iterator[tuple[ClipBatch, bool]]:
        """All steps from `first` on; an evaluation follows every `validate_every`-th."""
        for step in range(first, self._options.steps):
            yield self._batches.batch(step), (step + 1) % self._options.validate_every == 0

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        """As `step_loss`."""
        self.model.head.train()
        return step_loss(self.model, batch, self._context)

    def rate_factor(self, name: str) -> float:
        """Lower for the backbone."""
        return TOWER_RATE if name.startswith("tower.") else 1.0

    def share_gradients(self) -> None:
        """Make every process's gradients those of the whole batch."""
        self._ranks.add_gradients(list(self.model.through()), list(self.model.direct()))

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


def _autocast(
    device: torch.device, precision: TrainingPrecision
) -> Callable[[], AbstractContextManager[object]]:
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
