"""What models are fitted on, and which one is chosen."""

from __future__ import annotations

import numpy as np

from data.labels.kinds import Task
from data.labels.rows import LABEL
from indexer.heads.choosing import Candidate, Material, fit
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
