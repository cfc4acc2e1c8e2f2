"""One consistent look at everything searchable: published clips, new clips, minus gone ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import ClipTable, Video
from data.errors import ReelwiseError
from data.home import Home
from indexer.store.faiss_flat import FlatIndex
from indexer.store.generations import Generation, open_generation, read_current
from indexer.store.vector_index import Floats, Ids, Mask, VectorIndex
from indexer.store.vectors import VectorStore, read_videos

SAMPLE_CLIPS = 4096
"""Clips whose scores are a query's background: the median is known to 2 % of the spread."""

LET_PASS = 1000
"""Gone or filtered clips up to which an index is searched as it is."""

TRIES = 3
"""A writer may replace vectors between two reads; then everything is read again."""

TableRows = NDArray[np.intp]
"""Rows of a `ClipTable`."""


@dataclass(frozen=True)
class View:
    """What can be found at one instant; never changes, so any number of threads may search it."""

    changes: int
    """The catalogue's count of changes when it was read."""
    current: str | None
    """The published generation's name then."""
    generation: int | None
    """Number of the generation in use; None where all clips are unpublished."""
    warning: str | None
    """Why an older generation is used than the published one."""
    table: ClipTable
    """The live clips, by id."""
    videos: dict[int, Video]
    """The live videos."""
    indexes: tuple[VectorIndex, ...]
    """The generation's and the delta's; together they hold every clip of `table`."""
    held: tuple[TableRows, ...]
    """For each index the rows of `table` that it holds, ascending."""

    @property
    def n_clips(self) -> int:
        """Clips that can be found."""
        return len(self.table)

    def top(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[TableRows, float]:
        """The clips nearest to any of some queries.

        Args:
            queries: (q, d) rows.
            k: How many per query and index.
            allowed: (m,) which rows of `table` count; None for all.

        Returns:
            Rows of `table`, ascending, and a bound: no clip that is left out scores higher with any
            query (-inf where none is left out).
        """
        found, floor = [], float("-inf")
        for index, rows in zip(self.indexes, self.held, strict=True):
            chosen = rows if allowed is None else rows[allowed[rows]]
            excluded = len(index) - len(chosen)
            # A few gone clips are cheaper to let in and drop than to keep out.
            let_in = excluded if excluded <= LET_PASS else 0
            by_id = None if let_in == excluded else _mask(self.table.ids[chosen])
            scores, ids = index.search(queries, k + let_in, allowed=by_id)
            if 0 < scores.shape[1] < len(chosen) + let_in:
                floor = max(floor, float(scores[:, -1].max()))
            places = np.searchsorted(self.table.ids, np.unique(ids[ids >= 0]))
            found.append(np.intersect1d(places, chosen))
        rows = np.unique(np.concatenate(found)) if found else np.zeros(0, np.intp)
        return rows, floor

    def scores(self, queries: Floats, rows: TableRows) -> Floats:
        """Inner products (q, r) of queries (q, d) with the clips at some rows of `table`."""
        return inner_products(queries, self.vectors(rows))

    def vectors(self, rows: TableRows) -> Floats:
        """(r, d) stored clip vectors of some rows of `table`."""
        out: Floats | None = None
        for index, held in zip(self.indexes, self.held, strict=True):
            mine = np.isin(rows, held)
            if out is None:
                out = np.zeros((len(rows), index.dim), np.float32)
            out[mine] = index.vectors(self.table.ids[rows[mine]])
        if out is None:
            raise ValueError("an empty view has no vectors")
        return out

    def rows_of(self, video_ids: Sequence[int] | Ids) -> TableRows:
        """The rows of all clips of some videos, ascending."""
        return np.flatnonzero(np.isin(self.table.video_ids, np.asarray(video_ids, np.int64)))

    @cached_property
    def sample_rows(self) -> TableRows:
        """Up to `SAMPLE_CLIPS` rows drawn evenly at random, ascending."""
        if self.n_clips <= SAMPLE_CLIPS:
            return np.arange(self.n_clips)
        rng = np.random.default_rng(self.n_clips)
        return np.sort(rng.choice(self.n_clips, SAMPLE_CLIPS, replace=False))

    @cached_property
    def sample(self) -> Floats:
        """(s, d) vectors of `sample_rows`."""
        return self.vectors(self.sample_rows)

    @cached_property
    def mean(self) -> Floats:
        """(d,) where the library's clips lie on average."""
        return np.asarray(self.sample.mean(axis=0), dtype=np.float32)

    @cached_property
    def video_matrix(self) -> tuple[Ids, Floats]:
        """Ids (n,) and unit vectors (n, d) of all videos: the mean of their clips by length."""
        order = np.argsort(self.table.video_ids, kind="stable")
        ids, firsts = np.unique(self.table.video_ids[order], return_index=True)
        lengths_s = np.maximum(self.table.ends_s - self.table.starts_s, 1e-3)[order]
        sums = []
        # In stretches, so that a million clips do not lie in memory as float32 at once.
        for block in np.array_split(np.arange(len(ids)), max(1, len(ids) // 10_000)):
            if not len(block):
                continue
            stop = firsts[block[-1] + 1] if block[-1] + 1 < len(ids) else len(order)
            rows = order[firsts[block[0]] : stop]
            weighted = self.vectors(rows) * lengths_s[firsts[block[0]] : stop, None]
            sums.append(np.add.reduceat(weighted, firsts[block] - firsts[block[0]]))
        matrix = np.concatenate(sums) if sums else np.zeros((0, 0))
        length = np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
        return ids, np.asarray(matrix / length, dtype=np.float32)

    def allowed(
        self,
        *,
        under: Path | None = None,
        min_duration_s: float | None = None,
        max_duration_s: float | None = None,
        without_video: int | None = None,
    ) -> Mask | None:
        """(m,) which rows of `table` belong to videos that pass; None where all do."""
        if under is None and min_duration_s is None and max_duration_s is None:
            if without_video is None:
                return None
            return np.asarray(self.table.video_ids != without_video)
        shortest_s, longest_s = min_duration_s or 0.0, max_duration_s or np.inf
        fits = [
            video.id
            for video in self.videos.values()
            if shortest_s <= video.duration_s <= longest_s
            and video.id != without_video
            and (under is None or under == video.path or under in video.path.parents)
        ]
        return np.isin(self.table.video_ids, np.asarray(fits, np.int64))


def inner_products(queries: Floats, vectors: Floats) -> Floats:
    """(q, d), (r, d) -> (q, r).

    A single query goes without BLAS, whose threads cost ten times what they save on a busy machine
    (4,096 x 512 took 7 ms with two threads, 2026-11).
    """
    if len(queries) == 1:
        scores = np.einsum("rd,d->r", vectors, queries[0])
        return np.asarray(scores[None], dtype=np.float32)
    return np.asarray(queries @ vectors.T, dtype=np.float32)


def _mask(ids: Ids) -> Mask:
    """By id, up to the highest: which are among `ids`."""
    mask = np.zeros(int(ids.max(initial=-1)) + 1, dtype=np.bool_)
    mask[ids] = True
    return mask


def open_view(home: Home, catalogue: Catalogue, encoder_id: str) -> View:
    """Read what is searchable with one encoder now.

    Raises:
        ReelwiseError: Stored vectors are missing or damaged.
    """
    for _ in range(TRIES - 1):
        try:
            return _read(home, catalogue, encoder_id)
        except (ReelwiseError, _ChangedMeanwhileError):
            continue
    try:
        return _read(home, catalogue, encoder_id)
    except _ChangedMeanwhileError as error:
        raise ReelwiseError(
            f"the stored vectors in {home.root} do not fit the catalogue",
            fix="run reelwise verify --repair, then reelwise index",
        ) from error


class _ChangedMeanwhileError(Exception):
    """A writer replaced something between two reads."""


def _read(home: Home, catalogue: Catalogue, encoder_id: str) -> View:
    changes, current = catalogue.changes(), read_current(home)
    generation, warning = _generation(home, encoder_id)
    videos = {video.id: video for video in catalogue.videos(encoder_id)}
    table = _only(catalogue.clip_table(encoder_id), videos)
    indexes: list[VectorIndex] = []
    held: list[TableRows] = []
    new = np.ones(len(table), dtype=bool)
    if generation is not None:
        new = ~np.isin(table.ids, generation.index.ids)
        indexes.append(generation.index)
        held.append(np.flatnonzero(~new))
    if new.any():
        indexes.append(_delta(catalogue, VectorStore(home, encoder_id), table, new))
        held.append(np.flatnonzero(new))
    return View(
        changes=changes,
        current=current,
        generation=generation.number if generation is not None else None,
        warning=warning,
        table=table,
        videos=videos,
        indexes=tuple(indexes),
        held=tuple(held),
    )


def _generation(home: Home, encoder_id: str) -> tuple[Generation | None, str | None]:
    try:
        generation = open_generation(home)
    except ReelwiseError as error:
        # The vectors are the truth: without a usable index everything is new.
        return None, f"{error.problem}; searching the stored vectors; {error.fix}"
    if generation is None or generation.encoder_id != encoder_id:
        return None, None
    return generation, generation.warning


def _only(table: ClipTable, videos: dict[int, Video]) -> ClipTable:
    known = np.isin(table.video_ids, np.fromiter(videos, dtype=np.int64, count=len(videos)))
    if known.all():
        return table
    return ClipTable(
        table.ids[known], table.video_ids[known], table.starts_s[known], table.ends_s[known]
    )


def _delta(catalogue: Catalogue, store: VectorStore, table: ClipTable, new: Mask) -> FlatIndex:
    """An index of the clips that no generation holds, from their parts."""
    wanted = table.ids[new]
    video_ids = [int(v) for v in np.unique(table.video_ids[new])]
    index: FlatIndex | None = None
    for video in read_videos(catalogue, store, video_ids):
        if index is None:
            index = FlatIndex(video.clips.shape[1])
        mine = np.isin(video.clip_ids, wanted)
        index.add(video.clip_ids[mine], video.clips[mine])
    if index is None or len(index) != len(wanted):
        raise _ChangedMeanwhileError
    return index
