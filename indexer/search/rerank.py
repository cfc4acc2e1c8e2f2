"""Examples compared frame by frame: which stretch of a video shows what the example shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexer.search.moments import Moment
from indexer.search.query import Example
from indexer.store.vectors import VideoVectors

FRAME_SHARE = 0.5
"""Weight of the frames beside the clip vector in the score of an example."""

MOST_FRAMES = 64
"""Frames of an example that are compared; longer ones are thinned evenly."""

EDGE_SHARE = 0.5
"""A frame belongs to a moment with this share of the best frame's lead over the background."""

LEAST_LEAD = 0.02
"""Frames that lead by less are all alike: nothing is trimmed."""

Floats = NDArray[np.float32]


class FrameMatch:
    """The frames of an example against the stored frames of one video.

    Args:
        example: What is looked for.
        video: The video's stored vectors.
    """

    def __init__(self, example: Example, video: VideoVectors) -> None:
        step = -(-len(example.frames) // MOST_FRAMES)
        self._times_s = video.frame_times_s
        self._cosines = example.frames[::step] @ video.frames.astype(np.float32).T

    def coverage(self, start_s: float, end_s: float) -> float:
        """How well a stretch shows the example: the mean over its frames of their best match there.

        One-sided (Chamfer) matching: a long stretch is not punished for what the example leaves
        out.
        """
        inside = (self._times_s >= start_s) & (self._times_s < end_s)
        if not inside.any():
            inside[np.argmin(np.abs(self._times_s - start_s))] = True
        return float(self._cosines[:, inside].max(axis=1).mean())

    def trim(self, moment: Moment, usual: float) -> tuple[float, float]:
        """The part of a moment that shows the example, cut half-way between frames.

        The stretch of frames with the largest sum of leads over a bar between the background and
        the best frame (maximum subarray; Kadane 1977). The background is the median over all frames
        of the video.
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
