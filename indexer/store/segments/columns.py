"""Which clips of which videos a segment holds, as columns that are mapped into memory."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.arrays import Ids, Mask
from data.durable import write_synced
from indexer.store.array_files import array_bytes

TableRows = NDArray[np.intp]
"""Rows of a segment, or of all that is searched."""


@dataclass(frozen=True)
class Columns:
    """The clips of v videos, those of one video in a row; threads may share it."""

    video_ids: Ids
    """(v,) the videos, each once."""
    firsts: Ids
    """(v + 1,) the row of each video's first clip, and the number of clips."""
    part_numbers: NDArray[np.int32]
    """(v,) the place of each video's vector part in a list that the segment has."""
    clip_ids: Ids
    """(n,) permanent clip ids."""
    spans: NDArray[np.float64]
    """(n, 2) start_s and end_s of each clip."""

    def __len__(self) -> int:
        return len(self.clip_ids)

    @property
    def n_videos(self) -> int:
        """Videos, live or not."""
        return len(self.video_ids)

    @cached_property
    def _ascending(self) -> tuple[NDArray[np.intp] | None, Ids]:
        """Places of the videos in order of their ids (None where they are), and these ids."""
        if (np.diff(self.video_ids) > 0).all():
            return None, self.video_ids
        order = np.argsort(self.video_ids)
        return order, self.video_ids[order]

    def places(self, video_ids: Ids) -> NDArray[np.intp]:
        """(m,) the place of each video in `video_ids`; -1 for one that is not here."""
        order, ids = self._ascending
        if not len(ids):
            return np.full(len(video_ids), -1, np.intp)
        found = np.minimum(np.searchsorted(ids, video_ids), len(ids) - 1)
        places = found if order is None else order[found]
        return np.where(ids[found] == video_ids, places, -1)

    def rows_at(self, places: NDArray[np.intp]) -> TableRows:
        """The rows of all clips of the videos at some places, ascending."""
        counts = self.counts[places]
        starts = np.repeat(self.firsts[places] - np.cumsum(counts) + counts, counts)
        return np.sort(np.arange(len(starts)) + starts)

    @cached_property
    def counts(self) -> Ids:
        """(v,) clips of each video."""
        return np.diff(self.firsts)

    def places_of_rows(self, rows: TableRows) -> NDArray[np.intp]:
        """(r,) the place of the video that each row belongs to."""
        return np.searchsorted(self.firsts, rows, side="right") - 1

    def of_rows(self, of_videos: Mask) -> Mask:
        """(n,) a mask of the clips, from one of the videos (v,)."""
        return np.repeat(of_videos, self.counts)

    def save(self, folder: Path) -> list[Path]:
        """Write each column to a file of its own; gives them."""
        paths = []
        for name in column_names():
            path = folder / f"{name}.npy"
            write_synced(path, array_bytes(getattr(self, name)))
            paths.append(path)
        return paths


def column_names() -> list[str]:
    """The columns, each of which is a file."""
    return [field.name for field in fields(Columns)]


def columns_of(
    video_ids: Sequence[int],
    parts: Sequence[int],
    clip_ids: Sequence[Ids],
    spans: Sequence[NDArray[np.float64]],
) -> Columns:
    """Make columns of what each of v videos has: its part's number, ids and spans of its clips."""
    counts = np.fromiter(map(len, clip_ids), np.int64, len(clip_ids))
    return Columns(
        np.array(video_ids, np.int64),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array(parts, np.int32),
        np.concatenate([np.zeros(0, np.int64), *clip_ids]),
        np.concatenate([np.zeros((0, 2)), *spans]),
    )
