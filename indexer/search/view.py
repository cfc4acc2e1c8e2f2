"""A consistent view of what can be searched: published clips and new ones, without removed ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from data.arrays import Floats, Ids, Mask
from data.catalogue import Catalogue, ClipTable, LiveVideos
from data.errors import ReelwiseError
from data.home import Home
from indexer.accident import SAMPLE_CLIPS
from indexer.search.searched import Searched, SegmentSearch, inner_products
from indexer.search.words.meaning import Meanings, open_meanings
from indexer.search.words.word_index import WordIndex, open_words
from indexer.store.generations import REBUILD, Generation, open_generation
from indexer.store.manifest import read_manifest
from indexer.store.meaning.status import meaning_state
from indexer.store.parts import lines_warning, parts_warning
from indexer.store.published import lost_index, read_current
from indexer.store.segments.building import segment_in_memory
from indexer.store.segments.columns import TableRows
from indexer.store.segments.live import every_live
from indexer.store.segments.segment import Segment, sample_keys
from indexer.store.stored_videos import read_clips_of
from indexer.store.vectors import VectorStore, VideoClips

READ_ATTEMPTS = 3
"""A writer may replace vectors between two reads; then everything is read again."""


@dataclass(frozen=True)
class View:
    """What can be searched at one instant; it never changes, so threads may share it.

    Its rows number the clips of all segments in turn, those that do not count as well.
    """

    changes: int
    """The catalogue's count of changes when it was read."""
    current: str | None
    """Name of the published generation at that time."""
    generation: int | None
    """Number of the generation in use; None where all clips are unpublished."""
    warnings: tuple[str, ...]
    """What is wrong with what is searched, such as an older index in place of the published one."""
    videos: LiveVideos
    """Their videos, read when they are asked for."""
    searched: tuple[Searched, ...]
    """The segments of the generation, and that of what is new."""
    opened: Generation | None
    """The generation in use, which the next view takes over while it stays published."""
    words: WordIndex
    """The lines that can be found by their words."""
    meanings: Meanings | None
    """Those that can be found by what they mean; None where that is not known of any."""

    def on(self, copies: SegmentSearch) -> "View":
        """The same, searched on GPUs where these hold its segments."""
        return replace(self, searched=tuple(replace(each, copies=copies) for each in self.searched))

    @cached_property
    def n_clips(self) -> int:
        """Clips that can be found."""
        return sum(each.n_clips for each in self.searched)

    @cached_property
    def _firsts(self) -> Ids:
        """The row of each segment's first clip, and the number of rows."""
        return np.cumsum([0, *(len(each.segment) for each in self.searched)])

    @property
    def n_rows(self) -> int:
        """Rows, those of clips that do not count included."""
        return int(self._firsts[-1])

    def top(self, queries: Floats, k: int, allowed: Mask | None) -> tuple[TableRows, float]:
        """The k clips per segment that are nearest to each of some queries (q, d).

        `allowed` (n_rows,) says which rows count; None allows all.

        Returns:
            Rows, ascending, and a bound: no other clip scores higher with any query (-inf where
            there is none).
        """
        nearest, bound = [np.zeros(0, np.intp)], float("-inf")
        for first, each in self._parts():
            mine = None if allowed is None else allowed[first : first + len(each.segment)]
            rows, highest = each.top(queries, k, mine)
            nearest.append(rows + first)
            bound = max(bound, highest)
        return np.concatenate(nearest), bound

    def scores(self, queries: Floats, rows: TableRows) -> Floats:
        """Inner products (q, r) of queries (q, d) with the clips at some rows."""
        return inner_products(queries, self.vectors(rows))

    def vectors(self, rows: TableRows) -> Floats:
        """(r, d) stored clip vectors of some rows."""
        if not self.searched:
            raise ValueError("an empty view has no vectors")
        out = np.zeros((len(rows), self.searched[0].segment.vectors.dim), np.float32)
        for mine, each, inside in self._split(rows):
            out[mine] = each.segment.vectors.rows(inside)
        return out

    def clips(self, rows: TableRows) -> ClipTable:
        """The clips at some rows, in their order."""
        n = len(rows)
        ids, owners, spans = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros((n, 2))
        for mine, each, inside in self._split(rows):
            columns = each.segment.columns
            ids[mine], spans[mine] = columns.clip_ids[inside], columns.spans[inside]
            owners[mine] = columns.video_ids[columns.places_of_rows(inside)]
        return ClipTable(ids, owners, spans[:, 0].copy(), spans[:, 1].copy())

    def rows_of(self, video_ids: Sequence[int] | Ids) -> TableRows:
        """The rows of all clips of some videos, ascending."""
        wanted = np.unique(np.asarray(video_ids, np.int64))
        rows = [np.zeros(0, np.intp)]
        for first, each in self._parts():
            rows.append(each.segment.columns.rows_at(each.places(wanted)) + first)
        return np.concatenate(rows)

    def mask_of(self, video_ids: Ids) -> Mask:
        """(n_rows,) which rows are clips of some videos."""
        masks = [np.zeros(0, np.bool_)]
        for each in self.searched:
            chosen = np.zeros(each.segment.columns.n_videos, np.bool_)
            chosen[each.places(video_ids)] = True
            masks.append(each.segment.columns.of_rows(chosen))
        return np.concatenate(masks)

    def mask_of_clips(self, clip_ids: Ids) -> Mask:
        """(n_rows,) which rows are some clips."""
        masks = [np.zeros(0, np.bool_)]
        for each in self.searched:
            masks.append(np.isin(each.segment.columns.clip_ids, clip_ids))
        return np.concatenate(masks)

    def n_allowed(self, allowed: Mask | None) -> int:
        """How many clips that count a mask of rows allows; all of them for None."""
        if allowed is None:
            return self.n_clips
        counts = 0
        for first, each in self._parts():
            mine = allowed[first : first + len(each.segment)]
            counts += int(np.count_nonzero(mine if each.counts is None else mine & each.counts))
        return counts

    @property
    def every_row(self) -> TableRows:
        """The rows of all clips that can be found, ascending."""
        rows = [np.zeros(0, np.intp)]
        for first, each in self._parts():
            counts = each.counts
            inside = np.arange(len(each.segment)) if counts is None else np.flatnonzero(counts)
            rows.append(inside + first)
        return np.concatenate(rows)

    @property
    def video_ids(self) -> Ids:
        """Ids of the videos that can be found, ascending."""
        ids = [each.segment.columns.video_ids[each.videos] for each in self.searched]
        return np.sort(np.concatenate([np.zeros(0, np.int64), *ids]))

    @cached_property
    def sample_rows(self) -> TableRows:
        """Up to `SAMPLE_CLIPS` rows drawn evenly at random: the same clips in whatever segments."""
        rows, keys = [np.zeros(0, np.intp)], [np.zeros(0, np.uint64)]
        for first, each in self._parts():
            inside = each.segment.sampled_rows
            inside = inside if each.counts is None else inside[each.counts[inside]]
            inside = inside[:SAMPLE_CLIPS]
            rows.append(inside + first)
            keys.append(sample_keys(each.segment.columns.clip_ids[inside]))
        order = np.argsort(np.concatenate(keys))[:SAMPLE_CLIPS]
        return np.concatenate(rows)[order]

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
        if not self.searched:
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        places = [np.flatnonzero(each.videos) for each in self.searched]
        pairs = list(zip(self.searched, places, strict=True))
        ids = np.concatenate([each.segment.columns.video_ids[mine] for each, mine in pairs])
        matrix = np.concatenate([each.segment.means.rows(mine) for each, mine in pairs])
        order = np.argsort(ids)
        return ids[order], matrix[order]

    def _parts(self) -> list[tuple[int, Searched]]:
        """Each segment, with the row of its first clip."""
        return list(zip(self._firsts.tolist(), self.searched, strict=False))

    def _split(self, rows: TableRows) -> list[tuple[Mask, Searched, TableRows]]:
        """For each segment that some rows lie in: which of them, and their rows inside it."""
        split = []
        for first, each in self._parts():
            mine = (rows >= first) & (rows < first + len(each.segment))
            if mine.any():
                split.append((mine, each, rows[mine] - first))
        return split


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
    generation, warnings = _generation(catalogue, encoder_id, before)
    parts = (parts_warning(catalogue, encoder_id), lines_warning(catalogue))
    about_files = (catalogue.warning, *parts)
    warnings += tuple(each for each in about_files if each is not None)
    segments = () if generation is None else generation.segments
    if generation is None:
        live = every_live(catalogue, encoder_id, ())
    else:
        live = generation.live(catalogue)
    searched = [Searched(*pair) for pair in zip(segments, live.videos, strict=True)]
    new = _delta(catalogue, VectorStore(home, encoder_id), live.missing, before)
    if new is not None:
        searched.append(Searched(new, np.ones(new.columns.n_videos, np.bool_)))
    absent = live.missing - (set() if new is None else set(new.columns.video_ids.tolist()))
    if absent:
        warnings += (_absent(len(absent)),)
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
        videos=LiveVideos(catalogue, encoder_id),
        opened=generation,
        searched=tuple(each for each in searched if each.n_clips),
    )
    return view, not absent


def _absent(n_videos: int) -> str:
    return (
        f"the stored vectors of {n_videos:,} videos are missing or damaged and not searched; "
        "run reelwise verify --repair, then reelwise index with the library's folders"
    )


def _generation(
    catalogue: Catalogue, encoder_id: str, before: View | None
) -> tuple[Generation | None, tuple[str, ...]]:
    home, lost = catalogue.home, lost_index(catalogue)
    kept = None if before is None else before.opened
    if lost is not None:
        return None, (f"{lost}; searching the stored vectors; {REBUILD}",)
    try:
        if kept is not None and kept.warning is None and _is_current(home, kept):
            return kept, ()
        generation = open_generation(home, before=kept)
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


def _delta(
    catalogue: Catalogue, store: VectorStore, missing: frozenset[int], before: View | None
) -> Segment | None:
    """An exact segment in memory of what no generation holds, as far as its parts can be read.

    What the view before had in memory is not read again.
    """
    if not missing:
        return None
    parts = catalogue.live_parts(store.encoder_id, missing)
    wanted = {
        int(video_id): parts.names[number]
        for video_id, number in zip(parts.video_ids, parts.numbers, strict=True)
    }
    kept = {
        each.video_id: each for each in _in_memory(before) if wanted.get(each.video_id) == each.part
    }
    if len(kept) == len(wanted) and before is not None:
        known = before.searched[-1].segment
        if known.name is None and known.columns.n_videos == len(kept):
            return known
    read = read_clips_of(catalogue, store, set(wanted) - set(kept), on_damage=lambda _: None)
    return segment_in_memory([*kept.values(), *read])


def _in_memory(view: View | None) -> list[VideoClips]:
    """The clips that a view holds in memory because no generation held them."""
    found = []
    for each in () if view is None else view.searched:
        if each.segment.name is None:
            found += list(each.segment.videos(np.arange(each.segment.columns.n_videos)))
    return found
