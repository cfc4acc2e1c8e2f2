"""Queries of several parts as one vector."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.plain.layers import unit
from indexer.search.query_vectors import QueryPart, mix, text_mean
from tests.fakes import ColourEncoder, random_units


def test_a_single_part_is_not_changed() -> None:
    vector = random_units(np.random.default_rng(0), 1, 16)[0]
    assert mix([QueryPart(0.3, vector, lambda: np.ones(16, np.float32))]) == pytest.approx(
        vector, abs=1e-6
    )


def test_mixing_does_not_follow_the_cone_of_one_kind() -> None:
    rng = np.random.default_rng(1)
    texts, clips = random_units(rng, 2, 64) * 4  # where each kind lies
    topic_t, topic_c = random_units(rng, 2, 64)
    text, clip = unit(texts + topic_t), unit(clips + topic_c)
    mixed = mix(
        [QueryPart(1.0, text, lambda: unit(texts)), QueryPart(1.0, clip, lambda: unit(clips))]
    )
    plain = unit(text + clip)
    assert mixed @ topic_t > 0.6
    assert mixed @ topic_c > 0.6
    assert plain @ topic_t < 0.5  # a plain sum mostly says "some text, some clip"


def test_what_is_not_wanted_is_subtracted() -> None:
    rng = np.random.default_rng(2)
    wanted, unwanted = random_units(rng, 2, 32)
    zero = np.zeros(32, np.float32)
    mixed = mix([QueryPart(1.0, wanted, lambda: zero), QueryPart(-0.5, unwanted, lambda: zero)])
    assert mixed @ unwanted < wanted @ unwanted - 0.3
    assert mixed @ wanted > 0.8


def test_the_mean_of_texts_is_not_one_of_them() -> None:
    mean = text_mean(ColourEncoder())
    assert mean.shape == (8,)
    assert np.isfinite(mean).all()


def test_of_a_single_part_no_mean_is_asked() -> None:
    def mean() -> NDArray[np.float32]:
        raise AssertionError("sixteen texts are encoded for nothing")

    vector = unit(np.ones(16, np.float32))
    assert mix([QueryPart(1.0, vector, mean)]) == pytest.approx(vector)
