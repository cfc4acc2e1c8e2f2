"""The model chooses its own settings, on what is known alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.choosing import tune as tuned_model
from recommender.choosing.ranking import ask
from recommender.choosing.splits import Case, split_last
from recommender.choosing.tune import GROWN, FittedOnce, Tuned, tune
from recommender.events.histories import Histories
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable, without_vectors
from recommender.model import model
from recommender.model.model import (
    ADAPTED,
    BY_VECTORS,
    CO_WATCH,
    CONTENT,
    NEXT,
    POPULAR,
    SEQUENCE,
    SOURCES,
    UNWATCHED,
    Model,
    Settings,
)
from recommender.sources.base import OnlySome, SameForAll
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


def test_what_it_chooses_beats_the_shipped_settings_and_popularity() -> None:
    held_out, asked = cases()
    ours, without = tune([held_out], of_series())
    found = {
        name: ask(scorer, asked).values["ndcg_at_10"].mean()
        for name, scorer in {
            "ours": ours(asked.train, of_series()),
            "without": without(asked.train, of_series()),
            "shipped": Tuned(Settings(), asked.train, of_series()).scores,
        }.items()
    }
    assert found["ours"] > found["shipped"] + 0.03
    assert 0.8 < found["ours"] < 0.98  # somebody who saw all of a series wants a random one
    assert found["without"] > 0.6
    assert set(ours.settings.weights.used) & {NEXT, CO_WATCH, "co-watch"}
    assert POPULAR not in without.settings.weights.used
    assert ours.keywords["chosen_by"]["questions"] == len(held_out.users)


def test_without_vectors_no_source_of_vectors_is_asked() -> None:
    held_out, asked = cases()
    ours, _ = tune([held_out], BARE)
    assert not set(ours.settings.weights.used) & set(BY_VECTORS)
    assert np.isfinite(ours(asked.train, BARE)(np.arange(5))).all()


def test_a_sequence_model_needs_events_and_an_order_that_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train = series()
    both = {NEXT: 0.5, CO_WATCH: 0.5}
    assert SEQUENCE not in tuned_model._worth_fitting(train, BARE, both)
    monkeypatch.setattr(tuned_model, "SEQUENCE_PAIRS", 100)
    assert SEQUENCE in tuned_model._worth_fitting(train, BARE, both)
    assert SEQUENCE not in tuned_model._worth_fitting(train, BARE, {**both, NEXT: 0.3})


def test_a_sequence_model_is_kept_for_later_events_never_for_earlier_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted: list[int] = []

    def build(fit: model._Fitting) -> SameForAll:
        fitted.append(len(fit.log))
        return SameForAll(np.ones(N))

    monkeypatch.setattr(model, "_BUILD", {**model._BUILD, SEQUENCE: build})
    whole = series()
    order = np.argsort(whole.at_s, kind="stable")
    n = len(whole)
    steps = [whole.where(order[:m]) for m in (n // 2, n // 2 + 20, int(GROWN * n / 2) + 2, n // 3)]
    once, table = FittedOnce(), BARE
    for step in steps:
        once.model(step, table, Settings(), [SEQUENCE, POPULAR])
        once.model(step, table, Settings(), [SEQUENCE])
    assert fitted == [len(steps[0]), len(steps[2]), len(steps[3])]
    fewer = whole.where(order[-(n // 3 - 5) :])  # somebody was taken out, whatever came later
    once.model(fewer, table, Settings(), [SEQUENCE])
    assert fitted.pop() == len(fewer)
    untimed = replace(whole, at_s=np.zeros(n), has_times=False)
    for part in (untimed, untimed.where(np.arange(n) < n - 1)):
        once.model(part, table, Settings(), [SEQUENCE])
    assert fitted[3:] == [n, n - 1]


def test_sources_are_fitted_once_for_two_blends(monkeypatch: pytest.MonkeyPatch) -> None:
    held_out, asked = cases()
    ours, without = tune([held_out], BARE)
    assert ours.fitted is without.fitted
    counted: list[str] = []
    for name in SOURCES:
        build = model._BUILD[name]
        counting = lambda fit, name=name, build=build: counted.append(name) or build(fit)  # noqa: E731
        monkeypatch.setitem(model._BUILD, name, counting)  # type: ignore[misc]
    ours(asked.train, BARE)
    without(asked.train, BARE)
    assert len(counted) == len(set(counted))


def test_what_nobody_watched_has_a_source_of_its_own() -> None:
    train, vectors = series(), of_series(0.05)
    silent = train.where((train.item != 5) & (train.item != 11))
    names = [CONTENT, ADAPTED, UNWATCHED]
    found = Model(silent, vectors, Settings(), names=names).sources
    assert isinstance(found[UNWATCHED], OnlySome)
    histories: Histories = silent.histories
    told = found[UNWATCHED].scores(histories)
    assert set(np.flatnonzero(told.any(axis=0)).tolist()) == {5, 11}
    rows = np.array([11, 3, 5])
    assert found[UNWATCHED].scores(histories, rows) == pytest.approx(told[:, rows])
    assert told[:, [5]] == pytest.approx(np.maximum(found[ADAPTED].scores(histories), 0)[:, [5]])
