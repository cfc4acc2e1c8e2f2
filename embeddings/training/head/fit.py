"""Fits a temporal head to captioned clips: features of a frozen backbone, or pixels."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from data.durable import crash_point
from embeddings.temporal.head import HeadKind, TemporalConfig, TemporalHead
from embeddings.training.checkpoint import RunState
from embeddings.training.head.batches import Augmentation, Batches, Distort
from embeddings.training.head.data import HeadData
from embeddings.training.head.judge import HeadFigures, judge
from embeddings.training.head.objective import (
    MOST_SCALE,
    HeadModel,
    Objective,
    StepContext,
    step_loss,
)
from embeddings.training.ranks import Ranks

Report = Callable[[str], None]
Precision = Literal["auto", "fp32", "bf16"]

REPORT_EVERY_S = 5.0


@dataclass(frozen=True)
class HeadTraining:
    """Everything that a run depends on, beside its data."""

    config: TemporalConfig | None = None
    """Shape of the head; None takes the default shape of this `kind` for the features' length."""
    kind: HeadKind = "attention"
    """How frames learn of each other, where there is no `config`."""
    objective: Objective = field(default_factory=Objective)
    """What a step asks."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    """How clips differ from one sight to the next."""
    seed: int = 0
    """Seeds weights, batches and attacks."""
    steps: int = 1000
    """At most so many batches."""
    batch: int = 128
    """Clips in a batch."""
    learning_rate: float = 1e-3
    """At the top of the schedule; a tenth for the backbone's blocks."""
    weight_decay: float = 0.05
    """AdamW's, on matrices only."""
    average: float = 0.98
    """Decay of the running mean of the weights, which is what is judged and kept."""
    validate_every: int = 50
    """Steps between two looks at the validation clips."""
    patience: int = 8
    """Looks without a better score before the run ends early."""
    checkpoint_s: float = 60.0
    """Seconds between two saved states; 0 saves at every step."""
    precision: Precision = "auto"
    """auto: bf16 on GPUs that have it, else fp32."""


@dataclass(frozen=True)
class FittedHead:
    """What came out of a run."""

    head: TemporalHead
    """With the weights that did best on the validation clips, on the CPU."""
    head_figures: HeadFigures
    """Its figures there."""
    mean_figures: HeadFigures
    """Those of mean pooling."""
    steps: int
    """Batches that were trained on."""
    best_step: int
    """After how many of them the kept weights were; 0 is the untrained head."""
    seconds: float
    """Time in training, of all its lives together."""
    losses: tuple[float, ...] = field(default=(), repr=False)
    """Loss of each step since this process began."""


@dataclass(frozen=True)
class Setting:
    """Where and how a run takes place."""

    ranks: Ranks = field(default_factory=lambda: Ranks(torch.device("cpu")))
    """The device and the other processes."""
    folder: Path | None = None
    """For the state and the log; None keeps nothing, so that a kill loses the run."""
    tower: nn.Module | None = None
    """Makes features of pixels; weights of it that take gradients are trained in place."""
    distort: Distort | None = None
    """Makes views of pixels."""
    report: Report | None = None
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
        validation: Others to stop by; the weights that do best on them are kept, which are those
            of the untrained head, equal to mean pooling, where nothing did better.
        options: The run.
        setting: Where it takes place; in this process on the CPU, without a file, by default. A run
            whose folder holds a saved state goes on from there, with the same result as if it had
            never stopped.
    """
    options, setting = options or HeadTraining(), setting or Setting()
    run = _Run(train, validation, options, setting)
    run.go()
    return run.result()


class _Run:
    """One run: the model, its optimiser and the best weights so far."""

    def __init__(
        self, train: HeadData, validation: HeadData, options: HeadTraining, setting: Setting
    ) -> None:
        self.options, self.setting, self.ranks = options, setting, setting.ranks
        self.validation = validation
        share = (self.ranks.rank, self.ranks.world)
        self.batches = Batches(
            train, size=options.batch, seed=options.seed, how=options.augmentation, share=share
        )
        self.batches.distort = setting.distort
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            shape = TemporalConfig(dim=train.texts.shape[1], kind=options.kind)
            head = TemporalHead(options.config or shape)
        self.model = HeadModel(head, options.objective.loss, setting.tower).to(self.ranks.device)
        self.trained = {k: p for k, p in self.model.named_parameters() if p.requires_grad}
        self.average = {k: p.detach().clone() for k, p in self.trained.items()}
        self.optimizer = _optimizer(self.trained, options)
        autocast = _autocast(self.ranks.device, options.precision)
        self.context = StepContext(train, options.objective, self.ranks, autocast, options.seed)
        self.mean_figures = judge(
            None, validation, tower=setting.tower, device=self.ranks.device
        ).figures
        self.step = 0
        self.losses: list[float] = []
        self.log: list[dict[str, Any]] = []
        self.best: dict[str, Any] = {
            "step": 0,
            "score": self.mean_figures.score,
            "weights": {k: v.clone() for k, v in self.average.items()},
        }
        self.seconds_before = 0.0
        self.state = self._open_state(train)

    def _open_state(self, train: HeadData) -> RunState | None:
        if self.setting.folder is None:
            return None
        identity = {
            "options": asdict(self.options),
            "train": _digest(train),
            "validation": _digest(self.validation),
            "world": self.ranks.world,
            "torch": torch.__version__,
        }
        state = RunState(self.setting.folder, identity)
        kept = state.load()
        if kept is not None:
            with torch.no_grad():
                for name, weight in self.trained.items():
                    weight.copy_(kept["weights"][name])
                    self.average[name].copy_(kept["average"][name])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step, self.best, self.log = kept["step"], kept["best"], kept["log"]
            self.seconds_before = kept["seconds"]
            self._say(f"goes on from step {self.step}")
        return state

    @property
    def seconds(self) -> float:
        """Time in training so far."""
        return self.seconds_before + time.monotonic() - self.began_s

    def go(self) -> None:
        """Train to the end, from wherever it stands."""
        options = self.options
        self.began_s = time.monotonic()
        saved_s = said_s = time.monotonic()
        while self.step < options.steps and not self._tired():
            loss = self._one_step()
            looked = self.step % options.validate_every == 0 or self.step == options.steps
            if looked:
                self._look(loss)
            elif time.monotonic() - said_s > REPORT_EVERY_S:
                self._say(self._progress(loss))
                said_s = time.monotonic()
            if looked or time.monotonic() - saved_s >= options.checkpoint_s:
                self._save()
                saved_s = time.monotonic()
            crash_point("train.step")

    def _tired(self) -> bool:
        looks = (self.step - self.best["step"]) // self.options.validate_every
        return bool(looks >= self.options.patience)

    def _one_step(self) -> dict[str, float]:
        options, model = self.options, self.model
        for group in self.optimizer.param_groups:
            group["lr"] = group["top"] * schedule(self.step, options.steps)
        model.head.train()
        context = self.context
        seed = options.seed * 1_000_003 + self.step * self.ranks.world
        context = StepContext(
            context.data, context.objective, context.ranks, context.autocast, seed
        )
        parts = step_loss(model, self.batches.batch(self.step), context)
        loss = torch.stack(list(parts.values())).sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.ranks.add_gradients(list(model.through()), list(model.direct()))
        nn.utils.clip_grad_norm_(self.trained.values(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            model.log_scale.clamp_(0, math.log(MOST_SCALE))
            decay = min(options.average, (self.step + 1) / (self.step + 10))
            for name, weight in self.trained.items():
                self.average[name].lerp_(weight, 1 - decay)
        self.step += 1
        self.losses.append(float(loss.detach()))
        return {name: float(part.detach()) for name, part in parts.items()}

    def _look(self, loss: dict[str, float]) -> None:
        """Judge the averaged weights on the validation clips and keep them where they are best."""
        figures = self._judge_average()
        score = self.ranks.agree(figures.score)
        if score > self.best["score"]:
            weights = {k: v.clone() for k, v in self.average.items()}
            self.best = {"step": self.step, "score": score, "weights": weights}
        self.log.append(
            {
                "step": self.step,
                **{f"loss_{name}": part for name, part in loss.items()},
                "seconds": round(self.seconds, 2),
                **{f"validation_{name}": value for name, value in asdict(figures).items()},
                "validation_score": score,
            }
        )
        self._say(f"{self._progress(loss)}; validation {in_words(figures)}")
        if self.state is not None and self.ranks.first:
            self.state.write_log(self.log)

    def _judge_average(self) -> HeadFigures:
        now = {k: p.detach().clone() for k, p in self.trained.items()}
        self._put(self.average)
        judged = judge(
            self.model.head,
            self.validation,
            tower=self.setting.tower,
            device=self.ranks.device,
        )
        self._put(now)
        return judged.figures

    @torch.no_grad()
    def _put(self, weights: dict[str, Tensor]) -> None:
        for name, weight in self.trained.items():
            weight.copy_(weights[name])

    def _save(self) -> None:
        if self.state is None or not self.ranks.first:
            return
        self.state.save(
            {
                "step": self.step,
                "weights": {k: p.detach() for k, p in self.trained.items()},
                "average": self.average,
                "optimizer": self.optimizer.state_dict(),
                "best": self.best,
                "log": self.log,
                "seconds": self.seconds,
            }
        )

    def result(self) -> FittedHead:
        """The best weights, in place, and what they do."""
        self._put(self.best["weights"])
        head = self.model.head.eval()
        judged = judge(head, self.validation, tower=self.setting.tower, device=self.ranks.device)
        return FittedHead(
            head=head.cpu(),
            head_figures=judged.figures,
            mean_figures=self.mean_figures,
            steps=self.step,
            best_step=self.best["step"],
            seconds=self.seconds,
            losses=tuple(self.losses),
        )

    def _progress(self, loss: dict[str, float]) -> str:
        parts = " ".join(f"{name} {value:.3f}" for name, value in loss.items())
        rate = (time.monotonic() - self.began_s) / max(1, len(self.losses))
        total = self.options.steps
        left_s = rate * (total - self.step)
        return f"step {self.step}/{total} {parts}, {rate:.2f} s/step, {left_s:.0f} s left"

    def _say(self, line: str) -> None:
        if self.setting.report is not None and self.ranks.first:
            self.setting.report(line)


def in_words(figures: HeadFigures) -> str:
    """The figures as half a sentence."""
    told = f"recall@1 {figures.recall_at_1:.3f}, @5 {figures.recall_at_5:.3f}"
    if figures.order_accuracy is not None:
        told += f", order {figures.order_accuracy:.3f} of {figures.order_pairs}"
    return told


def schedule(step: int, total: int) -> float:
    """Share of the learning rate: up over a twentieth of the run, then a cosine down to nothing."""
    warm = min(100, max(1, total // 20))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))


def _optimizer(trained: dict[str, nn.Parameter], options: HeadTraining) -> torch.optim.Optimizer:
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, weight in trained.items():
        decay = options.weight_decay if weight.ndim >= 2 else 0.0
        top = options.learning_rate * (0.1 if name.startswith("tower.") else 1.0)
        groups.setdefault((top, decay), []).append(weight)
    return torch.optim.AdamW(
        [{"params": p, "weight_decay": d, "lr": top, "top": top} for (top, d), p in groups.items()],
        betas=(0.9, 0.98),
    )


def _autocast(
    device: torch.device, precision: Precision
) -> Callable[[], AbstractContextManager[object]]:
    wanted = precision == "bf16"
    if precision == "auto":
        wanted = device.type == "cuda" and torch.cuda.is_bf16_supported()
    if not wanted:
        return nullcontext
    return lambda: torch.autocast(device.type, torch.bfloat16)


def _digest(data: HeadData) -> str:
    """A word that changes with the captions, and with the clips as far as a glance tells."""
    digest = hashlib.sha256()
    for part in (data.texts, data.clip_of, data.caption, data.backward, data.wrong):
        digest.update(np.ascontiguousarray(part).tobytes())
    for table in (data.clips, *data.views):
        digest.update(table.starts.tobytes())
        some = table.frames[:: max(1, len(table.frames) // 256)]
        digest.update(np.ascontiguousarray(some).tobytes())
    return digest.hexdigest()
