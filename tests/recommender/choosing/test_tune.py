"""The model chooses its own settings, on what is known alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recommender.choosing import tune as tuning
from recommender.choosing.ranking import ask
from recommender.choosing.splits import Case, split_last
from recommender.choosing.tune import GROWN, ModelFit, SharedSources, tune
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable, without_vectors
from recommender.model import model
from recommender.model.model import Settings
from recommender.sources.base import SameForAll, Source
from recommender.sources.registry import (
    BY_NAME,
    CONTENT,
    EASE,
    NEXT_ITEM,
    POPULARITY,
    RECENT_EASE,
    RECENT_POPULARITY,
    SASREC,
    FitData,
)
from tests.recommender.tables import interactions

N = 24
BARE = without_vectors(N)


def series(n_people: int = 60, *, seed: int = 0) -> EventLog:
    """Everybody watches one of four series of six, in order from anywhere, and two at random."""
    rng = np.random.default_rng(seed)
    words = []
    for person in range(n_people):
        first, which = int(rng.integers(6)), int(rng.integers(4))
        watched = [6 * which + (first + step) % 6 for step in range(5)]
        watched = [*rng.integers(N, size=2).tolist(), *watched]
        words += [f"p{person}:{item}@{at}" for at, item in enumerate(watched)]
    return interactions(" ".join(words), n_people=n_people + 1, n_items=N)


def of_series(noise: float = 0.3) -> VideoTable:
    rng = np.random.default_rng(3)
    matrix = np.repeat(np.eye(4, 8), 6, axis=0) + noise * rng.normal(size=(N, 8))
    return VideoTable(np.arange(N), matrix.astype(np.float32))


def cases() -> tuple[Case, Case]:
    before, last = split_last(series())
    return Case(*split_last(before)), Case(before, last)


def test_what_it_chooses_beats_the_default_settings_and_popularity() -> None:
    held_out, asked = cases()
    ours, without = tune([held_out], of_series())
    found = {
        name: ask(scorer, asked).values["ndcg_at_10"].mean()
        for name, scorer in {
            "ours": ours(asked.train, of_series()),
            "without": without(asked.train, of_series()),
            "default": ModelFit(Settings())(asked.train, of_series()),
        }.items()
    }
    assert found["ours"] > found["default"] + 0.03
    assert 0.8 < found["ours"] < 0.98  # somebody who saw all of a series wants a random one
    assert found["without"] > 0.6
    assert set(ours.settings.weights.used) & {NEXT_ITEM, EASE, RECENT_EASE}
    assert not {POPULARITY, RECENT_POPULARITY} & set(without.settings.weights.used)
    assert ours.keywords["chosen_by"]["questions"] == len(held_out.users)


def test_without_vectors_no_source_of_vectors_gets_a_weight() -> None:
    held_out, asked = cases()
    ours, _ = tune([held_out], BARE)
    assert CONTENT not in ours.settings.weights.used
    assert np.isfinite(ours(asked.train, BARE)(np.arange(5))).all()


def test_sasrec_needs_events_and_an_order_that_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train = series()
    both = {NEXT_ITEM: 0.5, EASE: 0.5}
    assert SASREC not in tuning._worth_fitting(train, BARE, both)
    monkeypatch.setattr(tuning, "SASREC_LIKES", 100)
    assert SASREC in tuning._worth_fitting(train, BARE, both)
    assert SASREC not in tuning._worth_fitting(train, BARE, {**both, NEXT_ITEM: 0.3})


def test_a_slow_source_is_kept_for_later_events_never_for_earlier_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted: list[int] = []

    def fit(data: FitData) -> Source:
        fitted.append(len(data.log))
        return SameForAll(np.ones(N).__getitem__)

    kinds = {**BY_NAME, SASREC: replace(BY_NAME[SASREC], fit=fit)}
    monkeypatch.setattr(model, "BY_NAME", kinds)
    whole = series()
    order = np.argsort(whole.at_s, kind="stable")
    n = len(whole)
    steps = [whole.where(order[:m]) for m in (n // 2, n // 2 + 20, int(GROWN * n / 2) + 2, n // 3)]
    shared, table = SharedSources(), without_vectors(N)
    for step in steps:
        shared.fit(step, table, Settings(), [SASREC, POPULARITY])
        shared.fit(step, table, Settings(), [SASREC])
    assert fitted == [len(steps[0]), len(steps[2]), len(steps[3])]
    fewer = whole.where(order[-(n // 3 - 5) :])  # somebody was taken out, whatever came later
    shared.fit(fewer, table, Settings(), [SASREC])
    assert fitted.pop() == len(fewer)
    untimed = replace(whole, at_s=np.zeros(n), has_times=False)
    for part in (untimed, untimed.where(np.arange(n) < n - 1)):
        shared.fit(part, table, Settings(), [SASREC])
    assert fitted[3:] == [n, n - 1]


def test_sources_are_fitted_once_for_two_blends(monkeypatch: pytest.MonkeyPatch) -> None:
    held_out, asked = cases()
    ours, without = tune([held_out], BARE)
    assert ours.shared is without.shared
    counted: list[str] = []

    def counting(name: str) -> Callable[[FitData], Source]:
        def fit(data: FitData) -> Source:
            counted.append(name)
            return BY_NAME[name].fit(data)

        return fit

    kinds = {name: replace(kind, fit=counting(name)) for name, kind in BY_NAME.items()}
    monkeypatch.setattr(model, "BY_NAME", kinds)
    ours(asked.train, BARE)
    without(asked.train, BARE)
    assert counted
    assert len(counted) == len(set(counted))
