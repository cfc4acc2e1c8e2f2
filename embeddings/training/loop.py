"""One training loop: learning rate, clipping, average of weights, early stop, resumption."""

import csv
import io
import json
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import torch
from torch import Tensor, nn

from data.durable import crash_point, make_dir, write_atomic
from data.errors import ReelwiseError

Report = Callable[[str], None]
"""Takes a line of progress."""
EndReason = Literal["steps", "seconds", "patience", "batches"]
Weights = dict[str, Tensor]
BatchT = TypeVar("BatchT")

CHECKPOINT, LOG = "checkpoint.pt", "log.csv"
LARGEST_GRADIENT = 1.0
"""Longer gradients are shortened to this Euclidean length."""
REPORT_EVERY_S = 5.0


@dataclass(frozen=True)
class LoopOptions:
    """What a run of the loop depends on, beside its task."""

    steps: int = 1000
    """Maximum number of batches."""
    learning_rate: float = 1e-3
    """AdamW's, at the top of the schedule."""
    weight_decay: float = 0.05
    """AdamW's, for matrices only."""
    cosine: bool = True
    """Whether the rate falls to zero over `steps`; if not, it stays after the warm-up."""
    average: float = 0.98
    """Decay of the exponential moving average of the weights, which is evaluated and returned."""
    patience: int | None = None
    """Evaluations without a better score before the run ends; None for no limit."""
    budget_s: float | None = None
    """Maximum time, after at least one step; where it ends a run, a second run may differ."""
    checkpoint_s: float = 60.0
    """Seconds between two saved states; 0 saves at every step."""


@dataclass(frozen=True)
class Evaluation:
    """How good the averaged weights are."""

    score: float
    """Higher is better; NaN where nothing can be measured: then the latest weights are kept."""
    figures: Mapping[str, float | None] = field(default_factory=dict)
    """For the log."""
    text: str = ""
    """The same for the report."""


class Task(ABC, Generic[BatchT]):
    """What is trained. Weights that require gradients are trained, in place."""

    model: nn.Module

    @abstractmethod
    def batches(self, first: int) -> Iterator[tuple[BatchT, bool]]:
        """Batches from number `first` on, and whether an evaluation follows each."""

    @abstractmethod
    def losses(self, batch: BatchT) -> dict[str, Tensor]:
        """Named parts of the loss, whose sum is minimised; also puts the model in training mode."""

    def rate_factor(self, name: str) -> float:
        """Factor on the learning rate of the parameter of this name."""
        return 1.0

    def share_gradients(self) -> None:
        """Called between the backward pass and clipping: add other processes' gradients."""

    def limit_weights(self) -> None:
        """Called after each step, without gradients: bring weights back into their range."""

    def evaluate(self) -> Evaluation | None:
        """Measure the model; the averaged weights are in place. None: the task has no measure."""
        return None


@dataclass
class LoopResult:
    """How far a run has come, and its best evaluation."""

    steps: int = 0
    """Number of batches trained on."""
    evaluations: int = 0
    """Number of evaluations."""
    best_step: int = 0
    """Step of the best evaluation; 0 for the untrained weights."""
    best_evaluation: int = 0
    """Its number, counted from 1."""
    best_score: float = -math.inf
    """Its score."""
    seconds: float = 0.0
    """Time in training, of all processes that worked on the run one after another."""
    log: list[dict[str, Any]] = field(default_factory=list)
    """One row an evaluation."""
    losses: list[float] = field(default_factory=list)
    """Loss of each step since this process began."""
    reason: EndReason | None = None
    """Why it ended; "batches" when the task gave no more."""


class RunState:
    """The checkpoint of a run, from which it resumes after a kill, and its CSV log.

    Args:
        folder: Where they are; created where missing.
        identity: Everything that the run depends on, as JSON values: a checkpoint of another run is
            refused.
        read_only: For all processes of a run but the first: `save` does nothing.
    """

    def __init__(self, folder: Path, identity: Any, *, read_only: bool = False) -> None:
        self.folder, self._read_only = folder, read_only
        self._identity = json.dumps(identity, sort_keys=True, default=str)
        make_dir(folder)

    def load(self) -> dict[str, Any] | None:
        """The last saved state; None for a new run.

        Raises:
            ReelwiseError: It is the state of a run with other options or other data.
        """
        path = self.folder / CHECKPOINT
        if not path.is_file():
            return None
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if state["identity"] != self._identity:
            raise ReelwiseError(
                f"{self.folder} holds an unfinished run with other options or captions",
                fix=f"repeat that run's command, name another --out, or remove {self.folder}",
            )
        return state

    def save(self, state: Mapping[str, Any], log: list[dict[str, Any]]) -> None:
        """Replace the log, then the state, each all or nothing."""
        if self._read_only:
            return
        if log:
            text = io.StringIO()
            writer = csv.DictWriter(text, list(log[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(log)
            write_atomic(self.folder / LOG, text.getvalue().encode())
        content = io.BytesIO()
        torch.save({**state, "identity": self._identity}, content)
        write_atomic(self.folder / CHECKPOINT, content.getvalue(), point="checkpoint")
        crash_point("checkpoint.saved")


class TrainingLoop(Generic[BatchT]):
    """Trains the model of a task.

    Args:
        task: What is trained.
        options: The run.
        state: Where a run is saved and resumed from; None saves nothing.
        report: Takes a line of progress.
        score: Of the untrained weights, which are returned where no evaluation is better.
    """

    def __init__(
        self,
        task: Task[BatchT],
        options: LoopOptions,
        *,
        state: RunState | None = None,
        report: Report = lambda line: None,
        score: float = -math.inf,
    ) -> None:
        self._task, self._options, self._state, self._report = task, options, state, report
        parameters = dict(task.model.named_parameters())
        self._trained = {k: p for k, p in parameters.items() if p.requires_grad}
        self._optimizer = _adamw(task, self._trained, options)
        frozen = parameters.keys() - self._trained.keys()
        self._weights = {k: v for k, v in task.model.state_dict().items() if k not in frozen}
        self._average, self._best = _copies(self._weights), _copies(self._weights)
        self._done = LoopResult(best_score=score)

    def run(self) -> LoopResult:
        """Train to the end, from the saved state where there is one.

        Returns:
            The account of the run. The best averaged weights are in place; the last ones where the
            task has no measure.
        """
        self._resume()
        done, began_s = self._done, time.monotonic() - self._done.seconds
        saved_s = reported_s = time.monotonic()
        done.reason = self._end_reason()
        for batch, due in self._task.batches(done.steps) if done.reason is None else ():
            parts = self._train_step(batch)
            done.seconds = time.monotonic() - began_s
            done.reason = self._end_reason()
            evaluated = self._evaluate(parts) if due or done.reason else None
            done.seconds = (now_s := time.monotonic()) - began_s
            done.reason = done.reason or self._end_reason()
            milestone = bool(evaluated or done.reason)
            if milestone or done.steps == 1 or now_s - reported_s > REPORT_EVERY_S:
                self._report_step(parts, evaluated)
                reported_s = now_s
            if milestone or now_s - saved_s >= self._options.checkpoint_s:
                self._save()
                saved_s = now_s
            crash_point("train.step")
            if done.reason:
                break
        done.reason = done.reason or "batches"
        _put(self._weights, self._best if done.evaluations else self._average)
        return done

    def _train_step(self, batch: BatchT) -> dict[str, float]:
        done, options = self._done, self._options
        factor = rate_schedule(done.steps, options.steps, cosine=options.cosine)
        for group in self._optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        parts = self._task.losses(batch)
        loss = torch.stack(list(parts.values())).sum()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._task.share_gradients()
        nn.utils.clip_grad_norm_(self._trained.values(), LARGEST_GRADIENT)
        self._optimizer.step()
        # Short at first, so that the average soon forgets the untrained weights.
        decay = min(options.average, (done.steps + 1) / (done.steps + 10))
        with torch.no_grad():
            self._task.limit_weights()
            for name, weight in self._weights.items():
                if weight.is_floating_point():
                    self._average[name].lerp_(weight, 1 - decay)
                else:
                    self._average[name].copy_(weight)
        done.steps += 1
        done.losses.append(float(loss.detach()))
        return {name: float(part.detach()) for name, part in parts.items()}

    def _end_reason(self) -> EndReason | None:
        done, options = self._done, self._options
        if done.steps >= options.steps:
            return "steps"
        waited = done.evaluations - done.best_evaluation
        if options.patience is not None and waited >= options.patience:
            return "patience"
        over = options.budget_s is not None and done.seconds >= options.budget_s
        return "seconds" if done.steps and over else None

    def _evaluate(self, parts: Mapping[str, float]) -> Evaluation | None:
        """Measure the averaged weights, and keep them where they are the best so far."""
        done, latest = self._done, _copies(self._weights)
        _put(self._weights, self._average)
        measured = self._task.evaluate()
        _put(self._weights, latest)
        if measured is None:
            return None
        done.evaluations += 1
        if not measured.score <= done.best_score:
            done.best_step, done.best_evaluation = done.steps, done.evaluations
            done.best_score, self._best = measured.score, _copies(self._average)
        row: dict[str, Any] = {"step": done.steps}
        row |= {f"loss_{name}": part for name, part in parts.items()}
        row |= {"seconds": round(done.seconds, 2), "validation_score": measured.score}
        row |= {f"validation_{name}": value for name, value in measured.figures.items()}
        done.log.append(row)
        return measured

    def _report_step(self, parts: Mapping[str, float], evaluated: Evaluation | None) -> None:
        done, steps = self._done, self._options.steps
        step_s = done.seconds / done.steps
        text = " ".join(f"{name} {value:.3f}" for name, value in parts.items())
        text += f", {step_s:.2f} s/step, {step_s * (steps - done.steps):.0f} s left"
        text += f"; validation {evaluated.text}" if evaluated else ""
        self._report(f"step {done.steps}/{steps} {text}")

    def _save(self) -> None:
        if self._state is None:
            return
        state = {
            "done": {**vars(self._done), "losses": []},
            "weights": self._weights,
            "average": self._average,
            "best": self._best,
            "optimizer": self._optimizer.state_dict(),
        }
        self._state.save(state, self._done.log)

    def _resume(self) -> None:
        saved = None if self._state is None else self._state.load()
        if saved is None:
            return
        self._done, self._best = LoopResult(**saved["done"]), saved["best"]
        _put(self._weights, saved["weights"])
        _put(self._average, saved["average"])
        self._optimizer.load_state_dict(saved["optimizer"])
        self._report(f"resumed at step {self._done.steps}")


def rate_schedule(step: int, steps: int, *, cosine: bool = True) -> float:
    """Factor on the learning rate: linear over the first 5 % (at most 100 steps), then a cosine.

    It falls to zero at the last of `steps`; without `cosine` it stays 1. `step` counts from 0.
    """
    warm = min(100, max(1, steps // 20))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) if cosine else 1.0


def _adamw(
    task: Task[Any], trained: Mapping[str, nn.Parameter], options: LoopOptions
) -> torch.optim.Optimizer:
    """Groups by rate and weight decay, which is for matrices only."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, weight in trained.items():
        decay = options.weight_decay if weight.ndim >= 2 else 0.0
        rate = options.learning_rate * task.rate_factor(name)
        groups.setdefault((rate, decay), []).append(weight)
    return torch.optim.AdamW(
        [
            {"params": params, "weight_decay": decay, "lr": rate, "initial_lr": rate}
            for (rate, decay), params in groups.items()
        ],
        betas=(0.9, 0.98),
        fused=True,
    )


def _copies(weights: Weights) -> Weights:
    return {name: weight.detach().clone() for name, weight in weights.items()}


@torch.no_grad()
def _put(weights: Weights, values: Weights) -> None:
    for name, weight in weights.items():
        weight.copy_(values[name])
