"""A consistent view of what can be searched: published clips and new ones, without removed ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue, ClipTable, LiveVideos
from data.errors import ReelwiseError
from data.home import Home
from indexer.search.relevance.accident import SAMPLE_CLIPS
from indexer.search.words.meaning import Meanings, open_meanings
from indexer.search.words.word_index import WordIndex, open_words
from indexer.store.faiss_index import FlatIndex, Floats, Ids, Mask, VectorIndex
from indexer.store.generations import (
    REBUILD,
    Generation,
    lost_index,
    open_generation,
    read_current,
)
from indexer.store.manifest import read_manifest
from indexer.store.meaning.status import meaning_state
from indexer.store.parts import lines_warning, parts_warning
from indexer.store.vectors import VectorStore, read_videos

MAX_EXCESS = 1000
"""Up to this many removed or filtered clips an index is searched without a mask of ids."""

READ_ATTEMPTS = 3
"""A writer may replace vectors between two reads; then everything is read again."""

TableRows = NDArray[np.intp]
"""Rows of a `ClipTable`."""


@dataclass(frozen=True)
class View:
    """What can be searched at one instant; it never changes, so threads may share it."""

    changes: int
    """The catalogue's count of changes when it was read."""
    current: str | None
    """Name of the published generation at that time."""
    generation: int | None
    """Number of the generation in use; None where all clips are unpublished."""
    warnings: tuple[str, ...]
    """What is wrong with what is searched, such as an older index in place of the published one."""
    table: ClipTable
    """The clips that can be found, ascending by id."""
    videos: LiveVideos
    """Their videos, read when they are asked for."""
    indexes: tuple[VectorIndex, ...]
    """Of the generation and of the delta; together they hold every clip of `table`."""
    opened: Generation | None
    """The generation in use, which the next view takes over while it stays published."""
    held: tuple[TableRows, ...]
    """For each index the rows of `table` whose clips it holds, ascending."""
    words: WordIndex
    """The lines that can be found by their words."""
    meanings: Meanings | None
    """Those that can be found by what they mean; None where that is not known of any."""

    @property
    def n_clips(self) -> int:
        """Clips that can be found."""
        return len(self.table)

    def top(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[TableRows, float]:
        """The k clips per index that are nearest to each of some queries (q, d).

        `allowed` (m,) says which rows of `table` count; None allows all.

        Returns:
            Rows of `table`, ascending, and a bound: no other clip scores higher with any query
            (-inf where there is none).
        """
        nearest, bound = [], float("-inf")
        for index, rows in zip(self.indexes, self.held, strict=True):
            chosen = rows if allowed is None else rows[allowed[rows]]
            excluded = len(index) - len(chosen)
            # A few excluded clips are cheaper to fetch and drop than to mask.
            excess = excluded if excluded <= MAX_EXCESS else 0
            by_id = None if excess == excluded else _mask(self.table.ids[chosen])
            scores, ids = index.search(queries, k + excess, allowed=by_id)
            if 0 < scores.shape[1] < len(chosen) + excess:
                bound = max(bound, float(scores[:, -1].max()))
            found = np.unique(ids[ids >= 0])
            known = found[contained(found, self.table.ids)]
            places = np.searchsorted(self.table.ids, known)
            nearest.append(places[contained(places, chosen)])
        rows = np.unique(np.concatenate(nearest)) if nearest else np.zeros(0, np.intp)
        return rows, bound

    def scores(self, queries: Floats, rows: TableRows) -> Floats:
        """Inner products (q, r) of queries (q, d) with the clips at some rows of `table`."""
        return inner_products(queries, self.vectors(rows))

    def vectors(self, rows: TableRows) -> Floats:
        """(r, d) stored clip vectors of some rows of `table`."""
        out: Floats | None = None
        for index, held in zip(self.indexes, self.held, strict=True):
            mine = contained(rows, held)
            if out is None:
                out = np.zeros((len(rows), index.dim), np.float32)
            out[mine] = index.vectors(self.table.ids[rows[mine]])
        if out is None:
            raise ValueError("an empty view has no vectors")
        return out

    def rows_of(self, video_ids: Sequence[int] | Ids) -> TableRows:
        """The rows of all clips of some videos, ascending."""
        order, owners = self._by_video
        wanted = np.unique(np.asarray(video_ids, np.int64))
        firsts = np.searchsorted(owners, wanted, "left")
        lasts = np.searchsorted(owners, wanted, "right")
        pieces = [order[a:b] for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True)]
        return np.sort(np.concatenate(pieces)) if pieces else np.zeros(0, np.intp)

    @cached_property
    def _by_video(self) -> tuple[TableRows, Ids]:
        """The rows in order of their videos, and these videos."""
        order = np.argsort(self.table.video_ids, kind="stable")
        return order, self.table.video_ids[order]

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
        """(d,) mean of the library's clips."""
        return np.asarray(self.sample.mean(axis=0), dtype=np.float32)

    @cached_property
    def video_matrix(self) -> tuple[Ids, Floats]:
        """Ids (n,) and unit vectors (n, d) of all videos: the mean of their clips by length."""
        order = np.argsort(self.table.video_ids, kind="stable")
        ids, firsts = np.unique(self.table.video_ids[order], return_index=True)
        lengths_s = np.maximum(self.table.ends_s - self.table.starts_s, 1e-3)[order]
        sums = []
        # In blocks: a million clips must not be in memory as float32 at once.
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


def contained(values: Ids | TableRows, among: Ids | TableRows) -> Mask:
    """(m,) which values occur among others, which ascend; a few among many cost almost nothing."""
    if not len(among):
        return np.zeros(len(values), np.bool_)
    places = np.minimum(np.searchsorted(among, values), len(among) - 1)
    return np.asarray(among[places] == values, np.bool_)


def inner_products(queries: Floats, vectors: Floats) -> Floats:
    """(q, d), (r, d) -> (q, r).

    A single query goes without BLAS, whose threads cost more than they save on a busy machine.
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


def open_view(
    home: Home, catalogue: Catalogue, encoder_id: str, *, before: View | None = None
) -> View:
    """Read what can be searched with one encoder now.

    A published generation never changes: that of the view `before` is not loaded again.

    Clips whose stored vectors are missing or damaged are left out, and `warnings` says so.
    """
    for _ in range(READ_ATTEMPTS - 1):
        view, complete = _read(home, catalogue, encoder_id, before)
        if complete:
            return view
    return _read(home, catalogue, encoder_id, before)[0]


def _read(
    home: Home, catalogue: Catalogue, encoder_id: str, before: View | None
) -> tuple[View, bool]:
    """The view, and whether it holds every clip; else a writer may have been at work meanwhile."""
    changes, current = catalogue.changes(), read_current(home)
    kept = before.opened if before is not None else None
    generation, warnings = _generation(catalogue, encoder_id, kept)
    parts = (parts_warning(catalogue, encoder_id), lines_warning(catalogue))
    about_files = (catalogue.warning, *parts)
    warnings += tuple(each for each in about_files if each is not None)
    table = catalogue.clip_table(encoder_id)
    new = np.ones(len(table), dtype=bool)
    if generation is not None:
        new = ~generation.holds(catalogue, table)
    delta = _delta(catalogue, VectorStore(home, encoder_id), table, new)
    absent = new if delta is None else new & ~np.isin(table.ids, delta.ids)
    if absent.any():
        warnings += (_absent(len(np.unique(table.video_ids[absent]))),)
        table, new = _rows(table, ~absent), new[~absent]
    published = None if generation is None else generation.index
    sources = [(each, held) for each, held in ((published, ~new), (delta, new)) if each is not None]
    text = None if generation is None else generation.text
    words = open_words(catalogue, text, None if before is None else before.words)
    warnings += () if words.warning is None else (words.warning,)
    meaning = None if generation is None else generation.meaning
    told = meaning_state(catalogue, np.zeros(0, np.uint64) if meaning is None else meaning.readings)
    warnings += () if told.warning is None else (told.warning,)
    view = View(
        words=words,
        meanings=open_meanings(meaning, words.live),
        changes=changes,
        current=current,
        generation=generation.number if generation else None,
        warnings=warnings,
        table=table,
        videos=LiveVideos(catalogue, encoder_id),
        opened=generation,
        indexes=tuple(index for index, _ in sources),
        held=tuple(np.flatnonzero(held) for _, held in sources),
    )
    return view, not absent.any()


def _absent(n_videos: int) -> str:
    return (
        f"the stored vectors of {n_videos:,} videos are missing or damaged and not searched; "
        "run reelwise verify --repair, then reelwise index with the library's folders"
    )


def _generation(
    catalogue: Catalogue, encoder_id: str, kept: Generation | None
) -> tuple[Generation | None, tuple[str, ...]]:
    home, lost = catalogue.home, lost_index(catalogue)
    if lost is not None:
        return None, (f"{lost}; searching the stored vectors; {REBUILD}",)
    try:
        if kept is not None and kept.warning is None and _is_current(home, kept):
            return kept, ()
        generation = open_generation(home)
    except ReelwiseError as error:
        # The vectors are the truth: without a usable index everything is new.
        return None, (f"{error.problem}; searching the stored vectors; {error.fix}",)
    if generation is None or generation.encoder_id != encoder_id:
        return None, ()
    return generation, () if generation.warning is None else (generation.warning,)


def _is_current(home: Home, generation: Generation) -> bool:
    """Whether it is still the published one; after an older index came back a name may recur."""
    if generation.name != read_current(home):
        return False
    return read_manifest(home.index / generation.name) == generation.manifest


def _rows(table: ClipTable, chosen: Mask) -> ClipTable:
    return ClipTable(
        table.ids[chosen], table.video_ids[chosen], table.starts_s[chosen], table.ends_s[chosen]
    )


def _delta(
    catalogue: Catalogue, store: VectorStore, table: ClipTable, new: Mask
) -> FlatIndex | None:
    """An exact index of the clips that no generation holds, of those whose parts can be read."""
    wanted = table.ids[new]
    video_ids = [int(v) for v in np.unique(table.video_ids[new])]
    index: FlatIndex | None = None
    for video in read_videos(catalogue, store, video_ids, on_damage=lambda _: None):
        if index is None:
            index = FlatIndex(video.clips.shape[1])
        mine = np.isin(video.clip_ids, wanted)
        index.add(video.clip_ids[mine], video.clips[mine])
    return index
