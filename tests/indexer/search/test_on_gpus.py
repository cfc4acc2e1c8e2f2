"""A library that is searched on GPUs answers as on the CPU, whatever becomes of them."""

from __future__ import annotations

import pytest

from data.home import Home
from indexer.search.query import Filters, Query
from indexer.search.result import SearchResult
from indexer.search.searcher import Searcher
from indexer.store.gpu import copies as copies_module
from indexer.store.gpu.copies import CopyOptions, GpuCopies
from tests.fakes import RandomEncoder
from tests.indexer.search.found import random_library
from tests.indexer.store.gpu.fake_gpu import FakeGpu, opener

FILTERS = (None, Filters(exclude_video=3))


def answers(searcher: Searcher) -> list[SearchResult]:
    """What some questions find."""
    return [
        searcher.search(Query(text=f"query {at}"), filters=filters)
        for at in range(5)
        for filters in FILTERS
    ]


def hits(searcher: Searcher) -> list[list[tuple[tuple[int, ...], float]]]:
    """Clips and scores of what some questions find."""
    return [
        [(tuple(hit.clip_ids), round(hit.score, 4)) for hit in each.hits]
        for each in answers(searcher)
    ]


def test_gpus_change_no_answer_and_their_loss_is_a_warning(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies_module, "WORKING_BYTES", 0)
    random_library(home, 300, seed=1)
    random_library(home, 20, seed=2, published=False)
    gpu = FakeGpu()
    copies = GpuCopies(opener(gpu), CopyOptions())
    on_cpu = Searcher(home, RandomEncoder())
    on_gpu = Searcher(home, RandomEncoder(), copies=copies)
    assert copies.n_held == len(on_gpu.view.searched[0].segment), "what is in memory is not copied"
    gpu.batches.clear()
    assert hits(on_gpu) == hits(on_cpu)
    assert gpu.batches
    gpu.errors = [RuntimeError("lost")]
    assert hits(on_gpu) == hits(on_cpu)
    assert "GPU 0 (fake) failed: RuntimeError: lost; searching without" in (
        answers(on_gpu)[0].warnings
    )
    random_library(home, 10, seed=3)
    for each in (on_gpu, on_cpu):
        assert each.refresh()
    assert copies.n_held > 0, "a new generation tries again"
    assert answers(on_gpu)[0].warnings == answers(on_cpu)[0].warnings
    assert hits(on_gpu) == hits(on_cpu)
    copies.close()
