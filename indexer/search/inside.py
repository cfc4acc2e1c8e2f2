"""One video in the light of a query: how well it matches second by second.

A height says how far a second stands out in the library: 0 is what a clip of the library usually
scores, 1 the best that any of the library's sample, or of the video itself, scores. A video that
has nothing to do with the query is flat; it is never stretched to look as if it had.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.arrays import Floats
from indexer.search.result import Hit
from indexer.search.searched import inner_products
from indexer.search.words.found import FoundWords
from indexer.store.vectors import VideoVectors

FRAME_SHARE = 0.5
"""Weight of a second's own frames beside the clips that it lies in."""
LEAST_LEAD = 0.02
"""Scores this near to the usual one say nothing: the line stays flat."""
MOST_SECONDS = 4000
"""Points of the line at most: in longer videos each stands for several seconds."""


@dataclass(frozen=True)
class InsideVideo:
    """What a query finds in one video."""

    step_s: float
    """Seconds that one height stands for."""
    heights: Floats
    """(n,) 0 to 1, one for each step from the start on; empty where the picture is not asked."""
    hits: Sequence[Hit] = ()
    """The moments, the best first."""
    lines: Sequence[FoundWords] = field(default=())
    """Lines that hold words of the query or mean the same, the best first."""


def heights_of(
    queries: Floats, video: VideoVectors, sample: Floats, *, length_s: float
) -> tuple[float, Floats]:
    """Give how well each second matches.

    Args:
        queries: (q, d) unit rows; a second scores as high as the nearest of them.
        video: Its stored vectors.
        sample: (s, d) clips of the whole library.
        length_s: Length of the video.

    Returns:
        Seconds of one step, and (n,) heights from 0 to 1.
    """
    step_s = max(1.0, length_s / MOST_SECONDS)
    starts_s = np.arange(0.0, max(length_s, step_s), step_s)
    of_clips = _best(queries, video.clips.astype(np.float32))
    of_frames = _best(queries, video.frames.astype(np.float32))
    clips = _highest_between(starts_s, step_s, video.clip_spans, of_clips)
    times_s = video.frame_times_s
    borders_s = np.r_[0.0, (times_s[1:] + times_s[:-1]) / 2, max(length_s, times_s[-1])]
    frames = _highest_between(
        starts_s, step_s, np.column_stack([borders_s[:-1], borders_s[1:]]), of_frames
    )
    scores = (1 - FRAME_SHARE) * clips + FRAME_SHARE * frames
    usual, best = 0.0, float(np.max(scores, initial=0.0))
    if len(sample):
        by_accident = _best(queries, sample)
        usual, best = float(np.median(by_accident)), max(best, float(by_accident.max()))
    if best - usual < LEAST_LEAD:
        return step_s, np.zeros(len(scores), np.float32)
    return step_s, np.clip((scores - usual) / (best - usual), 0.0, 1.0).astype(np.float32)


def _best(queries: Floats, rows: Floats) -> Floats:
    """(r,) the score of each row with the query nearest to it."""
    if not len(rows):
        return np.zeros(0, np.float32)
    return np.asarray(inner_products(queries, rows).max(axis=0), np.float32)


def _highest_between(
    starts_s: NDArray[np.float64], step_s: float, spans: NDArray[np.float64], scores: Floats
) -> Floats:
    """(n,) for each step the highest score of what overlaps it; of the nearest where nothing does.

    Args:
        starts_s: (n,) when each step begins.
        step_s: Length of a step.
        spans: (m, 2) intervals, m >= 1.
        scores: (m,) theirs.
    """
    highest = np.full(len(starts_s), -np.inf, np.float32)
    first = np.clip((spans[:, 0] // step_s).astype(int), 0, len(starts_s) - 1)
    last = np.clip(np.ceil(spans[:, 1] / step_s).astype(int) - 1, first, len(starts_s) - 1)
    for begin, end, score in zip(first.tolist(), last.tolist(), scores.tolist(), strict=True):
        highest[begin : end + 1] = np.maximum(highest[begin : end + 1], score)
    known = np.flatnonzero(np.isfinite(highest))
    nearest = known[np.abs(known[None] - np.arange(len(highest))[:, None]).argmin(axis=1)]
    return highest[nearest] if len(known) < len(highest) else highest
