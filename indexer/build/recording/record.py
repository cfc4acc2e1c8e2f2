"""Store finished videos: an order of steps that survives a kill between any two of them.

    ids reserved, part announced  ->  part on the disk  ->  clips, embeddings and part row committed
    ->  reported

A kill after the first step leaves unused numbers, after the second a file that the next writer
removes. Nothing is searchable before the third, and then everything of the flush is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from data.catalogue import Catalogue, EmbeddingRow, Part, new_part_name
from data.catalogue.soundness.checks import require_sound
from data.disk_errors import refusals_at
from data.durable import crash_point, remove_unfinished
from data.home import Home, WriterLock, holds_lock
from indexer.build.cutting import Embedded
from indexer.build.recording.parts import PartBuffer, remove_loose
from indexer.build.recording.record_lines import tidy_lines
from indexer.store.published import remove_unpublished
from indexer.store.vectors import Origin, VectorStore

FLUSH_VIDEOS = 32
"""Videos of one part file at most."""

FLUSH_FRAMES = 4_000
"""Frames of one part file at most, give or take a video: 4 MB at 512 dimensions. A part is read
whole for any video in it."""


def record_embedded(
    catalogue: Catalogue, store: VectorStore, videos: Sequence[Embedded]
) -> Part | None:
    """Store videos in one part; when this returns, they are done, whatever happens next.

    Each is given once, with at least one clip. This process must hold the writer lock.

    Returns:
        The part they lie in; None where no video is given.

    Raises:
        ValueError: A vector is not finite or not of unit length, shapes do not fit, or the lock is
            not held; nothing was recorded.
    """
    if not holds_lock(catalogue.home):
        raise ValueError("record_embedded needs the writer lock: with writing_session(home)")
    video_ids = frozenset(video.vectors.video_id for video in videos)
    if len(video_ids) != len(videos):
        raise ValueError("record_embedded takes each video once per call")
    if not videos:
        return None
    name = new_part_name()
    n_clips = sum(len(video.vectors.clips) for video in videos)
    first = catalogue.embeddings.reserve(store.encoder_id, name, n_clips)
    crash_point("flush.after_reserve")
    videos = _with_ids(videos, first)
    keys = catalogue.files.content_keys(video_ids)
    origins = {
        video.vectors.video_id: Origin(keys[video.vectors.video_id], video.ending)
        for video in videos
    }
    part = store.write_part([video.vectors for video in videos], name=name, origins=origins)
    crash_point("flush.after_part")
    catalogue.embeddings.commit_part(
        store.encoder_id, part, [_embedding_row(video) for video in videos]
    )
    crash_point("flush.after_commit")
    return part


class FlushBuffer(PartBuffer):
    """Finished videos, stored one part at a time."""

    def __init__(self, catalogue: Catalogue, store: VectorStore) -> None:
        super().__init__()
        self._catalogue = catalogue
        self._store = store
        self._videos: list[Embedded] = []

    def add(self, video: Embedded) -> None:
        """Keep a video, good or failed, for the next flush."""
        self.begin()
        self._videos.append(video)

    @property
    def is_empty(self) -> bool:
        """Whether no video waits."""
        return not self._videos

    @property
    def is_full(self) -> bool:
        """Whether the videos make a part."""
        stored = [video for video in self._videos if video.ending.state != "failed"]
        frames = sum(len(video.vectors.frames) for video in stored)
        return len(stored) >= FLUSH_VIDEOS or frames >= FLUSH_FRAMES

    def flush(self) -> list[Embedded]:
        """Make the videos durable, good ones first; returns them."""
        good = [video for video in self._videos if video.ending.state != "failed"]
        failed = [video for video in self._videos if video.ending.state == "failed"]
        record_embedded(self._catalogue, self._store, good)
        reasons = [(video.vectors.video_id, video.ending.reason) for video in failed]
        self._catalogue.embeddings.record_failed(self._store.encoder_id, reasons)
        self._videos = []
        return good + failed


@contextmanager
def writing_session(home: Home) -> Iterator[Catalogue]:
    """Take the writer lock, clear what a killed writer left, and give the catalogue to write with.

    Raises:
        ReelwiseError: Another process is writing (it is named), or the catalogue is damaged.
    """
    with refusals_at(home.root), WriterLock(home), Catalogue(home) as catalogue:
        require_sound(catalogue)
        tidy(home, catalogue)
        yield catalogue


def tidy(home: Home, catalogue: Catalogue) -> int:
    """Remove what no reader can use: unfinished files, uncommitted parts, half-built indexes.

    Only files that a writer announced are removed from `vectors/`: a catalogue that was lost or
    swapped never costs a vector. The caller holds the writer lock. Gives the number of
    removed files and folders.
    """
    removed = remove_unpublished(home) + remove_unfinished(home.root)
    removed += remove_loose(
        catalogue.embeddings.retire_parts(),
        lambda encoder_id, name: VectorStore(home, encoder_id).path(name),
        catalogue.embeddings.retired,
        "tidy.after_unlink",
    )
    removed += tidy_lines(home, catalogue)
    for parts in (home.all_vectors, home.all_sentences):
        if parts.is_dir():
            removed += sum(remove_unfinished(folder) for folder in parts.iterdir())
    return removed


def _with_ids(videos: Sequence[Embedded], first: int) -> list[Embedded]:
    """The videos with clip ids from `first` on."""
    rows = []
    for video in videos:
        ids = np.arange(first, first + len(video.vectors.clips), dtype=np.int64)
        first += len(ids)
        rows.append(replace(video, vectors=replace(video.vectors, clip_ids=ids)))
    return rows


def _embedding_row(video: Embedded) -> EmbeddingRow:
    vectors = video.vectors
    return EmbeddingRow(
        video_id=vectors.video_id,
        ending=video.ending,
        clip_ids=tuple(vectors.clip_ids.tolist()),
        clip_spans=tuple((start_s, end_s) for start_s, end_s in vectors.clip_spans.tolist()),
        clip_rule=vectors.clip_rule,
    )
