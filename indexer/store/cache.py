"""Stored vectors in memory, for re-ranking examples and for `similar` without decoding."""

import threading
from collections import OrderedDict
from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

from data.catalogue import Catalogue
from indexer.store.stored_videos import read_videos
from indexer.store.vectors import DamagedPart, VectorStore, VideoVectors

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
        self.warning: str | None = None
        """That a part could not be read, and answers go without frames of its videos."""

    def videos(self, clip_ids: dict[int, NDArray[np.int64]]) -> dict[int, VideoVectors]:
        """The vectors of some videos as stored now; those no longer stored are left out.

        `clip_ids` are those that the caller knows: where the cached vectors have others, they are
        read again, which may be after a newer embedding. Vectors in a damaged part are left out.
        """
        vectors = self._cached(clip_ids)
        missing = [video_id for video_id in clip_ids if video_id not in vectors]
        if missing:
            try:
                rows = list(read_videos(self._catalogue, self._store, missing))
            except DamagedPart:
                # A writer may have retired a part after the catalogue named it: look it up again.
                rows = list(
                    read_videos(self._catalogue, self._store, missing, on_damage=self._leave_out)
                )
            for row in rows:
                self._add(row)
                vectors[row.video_id] = row
        return vectors

    def _leave_out(self, error: DamagedPart) -> None:
        self.warning = f"{error.problem}; its videos are not compared frame by frame; {error.fix}"

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
            old = self._rows.pop(row.video_id, None)
            # A copy: the arrays are views into a whole part, which would stay in memory.
            self._rows[row.video_id] = deepcopy(row)
            self._bytes += _size(row) - (_size(old) if old is not None else 0)
            while self._bytes > MAX_CACHED_BYTES and len(self._rows) > 1:
                _, oldest = self._rows.popitem(last=False)
                self._bytes -= _size(oldest)


def _size(row: VideoVectors) -> int:
    return row.frames.nbytes + row.clips.nbytes
