"""Weights are fitted on what a full ranking would show: the better source wins, chance does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.choosing import weights
from recommender.choosing.ranking import ask
from recommender.choosing.splits import Case
from recommender.choosing.weights import (
    FEWEST,
    Examples,
    climb_weights,
    fit_weights,
    gather,
    join_examples,
)
from recommender.events.histories import Histories
from recommender.model.blend import CEILING, HISTORY_LENGTHS, Blender, weights_from
from recommender.sources.base import Source
from recommender.sources.item_links import Rows
from tests.recommender.tables import interactions

C = 40
NAMES = ("good", "noise", "other")
EVEN = weights_from([dict.fromkeys(NAMES, 1.0)] * len(HISTORY_LENGTHS))


def made(
    n: int = 300, *, seed: int = 0, known: int = 10, good: float = 1.0, other: float = 0.0
) -> Examples:
    """One video is wanted of each question; `good` and `other` know it by that many deviations."""
    rng = np.random.default_rng(seed)
    said = rng.normal(size=(3, n, C)).astype(np.float32)
    said[0, :, 0] += good
    said[2, :, 0] += other
    said = np.clip(said + 2.0, 0.01, CEILING)
    wanted = np.zeros((n, C), bool)
    wanted[:, 0] = True
    return Examples(
        NAMES,
        said,
        wanted,
        np.ones(n, np.int64),
        np.full(n, known),
    )


def row(table: NDArray[np.float64], at: int = 2) -> dict[str, float]:
    return dict(zip(NAMES, table[at] / table[at].sum(), strict=True))


def ndcg(examples: Examples, weights: dict[str, float]) -> float:
    total = sum(weights[name] * examples.scores[at] for at, name in enumerate(NAMES))
    return float(examples.ndcg(np.asarray(total, np.float32)).mean())


def test_the_source_that_knows_gets_the_weight() -> None:
    found = row(climb_weights(made(good=2.0), EVEN).table)
    assert found["good"] > 0.85


def test_two_that_know_are_better_together_than_either() -> None:
    examples, fresh = made(good=1.0, other=1.0), made(good=1.0, other=1.0, seed=9)
    found = row(climb_weights(examples, EVEN).table)
    assert min(found["good"], found["other"]) > 0.2
    alone = ndcg(fresh, {"good": 1.0, "noise": 0.0, "other": 0.0})
    assert ndcg(fresh, found) > 1.1 * alone


def test_climbing_never_falls_below_where_it_starts() -> None:
    for seed in range(5):
        examples = made(60, seed=seed, good=0.5, other=0.3)
        found, figures = fit_weights(examples, EVEN)
        assert figures["fitted"] >= figures["default"]
        assert found.names == NAMES


def test_with_few_questions_the_default_weights_stay() -> None:
    found, figures = fit_weights(made(FEWEST - 1, good=3.0), EVEN)
    assert found.table.tolist() == EVEN.table.tolist()
    assert "fitted" not in figures
    assert fit_weights(made(FEWEST, good=3.0), EVEN)[0].table.tolist() != EVEN.table.tolist()


def test_each_length_of_history_has_weights_of_its_own() -> None:
    new = made(200, known=0, good=0.0, other=2.0)
    old = made(200, known=50, good=2.0, other=0.0)
    both = Examples(
        NAMES,
        np.concatenate([new.scores, old.scores], axis=1),
        np.concatenate([new.wanted, old.wanted]),
        np.ones(400, np.int64),
        np.concatenate([new.lengths, old.lengths]),
    )
    table = climb_weights(both, EVEN).table
    assert row(table, 0)["other"] > row(table, 0)["good"]
    assert row(table, 3)["good"] > row(table, 3)["other"]


def test_people_without_history_keep_the_default_weights_where_none_were_asked() -> None:
    none = dict.fromkeys(NAMES, 0.0)
    default = weights_from([none | {"other": 1.0}, *[none | {"noise": 1.0}] * 3])
    found = climb_weights(made(known=50, good=2.0), default).table
    assert row(found, 0)["other"] == 1.0
    assert row(found, 1)["good"] > 0.8


def test_ties_give_nothing() -> None:
    examples = made(50)
    assert not examples.ndcg(np.ones_like(examples.scores[0])).any()
    clear = examples.wanted.astype(np.float32)
    assert examples.ndcg(clear).tolist() == [1.0] * 50


def test_few_questions_move_the_weights_less() -> None:
    default = weights_from([dict.fromkeys(NAMES, 0.0) | {"noise": 1.0}] * len(HISTORY_LENGTHS))
    few = row(climb_weights(made(40, good=2.0), default).table)
    many = row(climb_weights(made(900, good=2.0), default).table)
    assert 0.3 < few["good"] < 0.7
    assert many["good"] > 0.9


N = 30


class Drawn(Source):
    """Random scores for every pair of a history and an item."""

    def __init__(self, seed: int) -> None:
        self._scores = np.random.default_rng(seed).random((N, N)).astype(np.float32)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        first = histories.item[histories.starts[:-1]]
        found = self._scores[first]
        return found if rows is None else found[:, rows]

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        return np.zeros(len(history.item))


SOURCES: dict[str, Source] = {"a": Drawn(1), "b": Drawn(2)}


def case() -> Case:
    rng = np.random.default_rng(7)
    drawn = [rng.permutation(N)[:7] for _ in range(12)]
    words = [f"p{u}:{i}@{t}" for u, items in enumerate(drawn) for t, i in enumerate(items)]
    later = [word for word in words if int(word.split("@")[1]) >= 4]
    known = [word for word in words if word not in later]
    return Case(interactions(" ".join(known), n_items=N), interactions(" ".join(later), n_items=N))


def values(found: Examples) -> NDArray[np.float64]:
    total = 0.7 * found.scores[0] + 0.3 * found.scores[1]
    return found.ndcg(np.asarray(total, np.float32))


def test_ndcg_is_that_of_the_whole_ranking() -> None:
    asked = case()
    table = weights_from([{"a": 0.7, "b": 0.3}] * len(HISTORY_LENGTHS))
    blender = Blender(SOURCES, table)

    def scores(people: NDArray[np.int64]) -> NDArray[np.float32]:
        return blender.total(asked.train.histories.of(people), ~asked.train.seen[people].toarray())

    whole = ask(scores, asked)
    assert values(gather(SOURCES, asked)) == pytest.approx(whole.values["ndcg_at_20"])


def test_only_what_some_source_puts_first_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "DEPTH", 3)
    asked = case()
    found = gather(SOURCES, asked)
    assert 3 <= found.wanted.shape[1] <= 6
    assert found.n_wanted.tolist() == [3] * 12
    assert values(found).mean() < values_of_all(asked).mean()


def values_of_all(asked: Case) -> NDArray[np.float64]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "DEPTH", N)
        return values(gather(SOURCES, asked))


def test_chunks_and_cases_are_joined_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = case()
    whole = gather(SOURCES, asked)
    monkeypatch.setattr(weights, "_CHUNK_BYTES", 4 * 2 * N * 5)
    parts = gather(SOURCES, asked)
    assert values(parts) == pytest.approx(values(whole))
    assert parts.lengths.tolist() == whole.lengths.tolist()
    twice = join_examples([whole, parts])
    assert len(twice) == 24
    some = twice.where(np.arange(24) >= 12)
    assert values(some) == pytest.approx(values(whole))
    assert some.only(["b"]).scores[0].tolist() == some.scores[1].tolist()


def test_nothing_asked_gives_no_examples() -> None:
    with pytest.raises(ValueError, match="at least one question"):
        join_examples([])
