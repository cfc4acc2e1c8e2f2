"""Examples hold what a full ranking would show."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.choosing import examples
from recommender.choosing.examples import Examples, gather, joined
from recommender.choosing.ranking import ask
from recommender.choosing.splits import Case
from recommender.events.histories import Histories
from recommender.events.log import EventLog
from recommender.model.blend import HISTORIES, Blender, linear_weights
from recommender.sources.base import Rows
from tests.recommender.tables import interactions

N = 30


class Drawn:
    """Scores of its own for every pair of a history and an item."""

    def __init__(self, seed: int) -> None:
        self._scores = np.random.default_rng(seed).random((N, N)).astype(np.float32)

    def scores(self, histories: Histories, rows: Rows = None) -> NDArray[np.float32]:
        first = histories.item[histories.starts[:-1]]
        found = self._scores[first]
        return found if rows is None else found[:, rows]

    def links(self, history: Histories, row: int) -> NDArray[np.float64]:
        return np.zeros(len(history.item))


class Blended:
    def __init__(self, blender: Blender, train: EventLog) -> None:
        self._blender, self._train = blender, train

    def scores(self, people: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._blender.total(
            self._train.histories.of(people), ~self._train.seen[people].toarray()
        )


SOURCES = {"a": Drawn(1), "b": Drawn(2)}


def case() -> Case:
    rng = np.random.default_rng(7)
    drawn = [rng.permutation(N)[:7] for _ in range(12)]
    words = [f"p{u}:{i}@{t}" for u, items in enumerate(drawn) for t, i in enumerate(items)]
    later = [word for word in words if int(word.split("@")[1]) >= 4]
    known = [word for word in words if word not in later]
    return Case(interactions(" ".join(known), n_items=N), interactions(" ".join(later), n_items=N))


def values(found: Examples) -> NDArray[np.float64]:
    total = 0.7 * found.worth[0] + 0.3 * found.worth[1]
    return found.ndcg(np.asarray(total, np.float32))


def test_ndcg_is_that_of_the_whole_ranking() -> None:
    asked = case()
    weights = linear_weights(("a", "b"), [{"a": 0.7, "b": 0.3}] * len(HISTORIES))
    whole = ask(Blended(Blender(SOURCES, weights), asked.train).scores, asked)
    assert values(gather(SOURCES, asked)) == pytest.approx(whole.values["ndcg_at_20"])


def test_only_what_some_source_puts_first_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "DEPTH", 3)
    asked = case()
    found = gather(SOURCES, asked)
    assert 3 <= found.wanted.shape[1] <= 6
    assert found.n_wanted.tolist() == [3] * 12
    assert found.positive.shape == (2, 36)
    assert values(found).mean() < values_of_all(asked).mean()


def values_of_all(asked: Case) -> NDArray[np.float64]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "DEPTH", N)
        return values(gather(SOURCES, asked))


def test_chunks_and_cases_are_joined_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = case()
    whole = gather(SOURCES, asked)
    monkeypatch.setattr(examples, "_CHUNK_BYTES", 4 * 2 * N * 5)
    parts = gather(SOURCES, asked)
    assert values(parts) == pytest.approx(values(whole))
    assert parts.question.tolist() == whole.question.tolist()
    assert parts.positive == pytest.approx(whole.positive)
    twice = joined([whole, parts])
    assert len(twice) == 24
    assert twice.question.max() == 23
    some = twice.where(np.arange(24) >= 12)
    assert values(some) == pytest.approx(values(whole))
    assert some.positive == pytest.approx(whole.positive)
    assert some.only(["b"]).worth[0].tolist() == some.worth[1].tolist()


def test_nothing_asked_gives_no_examples() -> None:
    with pytest.raises(ValueError, match="at least one question"):
        joined([])
