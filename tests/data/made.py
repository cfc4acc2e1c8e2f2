"""Files and embeddings for a catalogue, without any file or vector."""

from __future__ import annotations

from pathlib import Path

from data.catalogue.catalogue import Catalogue
from data.catalogue.records import EmbeddingRow, FileRecord, Part, State, VideoFacts

LIB = Path("/library")


def found(path: str, key: str | None, **more: str) -> FileRecord:
    return FileRecord(LIB / path, 10, 1, 1, key, **more)  # type: ignore[arg-type]


def embed(
    catalogue: Catalogue,
    part: str,
    *video_ids: int,
    encoder: str = "e1",
    state: State = State.DONE,
    n_clips: int = 2,
) -> list[int]:
    first = catalogue.reserve(encoder, part, n_clips * len(video_ids))
    rows = [
        EmbeddingRow(
            video_id,
            state,
            None if state == State.DONE else "cut off",
            4,
            tuple(range(first + n * n_clips, first + (n + 1) * n_clips)),
            tuple((float(i), i + 2.0) for i in range(n_clips)),
            VideoFacts(duration_s=8.0, codec="h264"),
        )
        for n, video_id in enumerate(video_ids)
    ]
    catalogue.commit_part(encoder, Part(part, "0" * 64, 1, frozenset(video_ids)), rows)
    return [clip_id for row in rows for clip_id in row.clip_ids]
