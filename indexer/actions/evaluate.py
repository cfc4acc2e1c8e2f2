"""Action recognition on a set: by names of classes, by heads, and by the most frequent class."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from data.action_sets.action_set import ActionSet, ActionVideo
from data.arrays import Floats
from data.catalogue import Catalogue
from data.home import nothing_indexed
from data.labels.kinds import Task
from indexer.actions.figures import ActionFigures, action_figures
from indexer.actions.fitted import HeadWish, head_scores
from indexer.actions.stored import Reading, StoredSet, stored_set
from indexer.actions.zero_shot import SCALE, TEMPLATES, class_vectors
from indexer.heads.models.answers import Answers

if TYPE_CHECKING:
    from embeddings.encoder import Encoder

MOST_FREQUENT = "most_frequent"
"""The baseline: every video is of the classes that are most frequent in the training part."""


@dataclass(frozen=True)
class ActionWish:
    """What is measured."""

    reading: Reading = field(default_factory=Reading)
    """How videos are looked at; without its training part no head is fitted."""
    templates: tuple[str, ...] = TEMPLATES
    """Sentences with a place for the class."""
    heads: HeadWish = field(default_factory=HeadWish)
    """Which heads are tried."""


@dataclass(frozen=True)
class MeasuredActions:
    """What was measured on a set."""

    actions: ActionSet
    """The set."""
    stored: StoredSet
    """Its videos with vectors, and those without."""
    ways: dict[str, ActionFigures]
    """By way: zero_shot, head, head_on_frames, most_frequent; those that were tried."""
    models: dict[str, str]
    """By way of a head, the model that was chosen."""
    seconds: float
    """How long it took."""


def evaluate_actions(
    catalogue: Catalogue,
    encoder: Callable[[], Encoder],
    actions: ActionSet,
    wish: ActionWish,
    *,
    index: str,
    told: Callable[[str], None],
) -> MeasuredActions:
    """Measure every way on the same judged videos; nothing is decoded.

    Args:
        catalogue: The library.
        encoder: Opens the encoder that embedded it.
        actions: The set.
        wish: What is measured.
        index: The command that indexes the set, for an error.
        told: Is told what is being done.

    Raises:
        ReelwiseError: The set is not indexed, or nothing can be judged or learned.
    """
    began_s = time.perf_counter()
    if catalogue.encoder is None:
        raise nothing_indexed(catalogue.home)
    stored = stored_set(catalogue, actions, wish.reading, index)
    truth = _answers(actions, stored.test.videos)
    scores: dict[str, Floats] = {}
    vectors = class_vectors(actions.classes, wish.templates, encoder().encode_texts)
    scores["zero_shot"] = SCALE * stored.test.mean_of_rows(stored.test.examples.vectors @ vectors.T)
    models = {}
    if stored.train is not None:
        known = _answers(actions, stored.train.videos)
        fitted = head_scores(stored.train, known, stored.test, wish.heads, told)
        for features, each in fitted.items():
            way = "head" if features == "clips" else "head_on_frames"
            scores[way], models[way] = each.scores, each.model
    scores[MOST_FREQUENT] = _most_frequent(actions, stored, truth)
    ways = {way: action_figures(rows, truth) for way, rows in scores.items()}
    return MeasuredActions(actions, stored, ways, models, time.perf_counter() - began_s)


def _answers(actions: ActionSet, videos: list[ActionVideo]) -> Answers:
    place = {label: at for at, label in enumerate(actions.classes)}
    y = np.array([place[each.label] for each in videos], np.int64)
    return Answers(Task.CLASSES, actions.classes, y)


def _most_frequent(actions: ActionSet, stored: StoredSet, truth: Answers) -> Floats:
    """(n, c) the order of classes by how frequent they are; equal ones as the set has them.

    Without a training part the judged videos are counted, and the baseline is the highest that a
    constant answer can have.
    """
    y = truth.y if stored.train is None else _answers(actions, stored.train.videos).y
    counts = np.bincount(y, minlength=len(actions.classes))
    order = np.argsort(-counts, kind="stable")
    row = np.zeros(len(counts), np.float32)
    row[order] = -np.arange(len(counts), dtype=np.float32)
    return np.tile(row, (len(truth), 1))
