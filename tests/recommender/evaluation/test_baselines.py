"""Each baseline by hand or beside a plain implementation on small tables."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.choosing.ranking import Fit, climb
from recommender.choosing.splits import hold_out
from recommender.choosing.tune import ModelFit
from recommender.evaluation.baselines import (
    BASELINES,
    content_baseline,
    ease_baseline,
    ials_baseline,
    item_knn_baseline,
    popularity_baseline,
    recent_popularity_baseline,
    rp3beta_baseline,
)
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable, without_vectors
from recommender.model.blend import weights_from
from recommender.model.model import Settings
from recommender.sources import ials
from recommender.sources.registry import SOURCES
from recommender.sources.sparse_links import SHRINK
from tests.recommender.tables import interactions

pytestmark = pytest.mark.long(8)

DAY_S = 86_400.0


def two_tastes(seed: int = 0, *, n_people: int = 40, n_items: int = 20) -> EventLog:
    """Even people like even items, odd people odd ones; nobody likes the last two."""
    rng = np.random.default_rng(seed)
    words = [
        f"p{person}:{2 * item + person % 2}@{rng.random()}"
        for person in range(n_people)
        for item in rng.permutation((n_items - 2) // 2)[:5]
    ]
    return interactions(" ".join(words), n_people=n_people + 1, n_items=n_items)


def dense(train: EventLog) -> NDArray[np.float64]:
    return np.asarray(train.liked.toarray(), dtype=np.float64)


EVERYBODY = np.arange(41)
BARE = without_vectors(20)
FITS: dict[str, Fit] = {
    "item-knn": item_knn_baseline,
    "rp3beta": rp3beta_baseline,
    "ease": ease_baseline,
    "ials": ials_baseline,
}
NOBODY_KNOWN = 40


def test_popularity_counts_people() -> None:
    train = interactions("a:0 a:0 a:1 b:0 c:2- b:3+")
    assert popularity_baseline(train, BARE)(np.array([0, 5])).tolist() == [[2.0, 1.0, 0.0, 1.0]] * 2


def test_recent_popularity_halves_in_fourteen_days() -> None:
    train = interactions(f"a:0@0 b:1@{14 * DAY_S} c:1@0")
    scores = recent_popularity_baseline(train, BARE)(np.array([0]))
    assert scores[0].tolist() == [0.5, 1.5, 0.0, 0.0]


def test_without_times_recent_popularity_is_popularity() -> None:
    train = interactions("a:0 b:0 b:1")
    recent = recent_popularity_baseline(train, BARE)(np.array([0]))
    assert recent.tolist() == popularity_baseline(train, BARE)(np.array([0])).tolist()


def test_item_knn_is_shrunk_cosine() -> None:
    x = dense(train := two_tastes())
    norms = np.linalg.norm(x, axis=0)
    alike = x.T @ x / (np.outer(norms, norms) + SHRINK)
    np.fill_diagonal(alike, 0.0)
    people = EVERYBODY[:NOBODY_KNOWN]
    assert item_knn_baseline(train, BARE)(people) == pytest.approx((x @ alike)[people], abs=1e-5)


def test_rp3beta_is_three_steps_with_fame_taken_off() -> None:
    x = dense(train := two_tastes())
    to_items = x / np.maximum(x.sum(axis=1, keepdims=True), 1.0)
    to_people = x.T / np.maximum(x.sum(axis=0)[:, None], 1.0)
    walk = to_people @ to_items / np.maximum(x.sum(axis=0), 1.0) ** 0.2
    np.fill_diagonal(walk, 0.0)
    people = EVERYBODY[:NOBODY_KNOWN]
    found = rp3beta_baseline(train, BARE, beta=0.2)(people)
    n_liked = x.sum(axis=1, keepdims=True)[people]
    assert found / n_liked == pytest.approx((to_items @ walk)[people], abs=1e-5)


@pytest.mark.parametrize(("n_people", "n_items"), [(40, 20), (10, 40)])
def test_ease_is_the_closed_form(n_people: int, n_items: int) -> None:
    x = dense(train := two_tastes(n_people=n_people, n_items=n_items))
    inverse = np.linalg.inv(x.T @ x + 30.0 * np.eye(n_items))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0.0)
    people = np.arange(n_people)
    found = ease_baseline(train, BARE, ridge=30.0)(people)
    assert found == pytest.approx((x @ weights)[people], abs=1e-5)


def test_ials_solves_each_side_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ials, "FACTORS", 3)
    x = dense(train := two_tastes())
    other = np.random.default_rng(1).standard_normal((20, 3)).astype(np.float32)
    met = x.sum(axis=0) > 0
    other[~met] = 0.0
    fitted = ials.Ials(other, 0.2)
    found = fitted.scores(train.histories) @ np.linalg.pinv(other.T)
    for person in range(NOBODY_KNOWN):
        weight = np.where(met, 0.2, 0.0) + x[person]
        ridge = ials.DECAY * (x[person].sum() + 0.2 * met.sum())
        system = (other.T * weight) @ other + ridge * np.eye(3)
        assert found[person] == pytest.approx(np.linalg.solve(system, x[person] @ other), abs=1e-4)
    assert not found[NOBODY_KNOWN].any()
    history = train.histories.of(np.array([3]))
    links = fitted.links(history, 5)
    assert links.sum() == pytest.approx(fitted.scores(history)[0, 5], abs=1e-4)


@pytest.mark.parametrize("name", FITS)
def test_tastes_are_told_apart(name: str) -> None:
    train = two_tastes()
    scores = FITS[name](train, BARE)(EVERYBODY[:NOBODY_KNOWN])
    even, odd = scores[:, 0:18:2].mean(axis=1), scores[:, 1:18:2].mean(axis=1)
    assert (even[0::2] > odd[0::2]).all()
    assert (odd[1::2] > even[1::2]).all()


@pytest.mark.parametrize("name", FITS)
def test_somebody_unknown_gets_what_is_popular(name: str) -> None:
    train = two_tastes()
    nobody = np.array([0, NOBODY_KNOWN])
    scores = FITS[name](train, BARE)(nobody)
    assert scores[1].tolist() == recent_popularity_baseline(train, BARE)(nobody)[1].tolist()
    assert scores[0].tolist() != scores[1].tolist()


def test_content_finds_what_nobody_has_met() -> None:
    train = two_tastes()
    rng = np.random.default_rng(5)
    matrix = 0.2 * rng.standard_normal((20, 6)).astype(np.float32)
    matrix[0::2, 0] += 1.0
    matrix[1::2, 1] += 1.0
    scores = content_baseline(train, VideoTable(np.arange(20), matrix))(EVERYBODY[:NOBODY_KNOWN])
    assert (scores[0::2, 18] > scores[0::2, 19]).all()
    assert (scores[1::2, 19] > scores[1::2, 18]).all()


def test_the_recommender_works_with_and_without_vectors_and_times() -> None:
    train = two_tastes()
    untimed = interactions("a:0 a:2 b:1", n_people=41, n_items=20)
    vectors = VideoTable(np.arange(20), np.eye(20, dtype=np.float32))
    for events in (train, untimed):
        for videos in (BARE, vectors):
            settings = Settings(weights_from([{kind.name: 1.0 for kind in SOURCES}] * 4))
            for one in (settings, Settings()):
                scores = ModelFit(one)(events, videos)(EVERYBODY)
                assert scores.shape == (41, 20)
                assert 0.0 <= scores.min() <= scores.max() <= 1.0 + 1e-6


def test_the_ridge_is_the_one_that_foretells_best() -> None:
    case = hold_out(two_tastes(), by_time=False)
    fit = BASELINES["ease"]([case], BARE)
    assert fit(case.train, BARE)(np.array([0])).shape == (1, 20)


@pytest.mark.parametrize("best", range(5))
def test_climbing_finds_the_top_from_anywhere_it_starts(best: int) -> None:
    asked: list[float] = []

    def worth(setting: float) -> float:
        asked.append(setting)
        return -abs(setting - best)

    for start in range(5):
        asked.clear()
        assert climb(range(5), worth, start=start) == best
        assert len(asked) == len(set(asked))


def test_every_baseline_of_the_issue_is_there() -> None:
    assert list(BASELINES) == [
        "popularity",
        "recent popularity",
        "item-knn",
        "rp3beta",
        "ease",
        "ials",
        "content only",
    ]
