"""The nearest-neighbour index of one generation, behind the only door to FAISS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from data.durable import fsync_file
from data.errors import ReelwiseError

INDEX_KIND = "flat_fp16"
"""Every vector compared, stored as float16: exact, and fast enough to about a million clips."""

RECALL_QUERIES = 100
"""Queries of the recall measurement at build; +-0.005 at a recall of 0.99 (1,000 neighbours)."""

_RECALL_K = 10
_SCORE_SLACK = 1e-5
_NOISE = 0.5
_LOOP_LIMIT = 1 << 32
_SMALL_SEARCH = 50_000_000

_faiss: Any = faiss  # its stubs lack the overloads that FAISS adds in Python

Floats = npt.NDArray[np.floating]


class FlatIndex:
    """Clip vectors by permanent clip id, searched by inner product.

    Safe for any number of searching threads once filled.

    Args:
        dim: Length of the vectors.
    """

    def __init__(self, dim: int) -> None:
        kind = faiss.ScalarQuantizer.QT_fp16
        flat = faiss.IndexScalarQuantizer(dim, kind, faiss.METRIC_INNER_PRODUCT)
        self._index = faiss.IndexIDMap2(flat)
        self.recall_at_10 = 1.0
        """Share of the true ten nearest that it finds, as measured at build; 1 when empty."""

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """(m,) all clip ids, in the order they were added."""
        return np.asarray(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def add(self, ids: npt.NDArray[np.int64], vectors: Floats) -> None:
        """Add clips.

        Args:
            ids: (m,) clip ids that it does not hold yet.
            vectors: (m, d) unit rows.
        """
        if len(ids):
            rows = np.ascontiguousarray(vectors, dtype=np.float32)
            self._index.add_with_ids(rows, np.ascontiguousarray(ids, dtype=np.int64))

    def search(
        self, queries: Floats, k: int, *, among: npt.NDArray[np.int64] | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Find the clips nearest to each query.

        Args:
            queries: (q, d) rows, usually unit.
            k: How many; fewer come back where the index holds fewer.
            among: Only these clips are looked at, all of which it must hold; None for all.

        Returns:
            Scores (q, min(k, m)) float32, inner products, best first, and the clip ids (q, min(k,
            m)).
        """
        rows = np.ascontiguousarray(queries, dtype=np.float32)
        k = min(k, len(self) if among is None else len(among))
        if k <= 0 or not len(rows):
            shape = (len(rows), max(k, 0))
            return np.zeros(shape, np.float32), np.zeros(shape, np.int64)
        if rows.ndim != 2 or rows.shape[1] != self.dim:
            raise ValueError(f"queries must have shape (q, {self.dim}), got {rows.shape}")
        chosen = None
        if among is not None:
            # One bit per id ever given out: a million of them are marked in a millisecond.
            wanted = np.zeros(int(among.max()) + 1, dtype=np.bool_)
            wanted[among] = True
            bits = np.packbits(wanted, bitorder="little")
            chosen = _faiss.SearchParameters(sel=_faiss.IDSelectorBitmap(bits))
        with _threads_for(len(rows) * len(self) * self.dim):
            scores, ids = self._index.search(rows, k, params=chosen)
        return scores, ids

    def vector(self, clip_id: int) -> npt.NDArray[np.float32]:
        """Give (d,) the stored vector of one clip.

        Raises:
            KeyError: The index does not hold that clip.
        """
        try:
            return np.asarray(self._index.reconstruct(int(clip_id)), dtype=np.float32)
        except RuntimeError as error:
            raise KeyError(clip_id) from error

    def vectors(self, clip_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Give (m, d) the stored vectors of m clips, all of which it must hold."""
        if not len(clip_ids):
            return np.zeros((0, self.dim), np.float32)
        rows = self._index.reconstruct_batch(np.ascontiguousarray(clip_ids, dtype=np.int64))
        return np.asarray(rows, dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write it to a new file and force the bytes to the disk."""
        faiss.write_index(self._index, str(path))
        fsync_file(path)

    @classmethod
    def load(cls, path: Path, *, dim: int, n: int) -> FlatIndex:
        """Read an index whose checksum the caller has verified.

        A FAISS file is parsed by C++ code that trusts it (faiss#5400), so what it may allocate is
        bounded by the file's size as well.

        Args:
            path: The file.
            dim: Length of vectors that the manifest promises.
            n: Number of vectors that it promises.

        Raises:
            ReelwiseError: It is no such index.
        """
        limit = max(path.stat().st_size * 2, 1 << 20)
        faiss.set_deserialization_vector_byte_limit(limit)
        faiss.set_deserialization_loop_limit(_LOOP_LIMIT)
        try:
            read = faiss.read_index(str(path))
        except RuntimeError as error:
            raise _unusable(path, "FAISS cannot read it") from error
        if not isinstance(read, faiss.IndexIDMap2):
            raise _unusable(path, "it is of another kind")
        if (read.d, read.ntotal) != (dim, n) or read.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise _unusable(path, f"it holds {read.ntotal} vectors of {read.d}, not {n} of {dim}")
        index = cls.__new__(cls)
        index._index = read
        index.recall_at_10 = 1.0
        return index


@contextmanager
def _threads_for(products: int) -> Iterator[None]:
    """One thread for a small search, all of them for a large one; set for the calling thread only.

    Threads that wait for each other cost more than they save: 10,000 clips of 512 dimensions take
    about 1 ms with one and 12 ms with two on a busy machine of 2 cores (2026-11).
    """
    if products > _SMALL_SEARCH:
        yield
        return
    before = _faiss.omp_get_max_threads()
    _faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        _faiss.omp_set_num_threads(before)


class RecallProbe:
    """Measures recall@10 against brute force in one pass over vectors, batch by batch.

    Queries are stored vectors moved off their place by noise, so that a query is not simply its own
    answer.

    Args:
        sample: (q, d) stored vectors to make queries of.
        seed: Seed of the noise.
    """

    def __init__(self, sample: Floats, *, seed: int = 0) -> None:
        rows = np.asarray(sample, dtype=np.float32)
        noise = np.random.default_rng(seed).standard_normal(rows.shape, dtype=np.float32)
        moved = rows + _NOISE / np.sqrt(max(rows.shape[1], 1)) * noise
        self.queries = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)
        self._scores = np.full((len(rows), _RECALL_K), -np.inf, dtype=np.float32)
        self._ids = np.full((len(rows), _RECALL_K), -1, dtype=np.int64)

    def see(self, ids: npt.NDArray[np.int64], vectors: Floats) -> None:
        """Compare every query with some more of the vectors, ids (m,) and rows (m, d)."""
        if not len(vectors) or not len(self.queries):
            return
        scores = self.queries @ np.asarray(vectors, dtype=np.float32).T
        all_scores = np.concatenate([self._scores, scores], axis=1)
        all_ids = np.concatenate([self._ids, np.broadcast_to(ids, scores.shape)], axis=1)
        best = np.argpartition(-all_scores, _RECALL_K - 1, axis=1)[:, :_RECALL_K]
        self._scores = np.take_along_axis(all_scores, best, axis=1)
        self._ids = np.take_along_axis(all_ids, best, axis=1)

    def recall_at_10(self, index: FlatIndex) -> float:
        """Give the share of true neighbours that the index finds.

        Equal scores are equally right: a found clip counts as well when it scores no less than the
        true tenth.
        """
        expected = (self._ids >= 0).sum()
        if not expected:
            return 1.0
        scores, ids = index.search(self.queries, _RECALL_K)
        known = np.where(self._ids >= 0, self._scores, np.inf)
        right = scores >= known.min(axis=1, keepdims=True) - _SCORE_SLACK
        right |= (ids[:, :, None] == self._ids[:, None, :]).any(axis=2)
        return float(right.sum() / expected)


def build_index(ids: npt.NDArray[np.int64], vectors: Floats) -> FlatIndex:
    """Make an index of vectors in memory, its recall measured.

    Args:
        ids: (m,) permanent clip ids, each once.
        vectors: (m, d) unit rows; m may be 0.
    """
    chosen = np.random.default_rng(0).permutation(len(ids))[:RECALL_QUERIES]
    return fill_index(vectors.shape[1], [(ids, vectors)], sample=vectors[chosen])


def fill_index(
    dim: int, batches: Iterable[tuple[npt.NDArray[np.int64], Floats]], *, sample: Floats
) -> FlatIndex:
    """Make an index from batches that come one by one, its recall measured on a sample of them.

    Args:
        dim: Length of the vectors.
        batches: Pairs of ids (m,) and vectors (m, d); each is let go before the next is taken.
        sample: (q, d) vectors among them to measure with.
    """
    index = FlatIndex(dim)
    probe = RecallProbe(sample)
    for ids, vectors in batches:
        index.add(ids, vectors)
        probe.see(ids, vectors)
    index.recall_at_10 = probe.recall_at_10(index)
    return index


def _unusable(path: Path, why: str) -> ReelwiseError:
    return ReelwiseError(f"the index file {path} is unusable: {why}", fix="run reelwise rebuild")
