"""Stored vectors in memory, for re-ranking examples and for `similar` without decoding."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from data.catalogue.catalogue import Catalogue
from data.errors import ReelwiseError
from indexer.store.vectors import VectorStore, VideoVectors, read_videos

MAX_CACHED_BYTES = 256 * 2**20
"""Most bytes in memory; the least recently used videos are dropped first."""


class VectorCache:
    """Reads vectors of videos from their parts and keeps the last used; threads may share it."""

    def __init__(self, catalogue: Catalogue, store: VectorStore) -> None:
        self._catalogue = catalogue
        self._store = store
        self._rows: OrderedDict[int, VideoVectors] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def videos(self, clip_ids: dict[int, NDArray[np.int64]]) -> dict[int, VideoVectors]:
        """The stored vectors of some videos.

        Args:
            clip_ids: For each video the ids of its clips as the caller knows them; where the cached
                vectors have others, they are read again.

        Returns:
            By video, as stored now, which may be after a newer embedding; videos that are no longer
            stored are left out.
        """
        vectors = self._cached(clip_ids)
        missing = [video_id for video_id in clip_ids if video_id not in vectors]
        if missing:
            for row in self._read(missing):
                self._add(row)
                vectors[row.video_id] = row
        return vectors

    def _read(self, video_ids: list[int]) -> list[VideoVectors]:
        try:
            return list(read_videos(self._catalogue, self._store, video_ids))
        except ReelwiseError:
            # A writer may have retired a part after the catalogue named it: look it up again.
            return list(read_videos(self._catalogue, self._store, video_ids))

    def _cached(self, clip_ids: dict[int, NDArray[np.int64]]) -> dict[int, VideoVectors]:
        vectors = {}
        with self._lock:
            for video_id, ids in clip_ids.items():
                row = self._rows.get(video_id)
                if row is not None and np.array_equal(row.clip_ids, ids):
                    self._rows.move_to_end(video_id)
                    vectors[video_id] = row
        return vectors

    def _add(self, row: VideoVectors) -> None:
        with self._lock:
            self._drop([row.video_id])
            # Copies: the arrays are views into a whole part, which would stay in memory.
            kept = VideoVectors(
                row.video_id,
                row.frame_times_s.copy(),
                row.frames.copy(),
                row.clip_ids.copy(),
                row.clip_spans.copy(),
                row.clips.copy(),
            )
            self._rows[row.video_id] = kept
            self._bytes += _size(kept)
            while self._bytes > MAX_CACHED_BYTES and len(self._rows) > 1:
                self._drop([next(iter(self._rows))])

    def _drop(self, video_ids: Iterable[int]) -> None:
        for video_id in video_ids:
            old = self._rows.pop(video_id, None)
            if old is not None:
                self._bytes -= _size(old)


def _size(row: VideoVectors) -> int:
    return row.frames.nbytes + row.clips.nbytes
