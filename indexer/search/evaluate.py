"""Search quality on a file of queries, by the index and by brute force.

Metrics are those of video corpus moment retrieval: recall@k and ranks count videos (Yu et al., MSR-
VTT, ECCV 2018), mIoU and R@1 with IoU >= 0.5 judge the first moment's times (Gao et al., "TALL",
ICCV 2017; Escorcia et al., 2019).
"""

import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import ReelwiseError
from data.interval_table import TableRow, read_table
from indexer.search.moments import iou
from indexer.search.query import Options, Query
from indexer.search.query_vectors import QueryVectors
from indexer.search.relevance.reliability import Judged, reliability
from indexer.search.result import SearchResult
from indexer.search.searcher import Searcher
from indexer.search.spans import Span, parse_span
from indexer.search.view import View

MAX_MOMENTS = 300
"""Moments ranked per query; a video that is not among them gets the next rank."""

RECALL_AT = (1, 5, 10)
HIT_IOU = 0.5
"""IoU from which a moment counts as right."""

Metrics = dict[str, float | int | str]


@dataclass(frozen=True)
class Target:
    """A stretch of a video: one that is right, or one that was returned."""

    video_id: int
    """The video."""
    span: Span | None
    """The stretch; None where the whole video is meant."""


@dataclass(frozen=True)
class QueryRow:
    """One line of a query file."""

    line: int
    """Its number in the file, the header is 1."""
    query: str
    """Words; empty for an example."""
    like: str
    """An example file, perhaps with `@START-END`; empty for words."""
    video: str
    """The video that is right, as the file names it."""
    span: Span | None
    """The stretch that is right."""
    group: str
    """Rows of one group have interchangeable answers; empty for none."""


@dataclass(frozen=True)
class _Score:
    """How well one way of searching answered one query."""

    rank: int
    """Place of the first right video among the returned videos; `MAX_MOMENTS` + 1 for none."""
    iou: float | None
    """IoU of the first moment with the right one; None where no times are given."""


def evaluate_search(searcher: Searcher, queries: Path, *, videos: Path | None = None) -> Metrics:
    """Search for every row of a query file and compare with what is right.

    Args:
        searcher: The library.
        queries: CSV with columns `query` or `like`, `video`, and optionally `start_s`, `end_s`,
            `group`.
        videos: Folder that file names of the CSV are relative to; None takes the CSV's folder.

    Returns:
        `recall_at_1`, `_5`, `_10`, `mrr`, `median_rank` of the right video; `miou` and
        `moment_recall_at_1` (IoU of at least 0.5) over the `n_timed` rows with times; the same as
        `brute_force_...` by comparing all clip vectors in float32, without index, frames or
        merging; `confident` (share of queries); what `indexer.search.relevance.reliability` says
        of them; `unresolved` (rows whose video or example does not exist; they count as misses);
        `ms_per_query`, `protocol`, `n`, `seconds`.

    Raises:
        ReelwiseError: The file has no such columns, no row, or an invalid row.
    """
    began_s = time.perf_counter()
    rows = read_queries(queries)
    folders = [*([videos] if videos else []), queries.absolute().parent, Path()]
    view = searcher.view
    targets = _targets(searcher, rows, folders)
    by_index: list[_Score] = []
    by_brute_force: list[_Score] = []
    took_ms: list[float] = []
    judged: list[Judged] = []
    confident = 0
    for row in rows:
        right = targets[row.line]
        began_query_s = time.perf_counter()
        vectors = _vectors(searcher, row, folders) if right else None
        if vectors is None:
            miss = _Score(MAX_MOMENTS + 1, None if row.span is None else 0.0)
            by_index.append(miss)
            by_brute_force.append(miss)
            continue
        result = searcher.search_vectors(vectors, Options(MAX_MOMENTS), view=view)
        took_ms.append((time.perf_counter() - began_query_s) * 1000)
        confident += result.confident
        judged.append(_judged(result, right))
        hits = [Target(hit.video_id, Span(hit.start_s, hit.end_s)) for hit in result.hits]
        by_index.append(_score(hits, right))
        by_brute_force.append(_score(_brute_force(view, vectors), right))
    return {
        "protocol": _protocol(rows),
        "n": len(rows),
        "n_timed": sum(score.iou is not None for score in by_index),
        "unresolved": len(rows) - len(took_ms),
        **_metrics(by_index),
        **{f"brute_force_{name}": value for name, value in _metrics(by_brute_force).items()},
        "confident": confident / len(rows),
        **reliability(judged),
        "ms_per_query": statistics.fmean(took_ms) if took_ms else 0.0,
        "videos": len(view.videos),
        "clips": view.n_clips,
        "seconds": time.perf_counter() - began_s,
    }


def read_queries(path: Path) -> list[QueryRow]:
    """Read a query file.

    Raises:
        ReelwiseError: It is not a table of queries, or a row is wrong; the line is named.
    """
    table = read_table(path, ["video", "query|like"], header="query,video,start_s,end_s")
    if not table.rows:
        raise ReelwiseError(f"{path.name} holds no query", fix="add lines below the header")
    return [_query_row(path, row) for row in table.rows]


def _query_row(path: Path, row: TableRow) -> QueryRow:
    try:
        timed = row["start_s"] and row["end_s"]
        span = Span(*row.interval()) if timed else None
        if bool(row["query"]) == bool(row["like"]) or not row["video"]:
            raise ValueError("needs query or like (not both), and a video")
    except ValueError as error:
        raise ReelwiseError(
            f"{path.name}, line {row.line}: {error}",
            fix='write for example: "a red car drives to the left",toon-0001.mp4,2.0,5.5',
        ) from error
    return QueryRow(row.line, row["query"], row["like"], row["video"], span, row["group"])


def _targets(
    searcher: Searcher, rows: Sequence[QueryRow], folders: Sequence[Path]
) -> dict[int, list[Target]]:
    """By line the targets that are right; empty where the library has no such video."""
    by_line: dict[int, list[Target]] = {}
    groups: dict[str, list[Target]] = defaultdict(list)
    for row in rows:
        video_id = _video_id(searcher, row.video, folders)
        by_line[row.line] = [] if video_id is None else [Target(video_id, row.span)]
        if row.group:
            groups[row.group] += by_line[row.line]
    return {row.line: groups[row.group] if row.group else by_line[row.line] for row in rows}


def _video_id(searcher: Searcher, ref: str, folders: Sequence[Path]) -> int | None:
    for name in (*(str(folder / ref) for folder in folders), ref):
        try:
            return searcher.video(name).id
        except ReelwiseError:
            continue
    return None


def _vectors(searcher: Searcher, row: QueryRow, folders: Sequence[Path]) -> QueryVectors | None:
    like: str | None = None
    if row.like:
        name, span = parse_span(row.like)
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is None:
            return None
        like = str(path) if span is None else f"{path}@{span.start_s}-{span.end_s}"
    try:
        return searcher.embed(Query(text=row.query or None, like=like))
    except ReelwiseError:
        return None


def _brute_force(view: View, query: QueryVectors) -> list[Target]:
    """The best clip of every video, the best first, by inner products in float32."""
    every = view.every_row
    clips = view.clips(every)
    scores = view.scores(query.vectors, every).max(axis=0)
    order = np.argsort(-scores, kind="stable")
    _, firsts = np.unique(clips.video_ids[order], return_index=True)
    best = order[np.sort(firsts)][:MAX_MOMENTS]
    return [
        Target(int(clips.video_ids[r]), Span(float(clips.starts_s[r]), float(clips.ends_s[r])))
        for r in best
    ]


def _judged(result: SearchResult, right: Sequence[Target]) -> Judged:
    wanted = {target.video_id for target in right}
    others = [hit.relevance for hit in result.hits if hit.video_id not in wanted]
    first = result.hits[0] if result.hits else None
    return Judged(
        relevance=first.relevance if first else 0.0,
        right=first is not None and first.video_id in wanted,
        without=max(others, default=0.0),
    )


def _score(hits: Sequence[Target], right: Sequence[Target]) -> _Score:
    videos = list(dict.fromkeys(hit.video_id for hit in hits))
    wanted = {target.video_id for target in right}
    rank = next((i for i, v in enumerate(videos, start=1) if v in wanted), MAX_MOMENTS + 1)
    if not any(target.span for target in right):
        return _Score(rank, None)
    ious = [
        iou(first.span, target.span)
        for first in hits[:1]
        for target in right
        if first.span and target.span and first.video_id == target.video_id
    ]
    return _Score(rank, max(ious, default=0.0))


def _metrics(scores: Sequence[_Score]) -> dict[str, float]:
    n = len(scores)
    metrics = {f"recall_at_{k}": sum(score.rank <= k for score in scores) / n for k in RECALL_AT}
    metrics["mrr"] = sum(1 / score.rank for score in scores if score.rank <= MAX_MOMENTS) / n
    metrics["median_rank"] = float(statistics.median(score.rank for score in scores))
    ious = [score.iou for score in scores if score.iou is not None]
    if ious:
        metrics["miou"] = statistics.fmean(ious)
        metrics["moment_recall_at_1"] = sum(each >= HIT_IOU for each in ious) / len(ious)
    return metrics


def _protocol(rows: Sequence[QueryRow]) -> str:
    examples = sum(bool(row.like) for row in rows)
    if examples == len(rows):
        return "example-to-moment"
    return "mixed" if examples else "text-to-moment"
