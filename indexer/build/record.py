"""From finished vectors to "done": the order of steps that survives a kill between any two.

    ids reserved, part announced  ->  part on the disk  ->  clips, embeddings and part row committed
    ->  reported

A kill after the first step leaves unused numbers, after the second a file that the next writer
removes. Nothing is searchable before the third, and then everything of the flush is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import EmbeddingRow, Part, State, VideoFacts
from data.durable import crash_point, remove_unfinished
from data.home import Home, WriterLock, holds_lock
from indexer.store.generations import remove_unpublished
from indexer.store.vectors import PartInfo, VectorStore, VideoVectors, new_part_name


@dataclass(frozen=True)
class EmbeddedVideo:
    """One video's vectors as the encoder made them, not yet stored."""

    video_id: int
    """The video, from `Catalogue.put_files`."""
    frame_times_s: npt.NDArray[np.float64]
    """(n,) presentation times of the sampled frames, ascending."""
    frames: npt.NDArray[np.floating]
    """(n, d) unit rows."""
    spans: Sequence[tuple[float, float]]
    """(start_s, end_s) of each of its m clips, m >= 1."""
    clips: npt.NDArray[np.floating]
    """(m, d) unit rows."""
    state: State = State.DONE
    """`State.DONE` or `State.PARTIAL`."""
    reason: str | None = None
    """Why it is partial."""
    facts: VideoFacts = field(default_factory=VideoFacts)
    """What the probe found."""


def record_embedded(
    catalogue: Catalogue, store: VectorStore, results: Sequence[EmbeddedVideo]
) -> PartInfo | None:
    """Store one flush of videos; when this returns, they are done, whatever happens next.

    Args:
        catalogue: The library's catalogue; this process must hold the writer lock.
        store: The encoder's parts.
        results: Videos, each at most once; nothing happens for an empty list.

    Returns:
        The part they lie in; None for an empty list.

    Raises:
        ValueError: A vector is not finite or not of unit length, shapes do not fit, or the lock is
            not held; nothing was recorded.
    """
    if not holds_lock(catalogue.home):
        raise ValueError("record_embedded needs the writer lock: with writing_session(home)")
    if len({result.video_id for result in results}) != len(results):
        raise ValueError("record_embedded takes each video once per call")
    if not results:
        return None
    name = new_part_name()
    first = catalogue.reserve(store.encoder_id, name, sum(len(r.spans) for r in results))
    crash_point("flush.after_reserve")
    rows = _with_ids(results, first)
    info = store.write_part(rows, name=name)
    crash_point("flush.after_part")
    part = Part(info.name, info.sha256, info.size_bytes, frozenset(r.video_id for r in results))
    catalogue.commit_part(store.encoder_id, part, _embedding_rows(results, rows))
    crash_point("flush.after_commit")
    return info


@contextmanager
def writing_session(home: Home) -> Iterator[Catalogue]:
    """Take the writer lock, clear what a killed writer left, and give the catalogue to write with.

    Raises:
        ReelwiseError: Another process is writing; it is named.
    """
    with WriterLock(home), Catalogue(home) as catalogue:
        tidy(home, catalogue)
        yield catalogue


def tidy(home: Home, catalogue: Catalogue) -> int:
    """Remove what no reader can use: unfinished files, uncommitted parts, half-built indexes.

    Only files that a writer announced are removed from `vectors/`: a catalogue that was lost or
    swapped never costs a vector. The caller holds the writer lock.

    Returns:
        How many files and folders went.
    """
    removed = remove_unpublished(home) + remove_unfinished(home.root)
    loose = catalogue.retire_parts()
    for encoder_id, name in loose:
        path = VectorStore(home, encoder_id).path(name)
        removed += path.exists()
        path.unlink(missing_ok=True)
    if loose:
        crash_point("tidy.after_unlink")
        catalogue.retired(name for _, name in loose)
    if home.all_vectors.is_dir():
        removed += sum(remove_unfinished(folder) for folder in home.all_vectors.iterdir())
    return removed


def _with_ids(results: Sequence[EmbeddedVideo], first: int) -> list[VideoVectors]:
    rows = []
    for result in results:
        ids = np.arange(first, first + len(result.spans), dtype=np.int64)
        first += len(result.spans)
        rows.append(
            VideoVectors(
                video_id=result.video_id,
                frame_times_s=np.asarray(result.frame_times_s, dtype=np.float64),
                frames=np.asarray(result.frames, dtype=np.float16),
                clip_ids=ids,
                clip_spans=np.asarray(result.spans, dtype=np.float64).reshape(-1, 2),
                clips=np.asarray(result.clips, dtype=np.float16),
            )
        )
    return rows


def _embedding_rows(
    results: Sequence[EmbeddedVideo], rows: Sequence[VideoVectors]
) -> list[EmbeddingRow]:
    return [
        EmbeddingRow(
            video_id=result.video_id,
            state=result.state,
            reason=result.reason,
            n_frames=len(row.frame_times_s),
            clip_ids=tuple(int(i) for i in row.clip_ids),
            clip_spans=tuple((float(start), float(end)) for start, end in result.spans),
            facts=result.facts,
        )
        for result, row in zip(results, rows, strict=True)
    ]
