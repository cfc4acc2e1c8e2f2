"""How high unrelated captions score is known of what counts, whatever goes away."""

from __future__ import annotations

import numpy as np

from indexer.store.meaning.best_readings import KEPT, best_readings
from tests.fakes import random_units

RNG = np.random.default_rng(3)
CAPTIONS, ROWS = random_units(RNG, 40, 16), random_units(RNG, 90, 16)
COUNTS = np.full(30, 3)
SCORES = (CAPTIONS @ ROWS.T).reshape(40, 30, 3).max(axis=2)


def test_the_best_among_what_counts_is_that_of_a_fresh_build() -> None:
    blocks = [(ROWS[:30], COUNTS[:10]), (ROWS[30:], COUNTS[10:])]
    best = best_readings(CAPTIONS, iter(blocks))
    for n_gone in (0, 1, KEPT - 1):
        live = np.ones(30, np.bool_)
        live[RNG.permutation(30)[:n_gone]] = False
        given, is_known = best.among(live)
        assert is_known
        assert np.allclose(given, SCORES[:, live].max(axis=1), atol=1e-6)


def test_a_segment_that_has_lost_the_best_of_a_caption_says_so() -> None:
    best = best_readings(CAPTIONS, iter([(ROWS, COUNTS)]))
    live = np.ones(30, np.bool_)
    live[best.places[7]] = False
    given, is_known = best.among(live)
    assert not is_known
    assert given[7] == best.scores[7, -1] >= SCORES[7, live].max(), "at most the last that is kept"


def test_of_fewer_readings_all_are_kept() -> None:
    best = best_readings(CAPTIONS, iter([(ROWS[:6], COUNTS[:2])]))
    given, is_known = best.among(np.array([False, True]))
    assert is_known
    assert np.allclose(given, SCORES[:, 1], atol=1e-6)
    given, is_known = best.among(np.zeros(2, np.bool_))
    assert is_known
    assert np.isneginf(given).all()
