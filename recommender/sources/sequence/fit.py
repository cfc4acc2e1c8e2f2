"""A sequence model fitted to what people liked, until held-out last items get no better."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.events.interactions import ItemVectors, no_vectors
from recommender.sources.sequence.model import Reason, SequenceModel, Training
from recommender.sources.sequence.training import Learner, SequenceSettings
from recommender.sources.sequence.windows import Targets

_CUT = 10
"""Length of list that passes are judged by."""


@dataclass(frozen=True)
class Stop:
    """When training ends; the model of the best pass is kept."""

    patience: int = 4
    """Passes without a better NDCG@10 of held-out last items."""
    epochs: int = 100
    """Most passes over all windows."""
    steps: int = 1_000_000
    """Most batches."""
    budget_s: float = 300.0
    """Most seconds; where this ends training, a second run may differ."""
    asked: int = 1_000
    """Most people whose last item is held out."""


DEFAULTS = SequenceSettings()
STOP = Stop()


def fit_sequence(
    histories: Histories,
    vectors: ItemVectors | None = None,
    *,
    settings: SequenceSettings = DEFAULTS,
    stop: Stop = STOP,
    seed: int,
) -> SequenceModel:
    """Fit a causal transformer that foretells the next item at every place of every history.

    The loss is cross-entropy over all items (Klenitskiy and Vasilev 2023), with many items gBCE
    over a sample (Petrov and Macdonald 2023). A seed gives the same model on the same CPU, unless
    time ran out.

    Args:
        histories: What people liked.
        vectors: Content of the items; None learns from the events alone.
        settings: Size and manner.
        stop: When to end.
        seed: Of all randomness; no generator outside is touched.
    """
    content = (vectors or no_vectors(histories.n_items)).centred
    rng = np.random.default_rng(seed)
    targets, held = hold_out_last(histories, stop.asked, rng)
    gpus = [] if settings.device == "cpu" else [torch.device(settings.device)]
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(seed)
        return _run(Learner(targets, content, settings, rng), held, stop)


def hold_out_last(
    histories: Histories, most: int, rng: np.random.Generator
) -> tuple[Targets, Histories]:
    """What is learned from, and the people who will be asked for their last item.

    Args:
        histories: What people liked.
        most: Most people to be asked.
        rng: Draws them.
    """
    counts = np.bincount(histories.item, minlength=histories.n_items)
    ends = histories.starts[1:].copy()
    able = np.flatnonzero(histories.lengths >= 3)
    # A last item that nobody else met would be lost to training, and cannot be foretold.
    able = able[counts[histories.item[ends[able] - 1]] >= 2]
    asked = np.sort(rng.permutation(able)[:most])
    ends[asked] -= 1
    return Targets(histories, ends), histories.of(asked)


def last_item_ndcg(model: SequenceModel, histories: Histories, wanted: NDArray[np.int64]) -> float:
    """Mean NDCG@10 of one wanted item each among all that are not in the history; NaN of nobody."""
    if not len(histories):
        return float("nan")
    gained = []
    for start in range(0, len(histories), 256):
        people = np.arange(start, min(start + 256, len(histories)))
        some = histories.of(people)
        scores = model.scores(some)
        there = np.arange(len(people)), wanted[people]
        best = scores[there][:, None]
        scores[some.person, some.item] = -np.inf
        # Ties count against the model.
        rank = (scores >= best).sum(axis=1)
        gained.append(np.where(rank <= _CUT, 1.0 / np.log2(1.0 + rank), 0.0))
    return float(np.concatenate(gained).mean())


def _run(learner: Learner, held: Histories, stop: Stop) -> SequenceModel:
    """Learn until there is a reason to stop; the best pass."""
    started_s = time.monotonic()
    known, wanted = held.before_last()
    best = _model(learner, Training(0, 0, 0.0, 0, float("nan"), "nothing to learn"))
    why: Reason | None = None if learner.learns else best.training.why
    epoch = 0
    while why is None:
        for _ in learner.steps_of_a_pass():
            why = _spent(learner.steps, time.monotonic() - started_s, stop)
            if why:
                break
        epoch += 1
        told = Training(epoch, learner.steps, 0.0, epoch, float("nan"), "nothing to learn")
        model = _model(learner, told)
        ndcg = last_item_ndcg(model, known, wanted)
        # Where nobody can be asked, NaN is never better and the latest pass is taken.
        if epoch == 1 or not ndcg <= best.training.ndcg_at_10:
            best = replace(model, training=replace(told, ndcg_at_10=ndcg))
        if why is None and epoch - best.training.best_epoch >= stop.patience:
            why = "patience"
        elif why is None and epoch >= stop.epochs:
            why = "epochs"
    took_s = time.monotonic() - started_s
    told = replace(best.training, epochs=epoch, steps=learner.steps, seconds_s=took_s, why=why)
    return replace(best, training=told)


def _model(learner: Learner, training: Training) -> SequenceModel:
    """What the learner would foretell with now."""
    vectors, biases = learner.items()
    return SequenceModel(learner.encoder(), vectors, biases, learner.known, training)


def _spent(steps: int, seconds_s: float, stop: Stop) -> Reason | None:
    if steps >= stop.steps:
        return "steps"
    return "seconds" if seconds_s >= stop.budget_s else None
