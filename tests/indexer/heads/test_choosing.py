"""What models are fitted on, and which one is chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.labels.kinds import Task
from data.labels.rows import LABEL
from indexer.heads.choosing import OF_TASTES, Candidate, Material, candidates, fit
from indexer.heads.inputs.examples import Examples
from indexer.heads.models.answers import Answers
from indexer.heads.models.model import Family
from indexer.heads.models.outputs import raw_outputs

N, DIM = 40, 6


def test_a_model_that_begins_with_words_follows_them_in_the_scale_of_the_vectors() -> None:
    """Of numbers that differ little a row has as much as of others: the words have not."""
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(N, DIM)) * 10.0 ** -np.arange(DIM)).astype(np.float32)
    words = np.ones(DIM, np.float32)
    fits = vectors @ words
    answers = Answers(Task.CLASSES, ("no", "yes"), (fits > np.median(fits)).astype(np.int64))
    material = Material(
        Examples(vectors),
        {},
        {LABEL: (np.arange(N), answers)},
        np.arange(N, dtype=np.int64),
        "salt",
        words=words,
    )
    begun = Candidate("linear 0.0001, words", Family.LINEAR, 1e-4, words=True)
    fitted = fit(material, LABEL, begun)
    raw = raw_outputs(fitted.model, fitted.recipe, material.examples)
    assert np.corrcoef(raw[:, 1] - raw[:, 0], fits)[0, 1] > 0.999


def liking(n: int, seed: int) -> Material:
    """Three persons: of two each likes what the other does not, along an axis; one likes all."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, DIM)).astype(np.float32)
    persons = rng.integers(0, 3, n)
    likes = np.choose(persons, [vectors[:, 0] > 0, vectors[:, 0] < 0, np.ones(n, bool)])
    return Material(
        Examples(vectors, columns={"user": [f"user{at}" for at in persons]}),
        {"user": "person"},
        {LABEL: (np.arange(n), Answers(Task.CLASSES, ("no", "yes"), likes.astype(np.int64)))},
        np.arange(n, dtype=np.int64),
        "salt",
    )


def test_a_persons_own_taste_is_learned_where_rows_are_of_persons() -> None:
    material, others = liking(240, 1), liking(200, 2)
    tried = [each for each in candidates(material, LABEL, None) if each.family is Family.TASTES]
    assert [each.beside for each in tried] == [False] * len(OF_TASTES) + [True] * len(OF_TASTES)
    assert Family.TASTES not in {
        each.family for each in candidates(without_persons(material), LABEL, None)
    }

    def right(candidate: Candidate) -> float:
        fitted = fit(material, LABEL, candidate)
        raw = raw_outputs(fitted.model, fitted.recipe, others.examples)
        return float(np.mean(raw.argmax(axis=1) == others.targets[LABEL][1].y))

    assert right(tried[1]) > 0.9
    assert right(tried[1 + len(OF_TASTES)]) > 0.9
    assert right(Candidate("linear", Family.LINEAR, 0.3)) < 0.8
    fitted = fit(material, LABEL, tried[1])
    one = np.zeros((2, DIM), np.float32)
    one[:, 0] = 2, -2
    said = {}
    for name in ("user0", "user1", "nobody"):
        raw = raw_outputs(fitted.model, fitted.recipe, Examples(one, columns={"user": [name] * 2}))
        said[name] = float(np.subtract(*(raw[:, 1] - raw[:, 0])))
    # Of whom nothing is known, what is seen says little.
    assert said["user0"] > 3 * abs(said["nobody"])
    assert said["user1"] < -3 * abs(said["nobody"])


def without_persons(material: Material) -> Material:
    return replace(material, kinds={"user": "category"})
