from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from recommender.events.histories import Histories
from recommender.events.videos import VideoTable
from recommender.sources import sparse_links
from recommender.sources.base import LinkSource, Source
from recommender.sources.closed_form import precision
from recommender.sources.ease import RIDGE, fit_ease
from recommender.sources.item_links import DenseLinks, ItemLinks, SpannedLinks, SparseLinks
from recommender.sources.registry import EASE, RECENT_EASE
from tests.recommender.sources.contract import SavedSourceContract


def watched(n_people: int, n_videos: int, *, seed: int = 0) -> sparse.csr_array:
    rng = np.random.default_rng(seed)
    dense = rng.uniform(0.1, 1.0, (n_people, n_videos)) * (rng.random((n_people, n_videos)) < 0.3)
    dense[:, n_videos // 2] = 0.0  # nobody watched this one
    return sparse.csr_array(dense)


def plain_ease(x: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse = np.linalg.inv(x.T @ x + RIDGE * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0.0)
    return weights


def all_links(model: ItemLinks, n_videos: int) -> NDArray[np.float64]:
    rows = np.arange(n_videos)
    return np.stack([model.links(rows, target) for target in range(n_videos)], axis=1)


@pytest.mark.parametrize(("n_people", "n_videos"), [(80, 20), (12, 40)])
def test_both_closed_forms_equal_plain_ease(n_people: int, n_videos: int) -> None:
    x = watched(n_people, n_videos)
    model = fit_ease(x)
    expected = plain_ease(x.toarray())
    history = np.zeros((2, n_videos))
    history[0, [1, 4, 7]] = [1.0, 0.3, 2.0]
    found = model.scores(sparse.csr_array(history))
    assert found == pytest.approx(history @ expected, abs=1e-6)
    some = np.array([9, 4, n_videos // 2])
    assert model.scores(sparse.csr_array(history), some) == pytest.approx(found[:, some], abs=1e-6)
    assert all_links(model, n_videos) == pytest.approx(expected, abs=1e-6)


def test_beyond_the_limit_links_are_shrunk_cosines() -> None:
    x = watched(60, 25)
    model = fit_ease(x, dense_limit=5)
    dense = x.toarray()
    norms = np.linalg.norm(dense, axis=0)
    expected = dense.T @ dense / (norms[:, None] * norms[None, :] + sparse_links.SHRINK)
    np.fill_diagonal(expected, 0.0)
    assert all_links(model, 25) == pytest.approx(expected, abs=1e-6)
    history = np.zeros((1, 25))
    history[0, [1, 4]] = [1.0, 0.5]
    scores = model.scores(sparse.csr_array(history))
    assert scores == pytest.approx(history @ expected, abs=1e-6)
    some = np.array([9, 4, 0])
    assert model.scores(sparse.csr_array(history), some) == pytest.approx(scores[:, some])


def test_only_the_best_links_of_each_video_are_kept() -> None:
    full = all_links(SparseLinks(sparse_links.shrunk_cosine(watched(60, 25))), 25)
    kept = all_links(SparseLinks(sparse_links.shrunk_cosine(watched(60, 25), keep=3)), 25)
    for row in range(25):
        best = np.sort(full[row])[-3:]
        assert np.sort(kept[row])[-3:] == pytest.approx(best)
        assert np.count_nonzero(kept[row]) == np.count_nonzero(best)


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (3, 4)])
def test_without_events_it_knows_nothing(shape: tuple[int, int]) -> None:
    model = fit_ease(sparse.csr_array(shape))
    rows = np.arange(min(2, shape[1]))
    assert model.scores(sparse.csr_array((2, shape[1]))).tolist() == [[0.0] * shape[1]] * 2
    assert model.links(rows, 0).tolist() == [0.0] * len(rows)


@pytest.mark.parametrize("n_people", [200, 12])
def test_content_links_new_videos_to_those_that_are_alike(n_people: int) -> None:
    x = watched(n_people, 20)  # nobody watched the tenth
    shown = 9.0 * np.random.default_rng(4).normal(size=(20, 6)).astype(np.float32)
    shown[10] = shown[3]
    expected = plain_ease(np.vstack([x.toarray(), shown.T.astype(np.float64)]))
    model = fit_ease(x, content=shown)
    history = sparse.csr_array(np.eye(20)[[3, 7]])
    assert model.scores(history) == pytest.approx(expected[[3, 7]], abs=1e-4)
    assert abs(model.scores(history)[0, 10]) > 0.01
    assert fit_ease(x).scores(history)[0, 10] == 0.0


def test_links_do_not_depend_on_the_blocks_they_are_made_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = watched(60, 25)
    expected = sparse_links.shrunk_cosine(x, keep=4)
    assert np.diff(expected.indptr).max() == 4
    for block, work in ((3, 10**9), (1_000, 40), (1_000, 1)):
        monkeypatch.setattr(sparse_links, "_BLOCK", block)
        monkeypatch.setattr(sparse_links, "_WORK", work)
        assert (sparse_links.shrunk_cosine(x, keep=4) != expected).nnz == 0
    assert sparse_links.shrunk_cosine(sparse.csr_array((3, 0))).shape == (0, 0)


def test_a_crowd_that_outgrows_the_ridge_is_inverted_in_double_precision() -> None:
    few = watched(80, 20)
    many = sparse.csr_array(few * 400.0)  # as 160,000 times as many people
    assert precision(few.T @ few, 100.0) is np.float32
    assert precision(many.T @ many, 100.0) is np.float64
    assert precision(few.T @ few, 100.0, more=1e8) is np.float64
    model = fit_ease(many)
    assert all_links(model, 20) == pytest.approx(plain_ease(many.toarray()), abs=1e-6)


class EaseContract(SavedSourceContract):
    finds_best = True
    dense_limit = 3_000
    made_of: type = DenseLinks

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        links = fit_ease(histories.matrix().astype(np.float64), dense_limit=self.dense_limit)
        return LinkSource(links)

    def test_it_is_saved_in_its_own_form(self, tmp_path: Path) -> None:
        again = self.again(self.videos, tmp_path)
        assert isinstance(again, LinkSource)
        assert isinstance(again.item_links, self.made_of)


class TestEase(EaseContract):
    name = EASE


class TestEaseByPeople(EaseContract):
    name, finds_best, made_of = EASE, False, SpannedLinks
    n_people = 30

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        return super().fit(histories.of(np.arange(self.n_people)), videos)

    def test_it_is_saved_without_people(self) -> None:
        assert isinstance(self.source, LinkSource)
        arrays = self.source.to_arrays()
        assert set(arrays) == {"half_life_places", "vectors", "length"}
        # No direction is the row of what one person watched.
        liked = self.histories.of(np.arange(self.n_people)).matrix().toarray()
        cosines = (liked / np.linalg.norm(liked, axis=1, keepdims=True)) @ (
            arrays["vectors"] / np.linalg.norm(arrays["vectors"], axis=0)
        )
        assert np.abs(cosines).max() < 0.999


class TestShrunkCosines(EaseContract):
    name, dense_limit, made_of = EASE, 5, SparseLinks


class TestRecentEase(SavedSourceContract):
    name, finds_best, order_matters = RECENT_EASE, True, True

    def fit(self, histories: Histories, videos: VideoTable) -> Source:
        return LinkSource(fit_ease(histories.matrix().astype(np.float64)), 3.0)
