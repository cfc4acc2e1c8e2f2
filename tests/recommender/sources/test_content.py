"""Content: what is watched together becomes similar, so that new videos can be recommended."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources import content as module
from recommender.sources.base import Source
from recommender.sources.content import Content, fit_content
from recommender.sources.registry import CONTENT
from tests.recommender.sources.contract import SavedSourceContract

N_ITEMS, N_NEW, N_PEOPLE, LIKES = 300, 60, 300, 8
DEEP = 10


def histories(lists: list[list[int]], n_items: int = N_ITEMS) -> Histories:
    starts = np.cumsum([0, *(len(one) for one in lists)])
    item = np.asarray([row for one in lists for row in one], np.int64)
    at_s = np.concatenate([np.arange(len(one), dtype=float) for one in lists] or [np.zeros(0)])
    return Histories(starts, item, np.ones(len(item)), at_s, n_items)


def units(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return VideoTable(np.arange(len(rows)), rows.astype(np.float32)).centred


@cache
def misleading() -> tuple[Histories, NDArray[np.float32], NDArray[np.int64]]:
    """People follow the first 3 of 24 dimensions; the others are louder.

    The last `N_NEW` items have no event; each person's three likes among them are the third part.
    """
    rng = np.random.default_rng(8)
    theme = rng.normal(size=(N_ITEMS, 3))
    rows = np.hstack([theme, 1.2 * rng.normal(size=(N_ITEMS, 21))])
    theme /= np.linalg.norm(theme, axis=1, keepdims=True)
    taste = rng.normal(size=(N_PEOPLE, 3))
    taste /= np.linalg.norm(taste, axis=1, keepdims=True)
    wish = 6.0 * taste @ theme.T + rng.gumbel(size=(N_PEOPLE, N_ITEMS))
    old = np.argsort(-wish[:, :-N_NEW], axis=1)[:, :LIKES]
    new = N_ITEMS - N_NEW + np.argsort(-wish[:, -N_NEW:], axis=1)[:, :3]
    return histories([list(rng.permutation(one)) for one in old]), units(rows), new


@cache
def fitted() -> Content:
    liked, content, _ = misleading()
    return fit_content(liked, content)


def recall_of_new(source: Content) -> float:
    """Part of each person's three new likes among the ten new items that score best."""
    liked, _, new = misleading()
    rows = np.arange(N_ITEMS - N_NEW, N_ITEMS)
    best = rows[np.argsort(-source.scores(liked, rows), axis=1)[:, :DEEP]]
    return float(np.mean([np.isin(new[i], best[i]).mean() for i in range(N_PEOPLE)]))


class TestContent(SavedSourceContract):
    name, order_matters = CONTENT, True
    mapped = False

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        source = fit_content(histories, videos.centred)
        assert (source.mapping is not None) == self.mapped
        return source


class TestMappedContent(TestContent):
    mapped, order_matters = True, False

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        mapping = np.random.default_rng(1).normal(size=(videos.centred.shape[1], 5))
        return Content.of(videos.centred, mapping.astype(np.float32), half_life_places=np.inf)


def test_new_videos_are_found_where_plain_similarity_misleads() -> None:
    assert 0.25 < recall_of_new(Content(misleading()[1])) < 0.35
    assert 0.70 < recall_of_new(fitted()) < 0.85


@pytest.mark.parametrize("seed", [1, 2])
def test_of_people_without_taste_no_map_is_made(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lists = [list(rng.choice(N_ITEMS, LIKES, replace=False)) for _ in range(N_PEOPLE)]
    content = misleading()[1]
    source = fit_content(histories(lists), content)
    assert source.mapping is None
    assert source.vectors is content


def test_a_map_that_does_not_help_new_videos_is_not_used() -> None:
    # Each crowd watches ten videos that have nothing in common; 200 dimensions fit them by heart.
    rng = np.random.default_rng(4)
    crowds = rng.permutation(N_ITEMS).reshape(-1, 10)
    lists = [list(rng.permutation(crowds[i % len(crowds)])[:LIKES]) for i in range(N_PEOPLE)]
    content = units(rng.normal(size=(N_ITEMS, 200)))
    assert fit_content(histories(lists), content).mapping is None
    assert module._co_liked_map(histories(lists), content) is not None


def test_too_few_videos_or_people_leave_the_vectors_as_they_are() -> None:
    content = units(np.random.default_rng(3).normal(size=(20, 4)))
    assert fit_content(histories([[0, 1, 2], [3, 4]], 20), content).mapping is None
    nobody = histories([], 20)
    assert fit_content(nobody, content).scores(nobody).shape == (0, 20)
    alone = histories([[row] for row in range(N_ITEMS)])
    assert fit_content(alone, misleading()[1]).mapping is None


def test_the_map_solves_the_generalised_eigenproblem() -> None:
    liked, content, _ = misleading()
    mapping = module._co_liked_map(liked, content)
    assert mapping is not None
    # Plainly, pair by pair: everybody has eight likes and counts the same.
    x = content.astype(np.float64)
    pairs = np.zeros((24, 24))
    share = np.zeros(N_ITEMS)
    for person in range(N_PEOPLE):
        rows = liked.item[liked.starts[person] : liked.starts[person + 1]]
        for one in rows:
            for other in rows:
                if one != other:
                    pairs += np.outer(x[one], x[other])
                    share[one] += 1.0
    pairs, share = pairs / share.sum(), share / share.sum()
    mean = share @ x
    together = pairs - np.outer(mean, mean)
    single = (x.T * share) @ x - np.outer(mean, mean)
    single += module.MAP_RIDGE * np.trace(single) / 24 * np.eye(24)
    # Columns are eigenvectors scaled by a power of their values.
    for column in mapping.T.astype(np.float64):
        value = (column @ together @ column) / (column @ single @ column)
        assert together @ column == pytest.approx(value * (single @ column), abs=1e-4)
        assert column @ single @ column == pytest.approx(value ** (2 * module.MAP_POWER), rel=1e-3)


def test_the_score_is_the_root_of_the_mean_squared_similarity_to_what_was_liked() -> None:
    content = np.asarray([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], np.float32)
    source = Content(content, half_life_places=1.0)
    liked = histories([[2, 0]], 4)  # the earlier one counts half
    assert source.scores(liked)[0] == pytest.approx(
        [(1.0 / 1.5) ** 0.5, ((0.36 + 0.5 * 0.64) / 1.5) ** 0.5, (0.5 / 1.5) ** 0.5, 0.0]
    )


def test_mapped_vectors_are_of_unit_length_and_unknown_ones_stay_zero() -> None:
    content = np.asarray([[1, 0], [0.6, 0.8], [0, 0]], np.float32)
    source = Content.of(content, np.asarray([[1, 0], [0, 0.5]], np.float32))
    length = float(np.hypot(0.6, 0.4))
    expected = np.asarray([[1, 0], [0.6 / length, 0.4 / length], [0, 0]])
    assert source.vectors == pytest.approx(expected, abs=1e-6)


def test_blocks_of_memory_do_not_change_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    liked, _, _ = misleading()
    whole = fitted().scores(liked)
    monkeypatch.setattr(module, "_BLOCK_BYTES", 4 * N_ITEMS * 7)
    assert fitted().scores(liked) == pytest.approx(whole, abs=1e-6)


def test_links_name_the_similar_video() -> None:
    content = np.asarray([[1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    one = histories([[2, 0, 3]], 4)
    assert one.item[np.argmax(Content(content).links(one, 1))] == 0


def test_items_without_a_vector_neither_score_nor_count() -> None:
    liked, content, _ = misleading()
    holed = content.copy()
    holed[[0, 299]] = 0.0
    source = fit_content(liked, holed)
    assert source.mapping is not None
    assert not source.scores(liked)[:, [0, 299]].any()
    assert not source.scores(histories([[0]])).any()
    assert np.isfinite(source.vectors).all()


def test_a_map_is_for_vectors_of_one_width() -> None:
    with pytest.raises(ValueError, match="24-d, got 3-d"):
        Content.from_arrays(fitted().to_arrays(), np.eye(3, dtype=np.float32))


def test_no_person_counts_more_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    content = misleading()[1]
    heavy = histories([*[list(range(200))], *[[0, 1], [2, 3]]])
    bound = module._co_liked_map(heavy, content)
    monkeypatch.setattr(module, "MOST_LIKES", 1e9)
    free = module._co_liked_map(heavy, content)
    assert bound is not None
    assert free is not None
    assert bound.shape != free.shape or not np.allclose(np.abs(bound), np.abs(free), atol=1e-3)


def test_it_is_fitted_the_same_each_time() -> None:
    liked, content, _ = misleading()
    assert np.array_equal(fit_content(liked, content).vectors, fitted().vectors)
