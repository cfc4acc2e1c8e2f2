from pathlib import Path

import numpy as np
import pytest

from data.errors import ReelwiseError
from indexer.store.faiss_flat import FlatIndex, RecallProbe, build_index, fill_index


def unit(rng: np.random.Generator, n: int, dim: int = 32) -> np.ndarray:
    rows = rng.standard_normal((n, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_it_finds_what_brute_force_finds() -> None:
    rng = np.random.default_rng(1)
    vectors, ids = unit(rng, 700), rng.permutation(10_000)[:700].astype(np.int64)
    index = build_index(ids, vectors)
    queries = unit(rng, 40)
    scores, found = index.search(queries, 5)
    exact = queries @ vectors.T
    best = np.argsort(-exact, axis=1)[:, :5]
    assert (found == ids[best]).mean() > 0.99
    assert np.allclose(scores, np.take_along_axis(exact, best, 1), atol=2e-3)
    assert index.recall_at_10 == pytest.approx(1.0, abs=0.002)
    assert np.allclose(index.vector(int(ids[7])), vectors[7], atol=1e-3)
    with pytest.raises(KeyError):
        index.vector(123_456)


@pytest.mark.parametrize("n", [0, 1, 9])
def test_small_and_empty_indexes_answer(n: int) -> None:
    rng = np.random.default_rng(2)
    index = build_index(np.arange(n, dtype=np.int64) + 7, unit(rng, n))
    scores, ids = index.search(unit(rng, 3), 50)
    assert scores.shape == ids.shape == (3, n)
    assert all(sorted(row) == list(range(7, 7 + n)) for row in ids.tolist())
    assert index.search(unit(rng, 0), 5)[0].shape == (0, min(5, n))
    assert index.recall_at_10 == 1.0


def test_batches_make_the_same_index_as_one_block() -> None:
    rng = np.random.default_rng(3)
    vectors, ids = unit(rng, 300), np.arange(300, dtype=np.int64)
    parts = [(ids[i : i + 70], vectors[i : i + 70]) for i in range(0, 300, 70)]
    streamed = fill_index(32, parts, sample=vectors[::10])
    queries = unit(rng, 9)
    for one, two in zip(
        streamed.search(queries, 10), build_index(ids, vectors).search(queries, 10), strict=True
    ):
        assert np.array_equal(one, two)
    assert streamed.recall_at_10 == pytest.approx(1.0, abs=0.002)


def test_recall_tells_an_index_that_lost_clips() -> None:
    rng = np.random.default_rng(4)
    vectors, ids = unit(rng, 1000), np.arange(1000, dtype=np.int64)
    probe = RecallProbe(vectors[:100])
    for start in range(0, 1000, 130):
        probe.see(ids[start : start + 130], vectors[start : start + 130])
    half = FlatIndex(32)
    half.add(ids[::2], vectors[::2])
    assert 0.4 < probe.recall_at_10(half) < 0.6
    noisy = FlatIndex(32)
    moved = vectors + 0.05 * rng.standard_normal(vectors.shape).astype(np.float32)
    noisy.add(ids, moved)
    assert probe.recall_at_10(noisy) < 0.99


def test_equal_vectors_do_not_count_as_missed() -> None:
    same = np.repeat(unit(np.random.default_rng(5), 1), 200, axis=0).astype(np.float16)
    assert build_index(np.arange(200, dtype=np.int64), same).recall_at_10 == 1.0


def test_a_saved_index_comes_back_and_another_one_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    vectors = unit(rng, 20)
    index = build_index(np.arange(20, dtype=np.int64), vectors)
    index.save(tmp_path / "i")
    back = FlatIndex.load(tmp_path / "i", dim=32, n=20)
    assert np.array_equal(back.search(vectors, 3)[1], index.search(vectors, 3)[1])
    assert back.ids.tolist() == list(range(20))
    for dim, n in ((32, 21), (16, 20)):
        with pytest.raises(ReelwiseError, match="unusable"):
            FlatIndex.load(tmp_path / "i", dim=dim, n=n)
    (tmp_path / "i").write_bytes(b"IxM2" + b"\xff" * 200)
    with pytest.raises(ReelwiseError, match="unusable"):
        FlatIndex.load(tmp_path / "i", dim=32, n=20)


def test_queries_of_another_length_are_a_programmers_error() -> None:
    index = build_index(np.arange(3, dtype=np.int64), unit(np.random.default_rng(7), 3))
    with pytest.raises(ValueError, match=r"\(q, 32\)"):
        index.search(np.zeros((1, 16)), 1)
