"""How well a library finds what it should: a query file in, metrics out, brute force beside them.

Metrics are those of video corpus moment retrieval: recall@k and ranks count videos (Yu et al., MSR-
VTT, ECCV 2018), mIoU and R@1 with IoU >= 0.5 judge the first moment's times (Gao et al., "TALL",
ICCV 2017; Escorcia et al., 2019).
"""

from __future__ import annotations

import csv
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import ReelwiseError
from indexer.search.moments import overlap
from indexer.search.query import Query, Span, parse_span
from indexer.search.query_vectors import QueryVectors
from indexer.search.ranking import Options
from indexer.search.searcher import Searcher
from indexer.search.view import View

DEPTH = 300
"""Moments looked at per query; a video that is not among them counts as found one place later."""

RECALL_AT = (1, 5, 10)
HIT_IOU = 0.5
"""Overlap from which a moment counts as found."""

Metrics = dict[str, float | int | str]


@dataclass(frozen=True)
class Target:
    """What would be right."""

    video_id: int
    """The video."""
    span: Span | None
    """The stretch of it; None where the whole video is meant."""


@dataclass(frozen=True)
class Row:
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
class _Answer:
    """What one way of searching found for one row."""

    rank: int
    """Place of the first right video among the videos found; `DEPTH` + 1 where it is not."""
    iou: float | None
    """Overlap of the first hit with what is right; None where no times are given."""


def evaluate_search(searcher: Searcher, queries: Path, *, videos: Path | None = None) -> Metrics:
    """Search for every row of a query file and compare with what is right.

    Args:
        searcher: The library.
        queries: CSV with columns `query` or `like`, `video`, and perhaps `start_s`, `end_s`,
            `group`.
        videos: Folder that file names of the CSV are relative to; None takes the CSV's own folder.

    Returns:
        `recall_at_1`, `_5`, `_10`, `mrr`, `median_rank` of the right video; `miou` and
        `moment_recall_at_1` (IoU of at least 0.5) over the `n_timed` rows with times; the same as
        `brute_force_...` by comparing all clip vectors in float32, without index, frames or
        merging; `confident` (share of queries); `unresolved` rows (their video or example is not
        there; they count as not found); `ms_per_query`, `protocol`, `n`, `seconds`.

    Raises:
        ReelwiseError: The file has no such columns, no row, or a row that makes no sense.
    """
    began_s = time.perf_counter()
    rows = read_queries(queries)
    folders = [*([videos] if videos else []), queries.absolute().parent, Path()]
    view = searcher.view
    targets = _targets(searcher, rows, folders)
    found: list[_Answer] = []
    exact: list[_Answer] = []
    took_ms: list[float] = []
    confident = unresolved = 0
    for row in rows:
        right = targets[row.line]
        began_query_s = time.perf_counter()
        vectors = _vectors(searcher, row, folders) if right else None
        if vectors is None:
            unresolved += 1
            missed = _Answer(DEPTH + 1, None if row.span is None else 0.0)
            found.append(missed)
            exact.append(missed)
            continue
        result = searcher.search_vectors(vectors, Options(DEPTH), view=view)
        took_ms.append((time.perf_counter() - began_query_s) * 1000)
        confident += result.confident
        hits = [Target(hit.video_id, Span(hit.start_s, hit.end_s)) for hit in result.hits]
        found.append(_judge(hits, right))
        exact.append(_judge(_brute_force(view, vectors), right))
    metrics: Metrics = {
        "protocol": _protocol(rows),
        "n": len(rows),
        "n_timed": sum(answer.iou is not None for answer in found),
        "unresolved": unresolved,
        **_metrics(found),
        **{f"brute_force_{name}": value for name, value in _metrics(exact).items()},
        "confident": confident / len(rows),
        "ms_per_query": statistics.fmean(took_ms) if took_ms else 0.0,
        "videos": len(view.videos),
        "clips": view.n_clips,
        "seconds": time.perf_counter() - began_s,
    }
    return metrics


def read_queries(path: Path) -> list[Row]:
    """Read a query file.

    Raises:
        ReelwiseError: It is no such CSV; the line is named.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            names = set(reader.fieldnames or ())
            if "video" not in names or not names & {"query", "like"}:
                raise ReelwiseError(
                    f"{path.name} has the columns {', '.join(sorted(names)) or 'none'}; "
                    "it needs video, and query or like",
                    fix="begin the file with the line: query,video,start_s,end_s",
                )
            rows = [_row(path, reader.line_num, values) for values in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReelwiseError(
            f"{path} cannot be read as CSV: {error}", fix="save it as CSV in UTF-8"
        ) from error
    if not rows:
        raise ReelwiseError(f"{path.name} holds no query", fix="add lines below the header")
    return rows


def _row(path: Path, line: int, values: dict[str, str | None]) -> Row:
    cells = {name: (value or "").strip() for name, value in values.items() if name}
    query, like, video = cells.get("query", ""), cells.get("like", ""), cells.get("video", "")
    start, end = cells.get("start_s", ""), cells.get("end_s", "")
    try:
        span = Span(float(start), float(end)) if start and end else None
    except ValueError:
        span = Span(0.0, 0.0)
    if bool(query) == bool(like) or not video or (span is not None and span.end_s <= span.start_s):
        raise ReelwiseError(
            f"{path.name}, line {line}: needs query or like (not both), a video, "
            "and an end_s after the start_s",
            fix='write for example: "a red car drives to the left",toon-0001.mp4,2.0,5.5',
        )
    return Row(line, query, like, video, span, cells.get("group", ""))


def _targets(
    searcher: Searcher, rows: Sequence[Row], folders: Sequence[Path]
) -> dict[int, list[Target]]:
    """For each line what would be right; empty where the library has no such video."""
    own: dict[int, list[Target]] = {}
    groups: dict[str, list[Target]] = defaultdict(list)
    for row in rows:
        video_id = _video_id(searcher, row.video, folders)
        own[row.line] = [] if video_id is None else [Target(video_id, row.span)]
        if row.group:
            groups[row.group] += own[row.line]
    return {row.line: groups[row.group] if row.group else own[row.line] for row in rows}


def _video_id(searcher: Searcher, ref: str, folders: Sequence[Path]) -> int | None:
    for name in (*(str(folder / ref) for folder in folders), ref):
        try:
            return searcher.video(name).id
        except ReelwiseError:
            continue
    return None


def _vectors(searcher: Searcher, row: Row, folders: Sequence[Path]) -> QueryVectors | None:
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
    every = np.arange(view.n_clips)
    scores = view.scores(query.vectors, every).max(axis=0)
    order = np.argsort(-scores, kind="stable")
    _, firsts = np.unique(view.table.video_ids[order], return_index=True)
    best = order[np.sort(firsts)][:DEPTH]
    table = view.table
    return [
        Target(int(table.video_ids[r]), Span(float(table.starts_s[r]), float(table.ends_s[r])))
        for r in best
    ]


def _judge(hits: Sequence[Target], right: Sequence[Target]) -> _Answer:
    videos = list(dict.fromkeys(hit.video_id for hit in hits))
    wanted = {target.video_id for target in right}
    rank = next((i for i, v in enumerate(videos, start=1) if v in wanted), DEPTH + 1)
    spans = [(target.video_id, target.span) for target in right if target.span is not None]
    if not spans:
        return _Answer(rank, None)
    first = hits[0] if hits else None
    ious = [
        overlap(first.span, span)
        for video_id, span in spans
        if first is not None and first.span is not None and first.video_id == video_id
    ]
    return _Answer(rank, max(ious, default=0.0))


def _metrics(answers: Sequence[_Answer]) -> dict[str, float]:
    n = len(answers)
    found = {f"recall_at_{k}": sum(answer.rank <= k for answer in answers) / n for k in RECALL_AT}
    found["mrr"] = sum(1 / answer.rank for answer in answers if answer.rank <= DEPTH) / n
    found["median_rank"] = float(statistics.median(answer.rank for answer in answers))
    ious = [answer.iou for answer in answers if answer.iou is not None]
    if ious:
        found["miou"] = statistics.fmean(ious)
        found["moment_recall_at_1"] = sum(iou >= HIT_IOU for iou in ious) / len(ious)
    return found


def _protocol(rows: Sequence[Row]) -> str:
    examples = sum(bool(row.like) for row in rows)
    if examples == len(rows):
        return "example-to-moment"
    return "mixed" if examples else "text-to-moment"
