"""The scores are those of scikit-learn, but for clips that show the same time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

from indexer.oddities import unlike
from indexer.oddities.unlike import Clips, nearest, scores
from tests.fakes import random_units


def clips(n: int, seed: int, *, videos: int | None = None, dim: int = 8) -> Clips:
    """Clips of 5 s; each of a video of its own, or in turn of so many."""
    rng = np.random.default_rng(seed)
    owners = np.arange(n) % (videos or n)
    starts_s = 5.0 * (np.arange(n) // (videos or n)).astype(np.float64)
    return Clips(random_units(rng, n, dim), owners + 1000 * seed, starts_s, starts_s + 5.0)


@pytest.mark.parametrize("at_once", [1, unlike.AT_ONCE])
def test_neighbours_are_those_of_scikit_learn(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(unlike, "AT_ONCE", at_once)
    judged, normal = clips(30, 1), clips(80, 2)
    found = nearest(judged, normal, 5, 30.0)
    known = NearestNeighbors(n_neighbors=5, metric="cosine").fit(normal.vectors)
    distances, rows = known.kneighbors(judged.vectors)
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_allclose(found.distances, distances, atol=1e-5)
    values, first = scores(judged, normal, method="neighbours", k=5, apart_s=30.0)
    np.testing.assert_allclose(values, distances.mean(axis=1), atol=1e-5)
    np.testing.assert_array_equal(first, rows[:, 0])


def test_the_local_outlier_factor_is_that_of_scikit_learn() -> None:
    judged, normal = clips(30, 1), clips(80, 2)
    known = LocalOutlierFactor(n_neighbors=7, metric="cosine", novelty=True).fit(normal.vectors)
    values, _ = scores(judged, normal, method="lof", k=7, apart_s=30.0)
    np.testing.assert_allclose(values, -known.score_samples(judged.vectors), rtol=1e-4)


def test_of_a_library_itself_no_clip_is_its_own_neighbour() -> None:
    everything = clips(60, 3)
    known = LocalOutlierFactor(n_neighbors=7, metric="cosine").fit(everything.vectors)
    values, _ = scores(everything, everything, method="lof", k=7, apart_s=30.0)
    np.testing.assert_allclose(values, -known.negative_outlier_factor_, rtol=1e-4)


def test_clips_of_one_video_count_only_when_they_are_far_apart_in_time() -> None:
    one = clips(6, 4, videos=1)  # 0-5, 5-10, ... 25-30 s
    found = nearest(one, one, 6, apart_s=10.0)
    gaps_s = np.abs(one.starts_s[:, None] - one.starts_s[found.rows]) - 5.0
    known = np.isfinite(found.distances)
    assert known.sum(axis=1).tolist() == [3, 2, 1, 1, 2, 3]
    assert (gaps_s[known] >= 10.0).all()


def test_a_clip_with_nothing_to_compare_has_no_score() -> None:
    one = clips(3, 5, videos=1)
    for method in ("neighbours", "lof"):
        values, _ = scores(one, one, method=method, k=5, apart_s=30.0)
        assert np.isnan(values).all()
    empty = clips(0, 6)
    values, _ = scores(one, empty, method="neighbours", k=5, apart_s=30.0)
    assert np.isnan(values).all()


def test_a_scene_that_was_never_there_is_the_oddest() -> None:
    rng = np.random.default_rng(7)
    place = random_units(rng, 1, 8)
    usual = place + 0.1 * random_units(rng, 40, 8)
    usual[17] = random_units(rng, 1, 8)
    usual /= np.linalg.norm(usual, axis=1, keepdims=True)
    starts_s = 60.0 * np.arange(40, dtype=np.float64)
    film = Clips(usual.astype(np.float32), np.ones(40, np.int64), starts_s, starts_s + 10.0)
    for method in ("neighbours", "lof"):
        values, _ = scores(film, film, method=method, k=5, apart_s=30.0)
        assert int(np.argmax(values)) == 17
