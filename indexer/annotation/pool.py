"""The clips that may be labelled, and the stretches that are, with their stored vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.annotations.records import Annotation, Stretch
from data.arrays import Floats, Ids
from data.catalogue import Catalogue
from data.errors import ReelwiseError
from data.home import nothing_indexed
from data.labels.rows import LabelRow
from indexer.heads.inputs.changes import N_BLOCKS
from indexer.heads.inputs.examples import Examples
from indexer.heads.inputs.stretches import clips_as_examples, find_stretches
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import VectorStore, VideoVectors

MOST_CLIPS = 10_000
"""Clips that are looked at; of larger libraries whole videos at random."""
MOST_CHANGES = 16_000_000
"""Numbers that tell how all these clips change, 64 MB; of more they are not told."""
SAME = 0.5
"""A clip of which at least this share is labelled, or skipped, is not proposed."""


@dataclass(frozen=True)
class Pool:
    """Clips of a library."""

    encoder_id: str
    """Whose vectors they are."""
    video_ids: Ids
    """(n,) the video of each."""
    clip_ids: Ids
    """(n,) ids of the clips."""
    spans_s: NDArray[np.float64]
    """(n, 2) start and end."""
    examples: Examples
    """(n, d) vectors, and how each clip changes where that is not too much."""
    of_clips: int
    """Clips that the library has."""

    def __len__(self) -> int:
        return len(self.video_ids)

    def stretch(self, place: int) -> Stretch:
        """A clip as it is annotated."""
        start_s, end_s = self.spans_s[place].round(3).tolist()
        return int(self.video_ids[place]), start_s, end_s

    def taken(self, stretches: Sequence[Stretch]) -> NDArray[np.bool_]:
        """(n,) clips of which a good part lies in one of some stretches."""
        found = np.zeros(len(self), np.bool_)
        for video_id, start_s, end_s in stretches:
            mine = np.flatnonzero(self.video_ids == video_id)
            starts_s, ends_s = self.spans_s[mine].T
            shared_s = np.minimum(ends_s, end_s) - np.maximum(starts_s, start_s)
            found[mine[shared_s >= SAME * (ends_s - starts_s) - 1e-6]] = True
        return found


def open_pool(catalogue: Catalogue, *, most: int = MOST_CLIPS, seed: int = 0) -> Pool:
    """The clips of all searchable videos, at most about `most`.

    Raises:
        ReelwiseError: Nothing is indexed.
    """
    encoder_id = catalogue.encoder
    if encoder_id is None:
        raise nothing_indexed(catalogue.home)
    counts = catalogue.counts()
    ids = np.array([video.id for video in catalogue.videos(encoder_id)], np.int64)
    order = np.random.default_rng(seed).permutation(ids) if counts["clips"] > most else ids
    store = VectorStore(catalogue.home, encoder_id)
    share = min(1.0, most / max(counts["clips"], 1))
    wanted = order[: max(1, round(share * len(order)))].tolist()
    videos = read_videos(catalogue, store, wanted, on_damage=lambda _: None)
    width = N_BLOCKS * _dim(catalogue, store, wanted)
    changes = width * min(counts["clips"], most) <= MOST_CHANGES
    ids_of, clips, spans, vectors, how = [], [], [], [], []
    for video, examples in clips_as_examples(videos, frames=False, changes=changes):
        ids_of.append(np.full(len(examples), video.video_id, np.int64))
        clips.append(video.clip_ids)
        spans.append(video.clip_spans)
        vectors.append(examples.vectors)
        how += [] if examples.changes is None else [examples.changes]
    if not vectors:
        raise nothing_indexed(catalogue.home)
    told = np.concatenate(how) if how else None
    examples = Examples(np.concatenate(vectors), None, told)
    place = np.concatenate(ids_of), np.concatenate(clips), np.concatenate(spans)
    return Pool(encoder_id, *place, examples, counts["clips"])


def _dim(catalogue: Catalogue, store: VectorStore, video_ids: Sequence[int]) -> int:
    """Numbers of a clip vector; 0 where there is none."""
    first = next(_first(catalogue, store, video_ids), None)
    return 0 if first is None else int(first.clips.shape[1])


def _first(
    catalogue: Catalogue, store: VectorStore, video_ids: Sequence[int]
) -> Iterator[VideoVectors]:
    for video_id in video_ids:
        yield from read_videos(catalogue, store, [video_id], on_damage=lambda _: None)


class Labelled:
    """Vectors of stretches, each looked up once. One thread at a time."""

    def __init__(self, catalogue: Catalogue, pool: Pool) -> None:
        self._catalogue = catalogue
        self._pool = pool
        self._clips = {pool.stretch(place): place for place in range(len(pool))}
        self._known: dict[Stretch, tuple[Floats, Floats | None] | None] = {}

    def examples(self, rows: Sequence[Annotation]) -> tuple[list[Annotation], Examples]:
        """The rows that have stored vectors, in order, and these.

        Raises:
            ReelwiseError: None has.
        """
        self._look_up([row for row in rows if row.stretch not in self._known])
        kept = [row for row in rows if self._known[row.stretch] is not None]
        if not kept:
            raise ReelwiseError(
                "no labelled stretch has vectors of this library's encoder",
                fix="label a stretch that is indexed",
            )
        found = [known for row in kept if (known := self._known[row.stretch]) is not None]
        how = [changes for _, changes in found if changes is not None]
        told = np.stack(how) if how else None
        return kept, Examples(np.stack([vector for vector, _ in found]), None, told)

    def _look_up(self, rows: Sequence[Annotation]) -> None:
        clips, others = self._pool.examples, []
        for row in rows:
            place = self._clips.get(row.stretch)
            if place is None:
                others.append(row)
            else:
                changes = None if clips.changes is None else clips.changes[place]
                self._known[row.stretch] = clips.vectors[place], changes
        self._known |= dict.fromkeys((row.stretch for row in others), None)
        if others:
            self._read(others, changes=clips.changes is not None)

    def _read(self, rows: Sequence[Annotation], *, changes: bool) -> None:
        wanted = [
            LabelRow(at, f"id:{row.video_id}", row.start_s, row.end_s, {}, {})
            for at, row in enumerate(rows)
        ]
        try:
            found = find_stretches(
                self._catalogue, self._pool.encoder_id, wanted, frames=False, changes=changes
            )
        except ReelwiseError:  # none of them is there any more: they teach nothing
            return
        how = found.examples.changes
        for at, row in enumerate(found.rows):
            told = None if how is None else how[at]
            self._known[rows[row.line].stretch] = found.examples.vectors[at], told
