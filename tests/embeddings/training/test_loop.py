"""The one training loop, on a task so small that every step can be followed."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from data.errors import ReelwiseError
from embeddings.training.loop import (
    Evaluation,
    LoopOptions,
    RunState,
    Task,
    TrainingLoop,
    rate_schedule,
)


class Line(Task[float]):
    """Fits y = 2 x by one weight that starts at 0; batch n is x = 1 or 2."""

    def __init__(self, *, every: int = 0, scores: tuple[float, ...] = (), start: float = 0) -> None:
        self.model = self.line = nn.Linear(1, 1, bias=False)
        with torch.no_grad():
            self.line.weight.fill_(start)
        self.every, self.scores = every, list(scores)
        self.seen: list[float] = []
        self.evaluated: list[float] = []

    @property
    def weight(self) -> float:
        return float(self.line.weight.detach())

    def batches(self, first: int) -> Iterator[tuple[float, bool]]:
        for n in range(first, 1_000):
            yield 1.0 + n % 2, bool(self.every) and (n + 1) % self.every == 0

    def losses(self, batch: float) -> dict[str, Tensor]:
        self.seen.append(batch)
        return {"square": (self.line(torch.tensor([batch])) - 2 * batch).square().sum()}

    def evaluate(self) -> Evaluation | None:
        self.evaluated.append(self.weight)
        return Evaluation(self.scores.pop(0)) if self.scores else None


def options(steps: int, **others: float) -> LoopOptions:
    return LoopOptions(steps=steps, learning_rate=0.1, weight_decay=0.0, **others)  # type: ignore[arg-type]


def test_it_fits_and_says_why_it_ended() -> None:
    task = Line()
    done = TrainingLoop(task, options(300, average=0.5)).run()
    assert task.weight == pytest.approx(2.0, abs=0.02)
    assert (done.steps, done.reason, done.evaluations) == (300, "steps", 0)
    assert done.losses[-1] < done.losses[0] / 100


def test_the_rate_rises_over_a_twentieth_and_falls_to_zero() -> None:
    rates = [rate_schedule(step, 1_000) for step in range(1_001)]
    assert rates[0] == pytest.approx(0.02)
    assert rates[49] == rates[50] == 1.0
    assert rates[525] == pytest.approx(0.5)
    assert rates[1_000] == pytest.approx(0.0)
    assert rate_schedule(999, 1_000, cosine=False) == 1.0
    assert rate_schedule(98, 10_000) == pytest.approx(0.99)  # the rise takes at most 100 steps


def test_what_is_returned_is_the_moving_average() -> None:
    plain, task = Line(), Line()
    TrainingLoop(plain, options(5, average=0.0)).run()
    TrainingLoop(task, options(5, average=0.9)).run()
    latest, average = [0.0], 0.0
    for step in range(5):  # every gradient is longer than 1, so Adam's steps are the rate's
        latest.append(latest[-1] + 0.1 * rate_schedule(step, 5))
        average += (latest[-1] - average) * (1 - min(0.9, (step + 1) / (step + 10)))
    assert plain.weight == pytest.approx(latest[-1], rel=1e-3)
    assert task.weight == pytest.approx(average, rel=1e-3)
    assert average < latest[-1]


def test_the_best_evaluation_is_kept_and_patience_ends_the_run() -> None:
    task = Line(every=2, scores=(0.1, 0.9, 0.3, 0.2, 0.8))
    done = TrainingLoop(task, options(100, patience=2)).run()
    assert (done.reason, done.steps, done.evaluations) == ("patience", 8, 4)
    assert (done.best_step, done.best_evaluation, done.best_score) == (4, 2, 0.9)
    assert task.weight == task.evaluated[1]
    assert [row["step"] for row in done.log] == [2, 4, 6, 8]


def test_an_evaluation_does_not_change_the_training() -> None:
    plain, task = Line(start=1.5), Line(every=2, scores=(0.1, 0.2, 0.3), start=1.5)
    losses = TrainingLoop(plain, options(7)).run().losses
    assert TrainingLoop(task, options(7)).run().losses == losses


def test_untrained_weights_stay_where_nothing_is_better() -> None:
    task = Line(every=2, scores=(0.1, 0.2), start=0.5)
    done = TrainingLoop(task, options(4), score=0.7).run()
    assert (task.weight, done.best_step) == (0.5, 0)


def test_a_score_that_is_no_number_keeps_the_latest_weights() -> None:
    task = Line(every=2, scores=(math.nan, math.nan))
    TrainingLoop(task, options(4)).run()
    assert task.weight == task.evaluated[-1]


class KilledError(Exception):
    """Stands for a kill between two steps."""


class Mortal(Line):
    """Is killed when it is asked for its fourth batch."""

    def losses(self, batch: float) -> dict[str, Tensor]:
        if len(self.seen) == 3:
            raise KilledError
        return super().losses(batch)


def test_a_killed_run_resumes_to_the_very_same_weights(tmp_path: Path) -> None:
    # From 1.9 gradients are short enough to differ, so that the optimizer's state matters.
    whole = Line(every=3, scores=(0.1, 0.4, 0.5), start=1.9)
    TrainingLoop(whole, options(9)).run()
    killed = Mortal(every=3, scores=(0.1, 0.4, 0.5), start=1.9)
    state = RunState(tmp_path, {"seed": 0})
    with pytest.raises(KilledError):
        TrainingLoop(killed, options(9, checkpoint_s=0), state=state).run()
    resumed = Line(every=3, scores=(0.4, 0.5))
    lines: list[str] = []
    loop = TrainingLoop(resumed, options(9, checkpoint_s=0), state=state, report=lines.append)
    done = loop.run()
    assert lines[0] == "resumed at step 3"
    assert resumed.seen == whole.seen[3:]
    assert resumed.weight == whole.weight
    assert (done.best_step, len(done.log)) == (9, 3)


def test_the_state_of_another_run_is_refused(tmp_path: Path) -> None:
    TrainingLoop(Line(), options(2), state=RunState(tmp_path, {"seed": 0})).run()
    with pytest.raises(ReelwiseError, match="unfinished run with other options"):
        TrainingLoop(Line(), options(2), state=RunState(tmp_path, {"seed": 1})).run()
