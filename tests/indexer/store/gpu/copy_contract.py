"""What copies on GPUs must do, whichever GPUs: run over fakes everywhere, over real ones if any."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import numpy as np

from data.arrays import Floats, Ids
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from indexer.store.gpu.devices.device import Device
from indexer.store.rows.kinds import BitRows, CellRows, FlatRows, GraphRows
from indexer.store.rows.row_index import RowIndex
from tests.indexer.store.gpu.fake_gpu import made_segment
from tests.indexer.store.rows.index_contract import clustered

N_ROWS = 6_000
VECTORS = clustered(N_ROWS)
QUERIES = VECTORS[::97]


def nearest(allowed: Ids, k: int) -> tuple[Floats, Ids]:
    """Scores and rows of the k nearest of some rows, by brute force over what is stored."""
    stored = VECTORS.astype(np.float16).astype(np.float32)[allowed]
    scores = QUERIES @ stored.T
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(scores, best, axis=1), allowed[best]


class CopyContract:
    """Subclasses give the GPUs, and the kinds of segment that are tried."""

    kinds: tuple[type[RowIndex], ...] = (FlatRows, CellRows, BitRows, GraphRows)

    def gpus(self) -> Callable[[], Mapping[int, Callable[[], Device]]]:
        """What tells which GPUs there are."""
        raise NotImplementedError

    def copies(self, options: CopyOptions | None = None) -> GpuCopies:
        """Copies on these GPUs, not made yet."""
        return GpuCopies(self.gpus(), options or CopyOptions())

    def test_they_answer_as_brute_force_whatever_kind_the_segment_has(self) -> None:
        copies = self.copies()
        segments = [made_segment(kind.kind, VECTORS, kind) for kind in self.kinds]
        copies.use(segments)
        assert (copies.warnings, copies.n_held) == ((), N_ROWS * len(segments))
        expected_scores, expected = nearest(np.arange(N_ROWS), 10)
        for segment in segments:
            scores, rows = copies.search(segment, QUERIES, 10, None)
            assert np.allclose(scores, expected_scores, atol=1e-4)
            assert (rows == expected).mean() > 0.99  # equal scores may change places
        copies.close()

    def test_they_return_only_what_is_allowed(self) -> None:
        copies, segment = self.copies(), made_segment("a", VECTORS)
        copies.use([segment])
        for n_allowed in (5_000, 300, 3, 0):
            chosen = np.sort(np.random.default_rng(1).permutation(N_ROWS)[:n_allowed])
            allowed = np.zeros(N_ROWS, np.bool_)
            allowed[chosen] = True
            scores, rows = copies.search(segment, QUERIES, 10, allowed)
            assert rows.shape == (len(QUERIES), min(10, n_allowed))
            assert allowed[rows].all()
            assert np.allclose(scores, nearest(chosen, 10)[0], atol=1e-4)
        assert copies.warnings == ()
        copies.close()

    def test_as_many_come_as_were_asked_for(self) -> None:
        copies, segment = self.copies(), made_segment("a", VECTORS)
        copies.use([segment])
        for k in (0, 1, 2_048, 3_000, 7_000):
            rows = copies.search(segment, QUERIES[:3], k, None)[1]
            assert rows.shape == (3, min(k, N_ROWS))
            assert all(len(set(row)) == min(k, N_ROWS) for row in rows.tolist())
        assert copies.search(segment, QUERIES[:0], 5, None)[1].shape == (0, 5)
        copies.close()

    def test_threads_get_each_their_own_answer(self) -> None:
        copies, segment = self.copies(), made_segment("a", VECTORS)
        copies.use([segment])
        expected, wrong = nearest(np.arange(N_ROWS), 5)[0], []

        def ask(at: int) -> None:
            for number in range(at, len(QUERIES), 4):
                scores, _ = copies.search(segment, QUERIES[number : number + 1], 5, None)
                if not np.allclose(scores[0], expected[number], atol=1e-4):
                    wrong.append(number)

        threads = [threading.Thread(target=ask, args=(at,)) for at in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert (wrong, copies.warnings) == ([], ())
        copies.close()

    def test_memory_comes_back_when_segments_go(self) -> None:
        copies = self.copies()
        one, two = made_segment("one", VECTORS), made_segment("two", VECTORS[:5_000])
        copies.use([one])
        copies.use([two])
        assert copies.n_held == 5_000
        copies.use([])
        assert copies.n_held == 0
        copies.close()
