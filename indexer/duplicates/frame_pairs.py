"""Judging pairs by their stored frames, which are read part by part.

Frames of partners lie anywhere in a library. Reading a part for each pair would cost a library for
each few videos: a part is read once for all pairs of which one video is held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from embeddings.plain.one_thread import one_thread
from indexer.copies.stored import Pair
from indexer.duplicates.background import Background
from indexer.duplicates.judging import judge
from indexer.duplicates.lines import Track
from indexer.search.view import View
from indexer.store.vectors import VideoVectors

Ids = tuple[int, int]
Read = Callable[[Sequence[int]], Iterable[VideoVectors]]


class FramePairs:
    """Judges pairs of some videos, whose frames it holds, and of any others.

    Args:
        read: Reads the stored frames of some videos; those that have none it leaves out.
        view: Knows lengths.
        background: How alike frames are by accident.
        video_ids: One of each pair is among these.
    """

    def __init__(
        self, read: Read, view: View, background: Background, video_ids: Sequence[int]
    ) -> None:
        self._read = read
        self._view = view
        self._background = background
        self._ours = {row.video_id: row for row in read(sorted(video_ids))}

    def round(self, pairs: Sequence[Ids]) -> Iterator[tuple[Ids, Pair | None]]:
        """Each pair that can be read with what it shares, in the order in which frames are read."""
        partners: dict[int, list[int]] = {}
        for one, other in pairs:
            here, there = (one, other) if one in self._ours else (other, one)
            if here in self._ours:
                partners.setdefault(there, []).append(here)
        held = sorted(partners.keys() & self._ours.keys())
        others = self._read(sorted(partners.keys() - self._ours.keys()))
        for row in chain((self._ours[each] for each in held), others):
            partner = self._track(row)
            for here in partners[row.video_id]:
                tracks = {here: self._track(self._ours[here]), row.video_id: partner}
                ids = min(tracks), max(tracks)
                yield ids, self._judged(ids, tracks)

    def _judged(self, ids: tuple[int, int], tracks: dict[int, Track]) -> Pair | None:
        one, other = tracks[ids[0]], tracks[ids[1]]
        lengths_s = _length_s(self._view, ids[0], one), _length_s(self._view, ids[1], other)
        # Matrices of two videos are small: threads of BLAS would wait for one another.
        with one_thread():
            return judge(ids, (one, other), lengths_s, self._background)

    def _track(self, row: VideoVectors) -> Track:
        return self._background.track(row.frame_times_s, row.frames, row.small_frames)


def _length_s(view: View, video_id: int, track: Track | None) -> float:
    """Length of a video by its clips, which cover it; else by its frames."""
    rows = view.rows_of([video_id])
    if len(rows):
        return float(view.clips(rows).ends_s.max())
    return 0.0 if track is None else float(track.times_s[-1])
