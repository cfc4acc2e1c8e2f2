"""Benchmarks of large libraries, with small ones."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from benchmarks.made.clustered import CLIPS_PER_VIDEO, Clusters
from benchmarks.made.many_clips import ENCODER_ID, FOLDERS, ROOT, filled_home
from benchmarks.scale import (
    one_more,
    open_child,
    open_large,
    rebuild_1m,
    search_1m,
    swap_under_load,
)
from benchmarks.scale.bare_faiss import build_by_hand, search_by_hand
from benchmarks.scale.search_1m import Case
from data.catalogue.catalogue import Catalogue
from indexer.search.hits.shown import Shown
from indexer.search.query import Filters, Options
from indexer.search.query_vectors import QueryVectors
from indexer.search.result import SearchResult
from indexer.search.searcher import Searcher
from indexer.search.view import open_view
from indexer.store.rows.kinds import INDEX_KINDS, BitRows

pytestmark = pytest.mark.long(13)

LIBRARY = Clusters(2_000, dim=64)


def test_vectors_are_alike_as_those_of_clip_are() -> None:
    rows = np.concatenate(list(Clusters(4_000).blocks()))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    alike = rows @ rows.T
    pairs = alike[np.triu_indices(len(rows), 1)]
    assert 0.55 < pairs.mean() < 0.65
    assert 0.07 < pairs.std() < 0.13
    groups = alike.reshape(400, CLIPS_PER_VIDEO, 400, CLIPS_PER_VIDEO)
    within = np.mean([groups[n, :, n] for n in range(400)])
    assert within > 0.9


def test_a_library_is_the_same_each_time_and_queries_are_none_of_it(tmp_path: Path) -> None:
    matrix = LIBRARY.matrix(tmp_path / "clips.f16")
    again = np.concatenate(list(Clusters(2_000, dim=64).blocks()))
    assert np.array_equal(matrix.half, again.astype(np.float16))
    nearest = (LIBRARY.queries(50) @ again.T).max(axis=1)
    assert nearest.mean() > 0.8
    assert nearest.max() < 0.9999


def test_a_filled_home_has_its_shares_of_videos_in_folders() -> None:
    with filled_home(LIBRARY) as home, Catalogue(home) as catalogue:
        view = open_view(home, catalogue, ENCODER_ID)
        assert view.n_clips == LIBRARY.n_clips
        for share, path in FOLDERS.items():
            allowed = Shown.of(view.videos, Filters(under=ROOT / path)).rows(view)
            assert view.n_allowed(allowed) == share * LIBRARY.n_clips


@pytest.mark.parametrize("kind", sorted(INDEX_KINDS))
def test_faiss_by_hand_finds_what_our_index_finds(kind: str, tmp_path: Path) -> None:
    matrix = LIBRARY.matrix(tmp_path / "clips.f16")
    index = INDEX_KINDS[kind].build(matrix)
    index.save(tmp_path / "index")
    queries = LIBRARY.queries(20)
    by_hand = search_by_hand(tmp_path / "index", index)(queries, 10)[1]
    assert np.array_equal(by_hand, index.search(queries, 10)[1])


def test_faiss_by_hand_is_built_of_as_many_cells() -> None:
    rows = np.concatenate(list(LIBRARY.blocks()))
    built = build_by_hand(BitRows.kind, rows)
    assert (built.ntotal, built.nlist) == (2_000, 64)
    with pytest.raises(ValueError, match="flat_fp16"):
        build_by_hand("flat_fp16", rows)


def test_every_figure_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [Case(LIBRARY, queries=8, with_home=True), Case(LIBRARY, ("ivf_rabitq",), queries=8)]
    monkeypatch.setitem(search_1m.CASES, "small", cases)
    searched = search_1m.run("small")
    assert searched["overhead"] > 0
    assert 0.8 < searched["recall_at_10"] <= 1
    figures = searched["2000x64"]
    assert figures["filtered"]["folder_0.01"]["recall_at_10"] == 1
    assert figures["product"]["all"]["cpu_ms"] > 0
    monkeypatch.setitem(one_more.SIZES, "small", (200, 400))
    grown = one_more.run("small")["clips"]["growth"]
    assert grown["publish_cpu_s"] > 0
    monkeypatch.setitem(rebuild_1m.CASES, "small", [(LIBRARY, ("ivf_rabitq",))])
    assert rebuild_1m.run("small")["ratio"] > 0


def test_opening_is_measured_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    large = Clusters(2_000, dim=32, clips_per_video=50)
    monkeypatch.setitem(open_large.LIBRARIES, "small", [large])
    monkeypatch.setattr(open_large, "_opened", lambda home: open_child.opened(home.root))
    figures = open_large.run("small")["2000x32"]
    assert figures["warm"]["clips"] == 2_000
    assert 0 < figures["warm"]["catalogue_s"] < figures["warm"]["open_and_search_s"]
    assert figures["disk_mb"]["vectors"] > 2_000 * 32 * 2 / 1e6


def test_a_mixed_answer_and_an_error_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap_under_load, "THREADS", 4)
    monkeypatch.setattr(swap_under_load, "IDLE_S", 0.1)
    monkeypatch.setattr(swap_under_load, "PAUSE_S", 0.1)
    small = Clusters(500, dim=32)
    with (
        filled_home(small) as home,
        closing(Searcher(home, swap_under_load.NoEncoder(small.dim))) as searcher,
    ):
        good = swap_under_load.measured(home, searcher, small, 2)
        assert (good["errors"], good["mixed_answers"]) == (0, 0)
        assert good["answers_known"] == 3 * swap_under_load.QUERIES
        real, asked = searcher.search_vectors, count()

        def wrong(query: QueryVectors, options: Options) -> SearchResult:
            result = real(query, options)
            if threading.current_thread() is threading.main_thread():
                return result
            if next(asked) % 2:
                raise OSError("gone")
            return replace(result, hits=result.hits[1:])

        monkeypatch.setattr(searcher, "search_vectors", wrong)
        bad = swap_under_load.measured(home, searcher, small, 1)
        assert bad["errors"] > 0
        assert bad["mixed_answers"] > 0
