"""Searching a million clustered vectors with each kind of index, beside FAISS called by hand.

Both ask the same trained index with the same parameters, one query at a time on one thread, in
turns; FAISS has the files of the index in memory, ours of more than 64 MB are mapped. Queries are
clips of videos that the index does not hold; recall is against brute force. The whole search of the
product is measured over a published home.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.made.clustered import CLIPS_PER_VIDEO, Clusters
from benchmarks.made.many_clips import ENCODER_ID, FOLDERS, ROOT, filled_home
from benchmarks.scale.bare_faiss import one_thread, search_by_hand
from benchmarks.timing import in_turns
from data.arrays import Floats, Mask
from data.catalogue.catalogue import Catalogue
from data.home import Home
from indexer.search.hits.ranking import FETCH_PER_HIT, rank
from indexer.search.query import Filters, Options
from indexer.search.query_vectors import QueryVectors
from indexer.search.view import View, open_view
from indexer.store.checked_files import LARGE_BYTES
from indexer.store.rows.choice import chosen_kind
from indexer.store.rows.half_matrix import HalfMatrix
from indexer.store.rows.kinds import INDEX_KINDS
from indexer.store.rows.row_index import RowIndex
from indexer.store.rows.tuning import RecallProbe, nearest_rows, tune
from indexer.store.segments.segment import NEAREST_FILE, segment_folder

K = 10


@dataclass(frozen=True)
class Case:
    """What is measured of one library."""

    clusters: Clusters
    """Its vectors."""
    kinds: tuple[str, ...] = ()
    """Kinds of index, each built anew."""
    queries: int = 200
    """Queries of each."""
    with_home: bool = False
    """Whether a home is measured: its published index, and the whole search."""


CASES = {
    "small": [
        Case(Clusters(60_000), with_home=True, queries=100),
        Case(Clusters(10_000), tuple(INDEX_KINDS), queries=100),
    ],
    "full": [
        Case(Clusters(1_000_000), with_home=True),
        Case(Clusters(100_000), tuple(INDEX_KINDS)),
        Case(Clusters(1_000_000), ("flat_fp16",), queries=20),
        Case(Clusters(1_000_000), ("ivf_fp16",)),
        Case(Clusters(1_000_000, dim=1024), ("ivf_rabitq",)),
    ],
}


def run(size: str) -> dict[str, Any]:
    """Figures of every case; at the top those of the published index, and the worst overhead."""
    cases = CASES[size]
    measured: dict[str, dict[str, Any]] = {}
    for case in cases:
        figures = _measure(case)
        print(_name(case), figures, file=sys.stderr, flush=True)
        measured.setdefault(_name(case), {}).update(figures)
    first = cases[0].clusters
    chosen = measured[_name(cases[0])][chosen_kind(first.n_clips).kind]
    overheads = [
        kind["overhead"]
        for case in measured.values()
        for kind in case.values()
        if "overhead" in kind
    ]
    return {
        "clips": first.n_clips,
        "overhead": max(overheads),
        "recall_at_10": chosen["recall_at_10"],
        "ms_per_query": chosen["ms"],
        "cpu_ms_per_query": chosen["cpu_ms"],
        **measured,
    }


def _name(case: Case) -> str:
    return f"{case.clusters.n_clips}x{case.clusters.dim}"


def _measure(case: Case) -> dict[str, Any]:
    if case.with_home:
        with filled_home(case.clusters) as home:
            return _of_home(home, case)
    queries = case.clusters.queries(case.queries)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        case.clusters.matrix(Path(folder) / "clips.f16")
        size = {"dim": case.clusters.dim, "n": case.clusters.n_clips}
        matrix = HalfMatrix(_content(Path(folder) / "clips.f16"), **size)
        fresh = RecallProbe(queries, *nearest_rows(queries, matrix))
        moved = RecallProbe.of(matrix)
        for name in case.kinds:
            index, built = _built(Path(folder) / name, name, matrix, moved)
            with one_thread():
                figures[name] = {**built, **_beside_faiss(Path(folder) / name, index, fresh)}
    return figures


def _of_home(home: Home, case: Case) -> dict[str, Any]:
    """Of the published index of a home, and of the whole search in it."""
    queries = case.clusters.queries(case.queries)
    with Catalogue(home) as catalogue, one_thread():
        view = open_view(home, catalogue, ENCODER_ID)
        segment = max(view.searched, key=lambda each: each.n_clips).segment
        fresh = RecallProbe(queries, *nearest_rows(queries, segment.vectors))
        path = segment_folder(home, segment.name or "") / NEAREST_FILE
        return {
            segment.index.kind: {
                "parameters": segment.index.parameters,
                "held_mb": round(segment.index.memory_bytes / 1e6, 1),
                "vectors_mb": round(segment.vectors.size_bytes / 1e6, 1),
                **_beside_faiss(path, segment.index, fresh),
            },
            "filtered": _filtered(segment.index, queries),
            "product": _product(view, segment.index, queries),
        }


def _built(
    path: Path, name: str, matrix: HalfMatrix, probe: RecallProbe
) -> tuple[RowIndex, dict[str, Any]]:
    """An index as the product opens it, saved and opened again; and what it cost."""
    began_s = time.process_time()
    index = INDEX_KINDS[name].build(matrix)
    built_s = time.process_time()
    recall = 1.0 if index.is_exact else tune(index, probe)
    tuned_s = time.process_time()
    has_file = index.save(path)
    content = _content(path) if has_file else None
    opened = INDEX_KINDS[name].load(content, matrix)
    opened.parameters = index.parameters
    return opened, {
        "parameters": index.parameters,
        "build_cpu_s": round(built_s - began_s, 1),
        "tune_cpu_s": round(tuned_s - built_s, 1),
        "recall_when_built": round(recall, 4),
        "mapped_mb": round((path.stat().st_size if has_file else 0) / 1e6, 1),
        "vectors_mb": round(matrix.size_bytes / 1e6, 1),
    }


def _content(path: Path) -> NDArray[np.uint8]:
    """A file as a segment has it: in memory, or mapped where it is large."""
    is_large = path.stat().st_size > LARGE_BYTES
    return np.memmap(path, np.uint8, "r") if is_large else np.fromfile(path, np.uint8)


def _beside_faiss(path: Path, index: RowIndex, fresh: RecallProbe) -> dict[str, Any]:
    bare = search_by_hand(path, index)
    works = {
        "": lambda query: index.search(query, K),
        "bare_": lambda query: bare(query, K),
    }
    asked = [query[None] for query in fresh.queries]
    in_turns(works, asked)  # the first time pages of mapped files are read
    took = in_turns(works, asked)
    figures: dict[str, Any] = {}
    for name, times in took.items():
        figures |= {f"{name}ms": times.ms, f"{name}cpu_ms": times.cpu_ms}
    ours, theirs = took[""], took["bare_"]
    return {
        **figures,
        "overhead": round(ours.cpu_ms / theirs.cpu_ms, 3),
        "recall_at_10": round(fresh.recall_at_10(index), 4),
    }


def _filtered(index: RowIndex, queries: Floats) -> dict[str, Any]:
    """Processor time and recall where a part of the videos is allowed."""
    figures = {}
    rng = np.random.default_rng(3)
    n_videos = -(-len(index) // CLIPS_PER_VIDEO)
    for share in sorted(FOLDERS):
        chosen = {
            "scattered": rng.random(n_videos) < share,
            "folder": np.arange(n_videos) < share * n_videos,
        }
        for name, videos in chosen.items():
            allowed = np.repeat(videos, CLIPS_PER_VIDEO)[: len(index)]
            figures[f"{name}_{share:g}"] = _with_mask(index, queries, allowed)
    return figures


def _with_mask(index: RowIndex, queries: Floats, allowed: Mask) -> dict[str, Any]:
    known = RecallProbe(queries, *nearest_rows(queries, index.matrix, allowed))
    works = {"": lambda query: index.search(query, K, allowed=allowed)}
    took = in_turns(works, [query[None] for query in queries])[""]
    rows = index.search(queries, K, allowed=allowed)[1]
    right = (rows[:, :, None] == known.rows[:, None, :]).any(axis=2)
    return {"ms": took.ms, "cpu_ms": took.cpu_ms, "recall_at_10": round(float(right.mean()), 4)}


def _product(view: View, index: RowIndex, queries: Floats) -> dict[str, Any]:
    """A whole search by vector, beside the index asked for as many clips as it fetches."""
    filters = {f"under_{share:g}": Filters(under=ROOT / path) for share, path in FOLDERS.items()}
    works: dict[str, Callable[[Floats], object]] = {
        "index_alone": lambda query: index.search(query, K * FETCH_PER_HIT),
        "all": _search(view, Filters()),
        "no_merge": _search(view, Filters(), merge=False),
        **{name: _search(view, each) for name, each in filters.items()},
    }
    for work in works.values():
        work(queries[:1])  # the first one reads a sample of clips
    took = in_turns(works, [query[None] for query in queries])
    return {name: {"ms": times.ms, "cpu_ms": times.cpu_ms} for name, times in took.items()}


def _search(view: View, filters: Filters, *, merge: bool = True) -> Callable[[Floats], object]:
    options = replace(Options(K), filters=filters, merge=merge)
    return lambda query: rank(view, QueryVectors(query), options, lambda _: {})
