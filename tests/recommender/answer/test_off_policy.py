"""What the log is for: telling what another way of recommending would have been worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.history.history import History
from data.history.impressions import Impression, Impressions
from data.home import Home, resolve_home
from recommender.answer.exploration import Exploration
from recommender.service import LibraryRecommender
from tests.recommender.people import around, axes
from tests.recommender.watched_library import add_videos

N_VIDEOS, N_PAGES = 8, 500
OTHER = 4  # neither what is popular nor the last
Policy = Callable[[Impression], float]
"""With what probability it would have put this video on the first place."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = resolve_home(tmp_path_factory.mktemp("off-policy") / "home")
    add_videos(home, [f"v{i}" for i in range(N_VIDEOS)], around(axes(N_VIDEOS), 1))
    with Catalogue(home) as catalogue:
        for fan in range(6):
            for video in range(fan):
                History(catalogue).add(f"fan{fan}", f"v{video}")
    return home


@pytest.fixture(scope="module")
def recommender(home: Home) -> Iterator[LibraryRecommender]:
    with LibraryRecommender(home) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(home: Home, recommender: LibraryRecommender) -> list[list[Impression]]:
    """Pages of three that strangers were given, as the log tells them."""
    rng = np.random.default_rng(5)
    for number in range(N_PAGES):
        recommender.recommend(f"guest {number}", 3, explore=Exploration(0.7, rng))
    with Catalogue(home) as catalogue:
        shown = Impressions(catalogue).all()
    assert len(shown) == 3 * N_PAGES
    return [shown[at : at + 3] for at in range(0, len(shown), 3)]


def likings(rng: np.random.Generator) -> NDArray[np.float64]:
    """What share of strangers likes each video (by id): what is popular here, they do not."""
    return np.concatenate([[0.0], np.linspace(0.2, 0.9, N_VIDEOS) * rng.uniform(0.9, 1.0)])


def estimate(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values.mean()), float(values.std() / np.sqrt(len(values)))


@pytest.mark.parametrize("name", ["evenly", "another one", "steady"])
def test_inverse_propensities_tell_what_another_first_place_is_worth(
    name: str, pages: list[list[Impression]], recommender: LibraryRecommender
) -> None:
    rng = np.random.default_rng(6)
    liking = likings(rng)
    steady = recommender.recommend("guest", 3).items[0].video_id
    policies: dict[str, tuple[Policy, float]] = {
        "evenly": (lambda _: 1.0 / N_VIDEOS, float(liking[1:].mean())),
        "another one": (lambda one: float(one.video_id == OTHER), float(liking[OTHER])),
        "steady": (lambda one: float(one.video_id == steady), float(liking[steady])),
    }
    policy, truth = policies[name]
    first = [page[0] for page in pages]
    liked = rng.random(len(first)) < liking[[one.video_id for one in first]]
    weights = np.asarray([policy(one) / one.propensity for one in first])
    value, error = estimate(weights * liked)
    assert abs(value - truth) < 2.5 * error
    assert error < 0.25
    # The weights of any policy are 1 on average, or the propensities are not those of the draws.
    mean, off = estimate(weights)
    assert abs(mean - 1.0) < 2.5 * off
    # Without weights the log tells of the pages that were shown, not of these.
    plain, plain_error = estimate(liked.astype(np.float64))
    assert name == "steady" or abs(plain - truth) > 4 * plain_error


def test_inverse_propensities_tell_what_a_whole_page_is_worth(
    pages: list[list[Impression]], recommender: LibraryRecommender
) -> None:
    rng = np.random.default_rng(7)
    liking = likings(rng)
    wanted = [item.video_id for item in recommender.recommend("guest", 3).items]
    shown = np.asarray([[one.video_id for one in page] for page in pages])
    odds = np.asarray([[one.propensity for one in page] for page in pages]).prod(axis=1)
    weights = (shown == wanted).all(axis=1) / odds
    liked = (rng.random(shown.shape) < liking[shown]).sum(axis=1)
    value, error = estimate(weights * liked)
    assert abs(value - float(liking[wanted].sum())) < 2.5 * error
    assert 0.0 < error < 0.1


def test_a_page_is_logged_each_time_it_is_shown(
    home: Home, recommender: LibraryRecommender
) -> None:
    shown = recommender.recommend("fan2", 10)
    for _ in range(2):
        recommender.log(shown)
    with Catalogue(home) as catalogue:
        logged = Impressions(catalogue).all("fan2")
    assert [one.video_id for one in logged] == 2 * [item.video_id for item in shown.items]


def test_an_answer_as_of_the_past_is_not_logged(tmp_path: Path) -> None:
    home = resolve_home(tmp_path / "home")
    add_videos(home, ["a", "b"], around(axes(2), 1))
    with LibraryRecommender(home) as opened, Catalogue(home) as catalogue:
        from datetime import UTC, datetime, timedelta

        past = datetime.now(UTC) + timedelta(seconds=1)
        opened.recommend("ann", 1, at=past, explore=0.5)
        assert Impressions(catalogue).all() == []
        opened.recommend(" ann ", 1, explore=0.5)
        assert [one.user for one in Impressions(catalogue).all()] == ["ann"]
        History(catalogue).forget("ann")
        assert Impressions(catalogue).all() == []
