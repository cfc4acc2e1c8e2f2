"""The next item in closed form, beside a plain implementation."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.events.histories import Histories
from recommender.events.log import EventLog
from recommender.events.videos import VideoTable
from recommender.sources.base import Source
from recommender.sources.next_item import AHEAD, FADING, LATEST_ITEMS, fit_next_item
from recommender.sources.registry import NEXT_ITEM
from tests.recommender.sources.contract import SavedSourceContract
from tests.recommender.tables import interactions


def round_and_round(n_people: int = 30, n_items: int = 9) -> EventLog:
    """Everybody goes through the items in a circle, from a start of their own."""
    rng = np.random.default_rng(2)
    words = []
    for person in range(n_people):
        start = int(rng.integers(n_items))
        words += [f"p{person}:{(start + step) % n_items}@{step}" for step in range(5)]
    return interactions(" ".join(words), n_people=n_people + 1, n_items=n_items)


def test_it_is_the_plain_regression() -> None:
    histories = round_and_round().histories
    before, after = [], []
    for a, b in zip(histories.starts, histories.starts[1:], strict=False):
        items = histories.item[a:b]
        for place in range(1, len(items)):
            p, y = np.zeros(9), np.zeros(9)
            for lag, item in enumerate(items[:place][::-1][:LATEST_ITEMS]):
                p[item] += FADING**lag
            y[items[place : place + AHEAD]] = 1.0
            before.append(p)
            after.append(y)
    p, y = np.array(before), np.array(after)
    plain = np.linalg.solve(p.T @ p + 2.0 * np.eye(9), p.T @ y)
    found = fit_next_item(histories, ridge=2.0)
    given = np.zeros(9)
    mine = histories.of(np.array([4]))
    for lag, item in enumerate(mine.item[::-1]):
        given[item] = FADING**lag
    assert found.scores(mine)[0] == pytest.approx(given @ plain, abs=1e-5)
    assert found.links(mine, 3).sum() == pytest.approx(float(given @ plain[:, 3]), abs=1e-5)


def test_what_comes_next_is_foretold_and_a_late_item_is_the_reason() -> None:
    histories = round_and_round().histories
    found = fit_next_item(histories, ridge=1.0)
    unmet = found.scores(histories.of(np.arange(30)))
    for person in range(30):
        mine = histories.of(np.array([person]))
        unmet[person, mine.item] = -np.inf
        following = (mine.item[-1] + 1) % 9
        assert int(np.argmax(unmet[person])) == following
        assert int(np.argmax(found.links(mine, int(following)))) >= len(mine.item) - AHEAD


def test_without_events_it_knows_nothing() -> None:
    nothing = interactions("a:0-").histories
    assert fit_next_item(nothing).scores(nothing).tolist() == [[0.0] * 4] * 12


def test_of_too_many_items_the_diagonal_alone_is_taken() -> None:
    histories = round_and_round(60).histories
    dense, sparse = fit_next_item(histories), fit_next_item(histories, dense_limit=5)
    scores, plain = sparse.scores(histories), dense.scores(histories)
    mine = histories.of(np.array([4]))
    for row in range(9):
        assert sparse.links(mine, row).sum() == pytest.approx(scores[4, row], abs=1e-5)
    scores[histories.user, histories.item] = plain[histories.user, histories.item] = -np.inf
    assert (scores[:60].argmax(axis=1) == plain[:60].argmax(axis=1)).mean() > 0.8


def test_only_the_latest_ten_have_a_say() -> None:
    words = [
        f"p{person}:{(person + step) % 20}@{step}" for person in range(20) for step in range(14)
    ]
    histories = interactions(" ".join(words), n_people=20, n_items=20).histories
    found = fit_next_item(histories, ridge=1.0)
    mine = histories.of(np.array([0]))
    links = found.links(mine, 14)
    assert (links != 0).tolist() == [False] * 4 + [True] * LATEST_ITEMS
    assert links.sum() == pytest.approx(float(found.scores(mine)[0, 14]), abs=1e-5)


class TestNextItem(SavedSourceContract):
    name, finds_best, order_matters = NEXT_ITEM, True, True

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        return fit_next_item(histories, ridge=3.0)


class TestNextItemOfManyItems(TestNextItem):
    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        return fit_next_item(histories, ridge=3.0, dense_limit=5)
