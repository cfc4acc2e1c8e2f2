"""Examples compared frame by frame: how well a stretch shows the example, and where it begins."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from indexer.search.examples.example import Example
from indexer.search.moments import Moment, ScoredClips
from indexer.store.vectors import VideoVectors

FRAME_SHARE = 0.5
"""Weight of the frames beside the clip vector in the score of an example."""

MAX_COMPARED_FRAMES = 64
"""Most frames of an example that are compared; longer examples are thinned evenly."""

EDGE_SHARE = 0.5
"""A frame belongs to a moment with this share of the best frame's lead over the background."""

LEAST_LEAD = 0.02
"""Frames that lead by less than this are all alike: nothing is trimmed."""

_Score = TypeVar("_Score", float, NDArray[np.float64])

ReadVectors = Callable[[Sequence[int]], dict[int, VideoVectors]]
"""Reads the stored vectors of some videos; those that are not stored are left out."""


class FrameMatch:
    """The frames of an example against the stored frames of one video."""

    def __init__(self, example: Example, video: VideoVectors) -> None:
        step = -(-len(example.frames) // MAX_COMPARED_FRAMES)
        self._times_s = video.frame_times_s
        self._cosines = example.frames[::step] @ video.frames.astype(np.float32).T

    def coverage(self, start_s: float, end_s: float) -> float:
        """How well a stretch shows the example, -1 to 1.

        The mean over the example's frames of their best match in the stretch. One-sided (Chamfer)
        matching: a long stretch is not punished for what the example does not show.
        """
        inside = (self._times_s >= start_s) & (self._times_s < end_s)
        if not inside.any():
            inside[np.argmin(np.abs(self._times_s - start_s))] = True
        return float(self._cosines[:, inside].max(axis=1).mean())

    def trim(self, moment: Moment, usual: float) -> tuple[float, float]:
        """The part of a moment that shows the example, cut half-way between frames.

        The stretch of frames with the largest sum of leads over a bar between the background
        (`usual`, how well unrelated frames match the example) and the best frame (maximum subarray;
        Kadane 1977).
        """
        inside = np.flatnonzero((self._times_s >= moment.start_s) & (self._times_s < moment.end_s))
        if len(inside) < 2:
            return moment.start_s, moment.end_s
        best = self._cosines[:, inside].max(axis=0)
        lead = float(best.max()) - usual
        if lead < LEAST_LEAD:
            return moment.start_s, moment.end_s
        first, last = _largest_sum(best - (usual + EDGE_SHARE * lead))
        times_s = self._times_s[inside]
        start_s, end_s = moment.start_s, moment.end_s
        if first > 0:
            start_s = float(times_s[first - 1] + times_s[first]) / 2
        if last < len(inside) - 1:
            end_s = float(times_s[last] + times_s[last + 1]) / 2
        return start_s, end_s


def _largest_sum(values: Floats) -> tuple[int, int]:
    """First and last index of the stretch with the largest sum."""
    best = (float("-inf"), 0, 0)
    total, first = 0.0, 0
    for place, value in enumerate(values.tolist()):
        if total <= 0:
            total, first = 0.0, place
        total += value
        if total > best[0]:
            best = (total, first, place)
    return best[1], best[2]


class ExampleMatcher:
    """Scores clips by their vectors and frames together; each video is read once."""

    def __init__(self, example: Example, read_vectors: ReadVectors) -> None:
        self.usual = 0.0
        """How well frames match the example that have nothing to do with it."""
        self._example = example
        self._read_vectors = read_vectors
        self._matches: dict[int, FrameMatch] = {}

    def blend(self, clips: ScoredClips) -> ScoredClips:
        """Score clips by vectors and frames; where no frames can be read, by vectors alone."""
        missing = set(clips.table.video_ids.tolist()) - self._matches.keys()
        for video_id, stored in self._read_vectors(sorted(missing)).items():
            self._matches[video_id] = FrameMatch(self._example, stored)
        covered = self._coverages(clips)
        blended = _blend(clips.scores, covered)
        return clips.scored_anew(np.where(np.isnan(covered), clips.scores, blended))

    def learn_usual(self, clips: ScoredClips) -> None:
        """Set `usual` from blended clips that mostly have nothing to do with the example."""
        covered = self._coverages(clips)
        if not np.isnan(covered).all():
            self.usual = float(np.nanmedian(covered))

    def trim(self, moment: Moment, clip_score: float) -> Moment:
        """Cut a moment of blended clips to what shows the example, and score it anew.

        `clip_score` is that of its best clip by vectors alone.
        """
        match = self._matches.get(moment.video_id)
        if match is None:
            return moment
        start_s, end_s = match.trim(moment, self.usual)
        score = _blend(clip_score, match.coverage(start_s, end_s))
        return replace(moment, start_s=start_s, end_s=end_s, score=score)

    def _coverages(self, clips: ScoredClips) -> NDArray[np.float64]:
        """(n,) how well each clip shows the example; nan where its frames cannot be read."""
        table = clips.table
        spans = zip(table.video_ids.tolist(), table.starts_s, table.ends_s, strict=True)
        return np.array(
            [
                self._matches[video_id].coverage(start_s, end_s)
                if video_id in self._matches
                else np.nan
                for video_id, start_s, end_s in spans
            ],
            np.float64,
        )


def _blend(clip_score: _Score, coverage: _Score) -> _Score:
    return (1 - FRAME_SHARE) * clip_score + FRAME_SHARE * coverage
