"""What every index kind must do, compared with brute force; each kind's test class inherits it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import ReelwiseError
from indexer.store import faiss_index
from indexer.store.faiss_index import Floats, Ids, VectorIndex
from indexer.store.recall import fill_index
from tests.fakes import random_units

DIM = 32


def clustered(n: int, *, seed: int = 0) -> NDArray[np.float32]:
    """(n, 32) unit rows that lie in groups of about fifty, as clips of real libraries do."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((-(-n // 50), DIM))
    rows = np.repeat(centres, 50, axis=0)[:n] + 0.7 * rng.standard_normal((n, DIM))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def some_ids(n: int) -> NDArray[np.int64]:
    """Ids (n,) in no order, with gaps."""
    return np.random.default_rng(9).permutation(3 * n + 7)[:n].astype(np.int64)


def same(one: tuple[Floats, Ids], two: tuple[Floats, Ids]) -> bool:
    """True where two searches gave the same scores and ids, bit for bit."""
    return np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1])


class IndexContract:
    """Subclasses set `kind`, and how much of brute force's answer it must give."""

    kind: type[VectorIndex]
    least_recall = 0.99

    def build(self, ids: Ids, vectors: NDArray[np.floating]) -> tuple[VectorIndex, float]:
        return fill_index(self.kind, [(ids, vectors)], n=len(ids), sample=vectors[::5])

    def test_it_returns_what_brute_force_returns(self) -> None:
        vectors, ids = clustered(5_000), some_ids(5_000)
        index, measured = self.build(ids, vectors)
        queries = vectors[::61]
        scores, got = index.search(queries, 10)
        exact = queries @ vectors.T
        best = np.argsort(-exact, axis=1)[:, :10]
        recall = np.mean([np.isin(ids[b], g).mean() for b, g in zip(best, got, strict=True)])
        assert recall >= self.least_recall
        assert measured >= self.least_recall - 0.02
        # Scores are inner products, best first, and belong to the ids beside them.
        place = {int(clip_id): row for row, clip_id in enumerate(ids)}
        rows = np.vectorize(place.__getitem__)(got)
        assert np.allclose(scores, np.take_along_axis(exact, rows, axis=1), atol=2e-3)
        assert (np.diff(scores, axis=1) <= 0).all()

    def test_it_returns_only_what_is_allowed(self) -> None:
        vectors, ids = clustered(3_000), some_ids(3_000)
        index, _ = self.build(ids, vectors)
        chosen = np.random.default_rng(1).permutation(3_000)[:40]
        allowed = np.zeros(ids.max() + 1, bool)
        allowed[ids[chosen]] = True
        queries = vectors[:30]
        scores, got = index.search(queries, 5, allowed=allowed)
        assert scores.shape == got.shape == (30, 5)
        assert np.isin(got[got >= 0], ids[chosen]).all()
        best = chosen[np.argsort(-(queries @ vectors[chosen].T), axis=1)[:, :5]]
        recall = np.mean([np.isin(ids[b], g).mean() for b, g in zip(best, got, strict=True)])
        assert recall >= self.least_recall - 0.05
        _, got = index.search(queries, 100, allowed=allowed)
        assert got.shape == (30, 40), "no more columns than are allowed"
        assert index.search(queries, 5, allowed=np.zeros(9, bool))[1].shape == (30, 0)

    @pytest.mark.parametrize("scanned", [0, 4096])
    def test_as_many_come_as_were_asked_for_however_few_are_allowed(
        self, scanned: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(faiss_index, "SCANNED", scanned)
        monkeypatch.setattr(faiss_index, "PROBES", 2)
        vectors, ids = clustered(3_000), some_ids(3_000)
        index, _ = self.build(ids, vectors)
        for share in (0.01, 0.1, 0.5):
            chosen = np.random.default_rng(1).permutation(3_000)[: int(share * 3_000)]
            allowed = np.zeros(ids.max() + 1, bool)
            allowed[ids[chosen]] = True
            _, got = index.search(vectors[:30], 25, allowed=allowed)
            assert all(len(set(row)) == 25 for row in got.tolist())
            assert np.isin(got, ids[chosen]).all()

    @pytest.mark.parametrize("n", [0, 1, 9])
    def test_small_and_empty_indexes_answer(self, n: int) -> None:
        rng = np.random.default_rng(2)
        index, recall = self.build(np.arange(n) + 7, random_units(rng, n, DIM))
        assert (len(index), index.dim, recall) == (n, DIM, 1.0)
        scores, ids = index.search(random_units(rng, 3, DIM), 50)
        assert scores.shape == ids.shape == (3, n)
        assert all(sorted(row) == list(range(7, 7 + n)) for row in ids.tolist())
        assert index.search(random_units(rng, 0, DIM), 5)[0].shape == (0, min(5, n))
        assert index.search(random_units(rng, 2, DIM), 0)[1].shape == (2, 0)

    def test_batches_make_the_same_index_as_one_block(self) -> None:
        vectors, ids = clustered(700), some_ids(700)
        batches = [(ids[i : i + 90], vectors[i : i + 90]) for i in range(0, 700, 90)]
        streamed, _ = fill_index(self.kind, batches, n=700, sample=vectors[::5])
        whole, _ = self.build(ids, vectors)
        assert streamed.ids.tolist() == whole.ids.tolist() == ids.tolist()
        assert same(streamed.search(vectors[:9], 10), whole.search(vectors[:9], 10))

    def test_it_gives_back_the_vectors_by_id(self) -> None:
        vectors, ids = clustered(900), some_ids(900)
        index, _ = self.build(ids, vectors)
        assert np.allclose(index.vectors(ids[[7, 850, 3]]), vectors[[7, 850, 3]], atol=1e-3)
        assert index.vectors(ids[:0]).shape == (0, DIM)

    def test_a_saved_index_answers_as_before(self, tmp_path: Path) -> None:
        vectors, ids = clustered(900), some_ids(900)
        index, _ = self.build(ids, vectors)
        index.save(tmp_path / "i")
        back = self.kind.load(tmp_path / "i", dim=DIM, n=900)
        assert (len(back), back.dim, back.ids.tolist()) == (900, DIM, ids.tolist())
        allowed = np.arange(ids.max() + 1) % 2 == 0
        allowed &= np.isin(np.arange(ids.max() + 1), ids)
        for mask in (None, allowed):
            one, two = (i.search(vectors[:20], 7, allowed=mask) for i in (index, back))
            assert same(one, two)
        assert np.array_equal(back.vectors(ids[:50]), index.vectors(ids[:50]))

    def test_a_file_that_is_not_what_was_promised_is_refused(self, tmp_path: Path) -> None:
        index, _ = self.build(some_ids(900), clustered(900))
        path = tmp_path / "i"
        index.save(path)
        content = path.read_bytes()
        for dim, n in ((DIM, 901), (16, 900)):
            with pytest.raises(ReelwiseError, match="unusable"):
                self.kind.load(path, dim=dim, n=n)
        for damaged in (content[:40], content[: len(content) // 2], b"IxM2" + b"\xff" * 200, b""):
            path.write_bytes(damaged)
            with pytest.raises(ReelwiseError, match="unusable"):
                self.kind.load(path, dim=DIM, n=900)

    def test_queries_of_another_length_are_a_programmers_error(self) -> None:
        index, _ = self.build(some_ids(30), clustered(30))
        with pytest.raises(ValueError, match=r"\(q, 32\)"):
            index.search(np.zeros((1, 16), np.float32), 1)

    def test_equal_vectors_do_not_count_as_missed(self) -> None:
        same = np.repeat(random_units(np.random.default_rng(5), 1, DIM), 200, axis=0)
        assert self.build(np.arange(200), same.astype(np.float16))[1] == 1.0


def share_of_brute_force(index: VectorIndex, rows: Floats) -> float:
    """Share of the twenty nearest allowed rows that an index of row numbers returns."""
    rng = np.random.default_rng(1)
    allowed = rng.random(len(rows)) < 0.7
    shares = []
    for query in rows[rng.integers(len(rows), size=100)]:
        _, got = index.search(query[None], 20, allowed=allowed)
        scores = np.where(allowed, rows @ query, -2.0)
        shares.append(np.isin(np.argpartition(-scores, 20)[:20], got).mean())
    return float(np.mean(shares))
