"""What every index kind must do, compared with brute force; each kind's test class inherits it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.arrays import Floats, Ids
from indexer.store.rows import row_index
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.row_index import RowIndex
from indexer.store.rows.tuning import RecallProbe, tune
from tests.fakes import random_units

DIM = 32


def clustered(n: int, *, seed: int = 0) -> NDArray[np.float32]:
    """(n, 32) unit rows that lie in groups of about fifty, as clips of real libraries do."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((-(-n // 50), DIM))
    rows = np.repeat(centres, 50, axis=0)[:n] + 0.7 * rng.standard_normal((n, DIM))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def same(one: tuple[Floats, Ids], two: tuple[Floats, Ids]) -> bool:
    """True where two searches gave the same scores and rows, bit for bit."""
    return np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1])


def content_of(path: Path) -> NDArray[np.uint8]:
    """The bytes of a file."""
    return np.frombuffer(path.read_bytes(), np.uint8)


class IndexContract:
    """Subclasses set `kind`, and how much of brute force's answer it must give when thorough."""

    kind: type[RowIndex]
    least_recall = 0.99

    def build(self, vectors: NDArray[np.floating]) -> RowIndex:
        """An index that searches as thoroughly as its kind can."""
        return self.kind.build(HalfMatrix.of(vectors))

    def test_it_returns_what_brute_force_returns(self) -> None:
        vectors = clustered(5_000)
        index = self.build(vectors)
        queries = vectors[::61]
        scores, got = index.search(queries, 10)
        exact = queries @ vectors.T
        best = np.argsort(-exact, axis=1)[:, :10]
        recall = np.mean([np.isin(b, g).mean() for b, g in zip(best, got, strict=True)])
        assert recall >= self.least_recall
        # Scores are inner products, best first, and belong to the rows beside them.
        assert np.allclose(scores, np.take_along_axis(exact, got, axis=1), atol=2e-3)
        assert (np.diff(scores, axis=1) <= 0).all()

    def test_the_fastest_parameters_that_reach_a_recall_are_found(self) -> None:
        index = self.build(clustered(5_000))
        probe = RecallProbe.of(index.matrix)
        reached = {}
        for wanted in (0.5, 0.9, 0.99):
            reached[wanted] = tune(index, probe, wanted)
            assert reached[wanted] == probe.recall_at_10(index) >= wanted
            if len(self.kind.settings) > 1:
                compared = index.n_compared(index.parameters)
                assert compared <= index.n_compared(dict(self.kind.settings[-1]))
        assert list(reached.values()) == sorted(reached.values())

    @pytest.mark.parametrize("scanned", [0, 4096])
    def test_it_returns_only_what_is_allowed(
        self, scanned: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(row_index, "SCANNED", scanned)
        vectors = clustered(3_000)
        index = self.build(vectors)
        chosen = np.random.default_rng(1).permutation(3_000)[:40]
        allowed = np.zeros(3_000, np.bool_)
        allowed[chosen] = True
        queries = vectors[:30]
        scores, got = index.search(queries, 5, allowed=allowed)
        assert scores.shape == got.shape == (30, 5)
        best = chosen[np.argsort(-(queries @ vectors[chosen].T), axis=1)[:, :5]]
        recall = np.mean([np.isin(b, g).mean() for b, g in zip(best, got, strict=True)])
        assert recall >= 0.97, "few that are allowed are compared one by one"
        _, got = index.search(queries, 100, allowed=allowed)
        assert got.shape == (30, 40), "no more columns than are allowed"
        assert np.isin(got, chosen).all()
        assert index.search(queries, 5, allowed=np.zeros(3_000, np.bool_))[1].shape == (30, 0)

    def test_as_many_come_as_were_asked_for_however_few_are_allowed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(row_index, "SCANNED", 0)
        monkeypatch.setattr(row_index, "EXACT_AMONG", 0)
        vectors = clustered(3_000)
        index = self.build(vectors)
        index.parameters = dict(self.kind.settings[0])  # the least thorough
        for share in (0.01, 0.1, 0.5):
            chosen = np.random.default_rng(1).permutation(3_000)[: int(share * 3_000)]
            allowed = np.zeros(3_000, np.bool_)
            allowed[chosen] = True
            _, got = index.search(vectors[:30], 25, allowed=allowed)
            assert all(len(set(row)) == 25 for row in got.tolist())
            assert np.isin(got, chosen).all()
        _, got = index.search(vectors[:3], 2_500)
        assert all(len(set(row)) == 2_500 for row in got.tolist())

    @pytest.mark.parametrize("n", [0, 1, 9])
    def test_small_and_empty_indexes_answer(self, n: int) -> None:
        rng = np.random.default_rng(2)
        index = self.build(random_units(rng, n, DIM))
        assert tune(index, RecallProbe.of(index.matrix)) == 1.0
        assert (len(index), index.dim) == (n, DIM)
        scores, rows = index.search(random_units(rng, 3, DIM), 50)
        assert scores.shape == rows.shape == (3, n)
        assert all(sorted(row) == list(range(n)) for row in rows.tolist())
        assert index.search(random_units(rng, 0, DIM), 5)[0].shape == (0, min(5, n))
        assert index.search(random_units(rng, 2, DIM), 0)[1].shape == (2, 0)

    def test_a_saved_index_answers_as_before(self, tmp_path: Path) -> None:
        index = self.build(clustered(900))
        has_file = index.save(tmp_path / "i")
        assert has_file == (tmp_path / "i").exists()
        content = content_of(tmp_path / "i") if has_file else None
        back = self.kind.load(content, index.matrix)
        back.parameters = index.parameters
        queries = index.matrix.rows(slice(20))
        for mask in (None, np.arange(900) % 2 == 0):
            one, two = (each.search(queries, 7, allowed=mask) for each in (index, back))
            assert same(one, two)
        assert back.memory_bytes == index.memory_bytes

    def test_a_file_that_is_not_what_was_promised_is_refused(self, tmp_path: Path) -> None:
        index = self.build(clustered(900))
        if not index.save(tmp_path / "i"):
            with pytest.raises(ValueError, match="no file of its own"):
                self.kind.load(np.zeros(5, np.uint8), index.matrix)
            return
        content = content_of(tmp_path / "i")
        for other in (HalfMatrix.of(clustered(901)), HalfMatrix.of(clustered(900)[:, :16])):
            with pytest.raises(ValueError, match="it holds 900 vectors of 32"):
                self.kind.load(content, other)
        for damaged in (content[:40], content[: len(content) // 2], np.full(300, 255, np.uint8)):
            with pytest.raises(ValueError, match="FAISS cannot read it"):
                self.kind.load(damaged, index.matrix)
        with pytest.raises(ValueError, match="is missing"):
            self.kind.load(None, index.matrix)

    def test_queries_of_another_length_are_a_programmers_error(self) -> None:
        index = self.build(clustered(30))
        with pytest.raises(ValueError, match=r"\(q, 32\)"):
            index.search(np.zeros((1, 16), np.float32), 1)

    def test_equal_vectors_do_not_count_as_missed(self) -> None:
        equal = np.repeat(random_units(np.random.default_rng(5), 1, DIM), 200, axis=0)
        index = self.build(equal)
        assert RecallProbe.of(index.matrix).recall_at_10(index) == 1.0
