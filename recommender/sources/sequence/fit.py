"""Fits the sequence model to liked items, until the NDCG of held-out last items stops rising."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from embeddings.training.loop import LoopOptions, LoopResult, TrainingLoop
from recommender.events.histories import Histories
from recommender.events.videos import VideoTable, without_vectors
from recommender.sources.sequence.model import Reason, SequenceModel, SequenceTraining
from recommender.sources.sequence.training import SequenceSettings, SequenceTask, Targets

_CUT = 10
"""List length of the NDCG that passes are compared by."""


@dataclass(frozen=True)
class StopRule:
    """When training ends; the model of the best pass is kept."""

    patience: int = 4
    """Passes without a better NDCG@10 of held-out last items."""
    epochs: int = 100
    """Maximum number of passes over all windows."""
    steps: int = 1_000_000
    """Maximum number of batches."""
    budget_s: float = 300.0
    """Maximum time; where this ends training, a second run may differ."""
    held_out: int = 1_000
    """Maximum number of people whose last item is held out."""


def fit_sequence(
    histories: Histories,
    vectors: VideoTable | None = None,
    *,
    settings: SequenceSettings | None = None,
    stop: StopRule | None = None,
    seed: int,
) -> SequenceModel:
    """Fit a causal transformer that predicts the next item after each item of each history.

    The loss is cross-entropy over all items (Klenitskiy and Vasilev 2023), with many items gBCE
    over a sample (Petrov and Macdonald 2023). A seed gives the same model on the same CPU, unless
    the time ran out.

    Args:
        histories: What people liked.
        vectors: Content of the items; None learns from the events alone.
        settings: Size of the model, and how it learns.
        stop: When to end.
        seed: For all randomness; global generators are left unchanged.
    """
    settings, stop = settings or SequenceSettings(), stop or StopRule()
    content = (vectors or without_vectors(histories.n_items)).centred
    rng = np.random.default_rng(seed)
    targets, held_out = hold_out_last(histories, stop.held_out, rng)
    known, wanted = held_out.before_last()
    gpus = [] if settings.device == "cpu" else [torch.device(settings.device)]
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(seed)
        task = SequenceTask(
            targets,
            content,
            settings,
            rng,
            epochs=stop.epochs,
            measure=lambda parts: last_item_ndcg(SequenceModel(*parts), known, wanted),
        )
        if not len(targets):
            return SequenceModel(*task.fitted())
        options = LoopOptions(
            steps=stop.steps,
            learning_rate=settings.learning_rate,
            weight_decay=0.0,
            cosine=False,
            average=settings.averaged,
            patience=stop.patience,
            budget_s=stop.budget_s,
        )
        run = TrainingLoop(task, options).run()
    return SequenceModel(*task.fitted(), training=_account(run))


def _account(run: LoopResult) -> SequenceTraining:
    reasons: dict[str, Reason] = {"batches": "epochs", "patience": "patience"}
    reasons |= {"steps": "steps", "seconds": "seconds"}
    return SequenceTraining(
        epochs=run.evaluations,
        steps=run.steps,
        seconds_s=run.seconds,
        best_epoch=run.best_evaluation,
        ndcg_at_10=run.best_score,
        why=reasons[run.reason or "batches"],
    )


def hold_out_last(
    histories: Histories, most: int, rng: np.random.Generator
) -> tuple[Targets, Histories]:
    """The targets to learn from, and at most `most` histories whose last item is held out."""
    counts = np.bincount(histories.item, minlength=histories.n_items)
    ends = histories.starts[1:].copy()
    able = np.flatnonzero(histories.lengths >= 3)
    # A last item that only one person liked would be lost to training and cannot be predicted.
    able = able[counts[histories.item[ends[able] - 1]] >= 2]
    held_out = np.sort(rng.permutation(able)[:most])
    ends[held_out] -= 1
    return Targets(histories, ends), histories.of(held_out)


def last_item_ndcg(model: SequenceModel, histories: Histories, wanted: NDArray[np.int64]) -> float:
    """Mean NDCG@10 of one item per person among all that are not in the history.

    Returns:
        NaN where there is no person.
    """
    if not len(histories):
        return float("nan")
    gained = []
    for start in range(0, len(histories), 256):
        people = np.arange(start, min(start + 256, len(histories)))
        some = histories.of(people)
        scores = model.scores(some)
        best = scores[np.arange(len(people)), wanted[people]][:, None]
        scores[some.user, some.item] = -np.inf
        # Ties count against the model.
        rank = (scores >= best).sum(axis=1)
        gained.append(np.where(rank <= _CUT, 1.0 / np.log2(1.0 + rank), 0.0))
    return float(np.concatenate(gained).mean())
