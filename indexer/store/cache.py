"""Stored frame vectors at hand: what re-ranks examples and answers `similar` without decoding."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from indexer.store.vectors import VectorStore, VideoVectors, read_videos

KEPT_BYTES = 256 * 2**20
"""Vectors kept in memory; the least recently used videos go first."""


class StoredVectors:
    """Reads the vectors of videos from their parts, keeps the last used; threads may share it."""

    def __init__(self, catalogue: Catalogue, store: VectorStore) -> None:
        self._catalogue = catalogue
        self._store = store
        self._kept: OrderedDict[int, VideoVectors] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def videos(self, clip_ids: dict[int, NDArray[np.int64]]) -> dict[int, VideoVectors]:
        """The stored vectors of some videos.

        Args:
            clip_ids: For each video the ids of its clips as the caller knows them; where the kept
                vectors have others, they are read again.

        Returns:
            By video, as stored now (it may have been embedded anew since); those that are stored
            no more are left out.
        """
        found = self._remembered(clip_ids)
        missing = [video_id for video_id in clip_ids if video_id not in found]
        if missing:
            for row in self._read(missing):
                self._remember(row)
                found[row.video_id] = row
        return found

    def _read(self, video_ids: list[int]) -> list[VideoVectors]:
        try:
            return list(read_videos(self._catalogue, self._store, video_ids))
        except ReelwiseError:
            # A writer may have retired a part after we asked in which one a video lies.
            return list(read_videos(self._catalogue, self._store, video_ids))

    def _remembered(self, clip_ids: dict[int, NDArray[np.int64]]) -> dict[int, VideoVectors]:
        found = {}
        with self._lock:
            for video_id, ids in clip_ids.items():
                row = self._kept.get(video_id)
                if row is not None and np.array_equal(row.clip_ids, ids):
                    self._kept.move_to_end(video_id)
                    found[video_id] = row
        return found

    def _remember(self, row: VideoVectors) -> None:
        with self._lock:
            self._forget([row.video_id])
            # Copies, since the arrays are views of a whole part.
            kept = VideoVectors(
                row.video_id,
                row.frame_times_s.copy(),
                row.frames.copy(),
                row.clip_ids.copy(),
                row.clip_spans.copy(),
                row.clips.copy(),
            )
            self._kept[row.video_id] = kept
            self._bytes += _size(kept)
            while self._bytes > KEPT_BYTES and len(self._kept) > 1:
                self._forget([next(iter(self._kept))])

    def _forget(self, video_ids: Iterable[int]) -> None:
        for video_id in video_ids:
            old = self._kept.pop(video_id, None)
            if old is not None:
                self._bytes -= _size(old)


def _size(row: VideoVectors) -> int:
    return row.frames.nbytes + row.clips.nbytes
