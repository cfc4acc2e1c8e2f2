"""Weights learned from examples: the better source wins, chance does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize

from recommender.choosing import weights as learning
from recommender.choosing.examples import UNIFORM, Examples
from recommender.choosing.weights import FEWEST, climbed, learn, ranked
from recommender.model.blend import CEILING, HISTORIES, linear_weights

C = 40
NAMES = ("good", "noise", "other")
EVEN = linear_weights(NAMES, [dict.fromkeys(NAMES, 1.0)] * len(HISTORIES))


def made(
    n: int = 300, *, seed: int = 0, known: int = 10, good: float = 1.0, other: float = 0.0
) -> Examples:
    """One video is wanted of each question; `good` and `other` know it by that many deviations."""
    rng = np.random.default_rng(seed)
    said = rng.normal(size=(3, n, C + UNIFORM)).astype(np.float32)
    said[0, :, 0] += good
    said[2, :, 0] += other
    said = np.clip(said + 2.0, 0.01, CEILING)
    wanted = np.zeros((n, C), bool)
    wanted[:, 0] = True
    return Examples(
        NAMES,
        said[:, :, :C],
        wanted,
        np.ones(n, np.int64),
        np.full(n, known),
        np.arange(n),
        said[:, :, 0],
        np.arange(n),
        said[:, :, C:],
    )


def row(table: NDArray[np.float64], at: int = 2) -> dict[str, float]:
    both = table[at, :3] * CEILING + table[at, 3:]
    return dict(zip(NAMES, both / both.sum(), strict=True))


def ndcg(examples: Examples, weights: dict[str, float]) -> float:
    total = sum(weights[name] * examples.worth[at] for at, name in enumerate(NAMES))
    return float(examples.ndcg(np.asarray(total, np.float32)).mean())


def test_the_source_that_knows_gets_the_weight() -> None:
    found = row(climbed(made(good=2.0), EVEN).table)
    assert found["good"] > 0.85
    assert row(ranked(made(good=2.0)).table)["good"] > 0.7


def test_two_that_know_are_better_together_than_either() -> None:
    examples, fresh = made(good=1.0, other=1.0), made(good=1.0, other=1.0, seed=9)
    for weights in (climbed(examples, EVEN), ranked(examples)):
        found = row(weights.table)
        assert min(found["good"], found["other"]) > 0.2
        alone = ndcg(fresh, {"good": 1.0, "noise": 0.0, "other": 0.0})
        assert ndcg(fresh, found) > 1.1 * alone


def test_climbing_never_falls_below_where_it_starts() -> None:
    for seed in range(5):
        examples = made(60, seed=seed, good=0.5, other=0.3)
        weights, told = learn(examples, EVEN)
        assert told["climbed"] >= told["shipped"]
        assert weights.names == NAMES


def test_with_few_questions_the_shipped_weights_stay() -> None:
    weights, told = learn(made(FEWEST - 1, good=3.0), EVEN)
    assert weights.table.tolist() == EVEN.table.tolist()
    assert "climbed" not in told
    assert learn(made(FEWEST, good=3.0), EVEN)[0].table.tolist() != EVEN.table.tolist()


def test_each_length_of_history_has_weights_of_its_own() -> None:
    new = made(200, known=0, good=0.0, other=2.0)
    old = made(200, known=50, good=2.0, other=0.0)
    both = Examples(
        NAMES,
        np.concatenate([new.worth, old.worth], axis=1),
        np.concatenate([new.wanted, old.wanted]),
        np.ones(400, np.int64),
        np.concatenate([new.known, old.known]),
        np.arange(400),
        np.concatenate([new.positive, old.positive], axis=1),
        np.arange(400),
        np.concatenate([new.uniform, old.uniform], axis=1),
    )
    for weights in (climbed(both, EVEN), ranked(both)):
        assert row(weights.table, 0)["other"] > row(weights.table, 0)["good"]
        assert row(weights.table, 3)["good"] > row(weights.table, 3)["other"]


def test_people_without_history_keep_the_shipped_weights_where_none_were_asked() -> None:
    shipped = linear_weights(NAMES, [{"other": 1.0}, *[{"noise": 1.0}] * 3])
    found = climbed(made(known=50, good=2.0), shipped).table
    assert row(found, 0)["other"] == 1.0
    assert row(found, 1)["good"] > 0.8


def test_a_ranker_is_kept_only_where_it_is_better_on_later_questions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learning, "OUTCOMES", 100)
    examples = made(good=1.5)
    monkeypatch.setattr(learning, "ranked", lambda some: linear_weights(NAMES, [{"noise": 1}] * 4))
    weights, told = learn(examples, EVEN)
    assert told["ranked"] == 0.0
    assert row(weights.table)["good"] > 0.8
    monkeypatch.setattr(learning, "ranked", lambda some: linear_weights(NAMES, [{"good": 1}] * 4))
    monkeypatch.setattr(
        learning, "climbed", lambda some, start: linear_weights(NAMES, [{"noise": 1}] * 4)
    )
    weights, told = learn(examples, EVEN)
    assert told["ranked"] == 1.0
    assert row(weights.table)["good"] == 1.0


def test_the_slope_of_the_ranker_is_that_of_its_loss() -> None:
    problem = learning._Softmax(made(20, good=1.0))
    at = np.random.default_rng(1).random(len(HISTORIES) * 2 * len(NAMES))
    slope = optimize.approx_fprime(at, lambda x: problem(x)[0], 1e-3)
    assert problem(at)[1] == pytest.approx(slope, abs=2e-3)


def test_ties_give_nothing() -> None:
    examples = made(50)
    assert not examples.ndcg(np.ones_like(examples.worth[0])).any()
    clear = examples.wanted.astype(np.float32)
    assert examples.ndcg(clear).tolist() == [1.0] * 50


def test_few_questions_move_the_weights_less() -> None:
    shipped = linear_weights(NAMES, [{"noise": 1.0}] * len(HISTORIES))
    few = row(climbed(made(40, good=2.0), shipped).table)
    many = row(climbed(made(900, good=2.0), shipped).table)
    assert 0.3 < few["good"] < 0.7
    assert many["good"] > 0.9
