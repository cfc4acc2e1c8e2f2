"""Shots and clips: where the picture is cut, and the stretches that are embedded and indexed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.video.types import Pixels

MAX_CLIP_S = 10.0
"""Longest clip, but for time without a frame of its own; what a temporal head was trained on."""
BLOCKS_PER_SIDE = 8
"""Frames are compared block by block, with this many blocks a side."""
COMPARED_PX = 64
"""Frames are subsampled to about this many pixels a side before they are compared."""
CHANGED_LEVELS = 20.0
"""A block has changed when one of its mean channels moves by more than this, of 255."""
CHANGED_SHARE = 0.5
"""Share of the blocks that a cut changes at least; people who move change fewer."""
COLOUR_LEVELS = 4.0
"""Least change of the picture's colour distribution at a cut, in levels of 255 (1-D earth mover's
distance, mean of the channels). Motion alone does not change it."""
USUAL_STEPS = 4
"""Samples that are more than this many usual steps apart lie around a picture that stood still."""
STANDS_OUT = 1.6
"""Least ratio of the change at a cut to the changes before and after it: pans and fades change
evenly."""


class CutDetector:
    """Finds hard cuts in frames that were sampled at a low rate.

    There is a cut between two frames where most blocks of the picture change, its colours change,
    and the change stands out from those beside it. A fade over several samples gives at most one.
    """

    def __init__(self) -> None:
        self._times: list[float] = []
        self._blocks: NDArray[np.float32] | None = None
        self._last: Pixels | None = None
        self._moves: list[float] = []
        self._steps: list[float] = []

    def feed(self, pixels: Pixels, times_s: NDArray[np.float64]) -> None:
        """Add the next frames of the video.

        Args:
            pixels: (n, h, w, 3) uint8.
            times_s: (n,) ascending, after those fed before.
        """
        if not len(pixels):
            return
        blocks = _blocks(pixels)
        before = pixels[:1] if self._last is None else self._last
        if self._blocks is not None:
            blocks = np.concatenate([self._blocks, blocks])
        change = np.abs(np.diff(blocks, axis=0)).max(axis=3)
        shares = (change > CHANGED_LEVELS).mean(axis=(1, 2))
        # The first step leads from the last frame of the batch before, where there was one.
        known = len(pixels) - len(shares)
        moves = np.zeros(len(shares))  # stays zero where too few blocks change
        for step in np.flatnonzero(shares >= CHANGED_SHARE):
            at = step + known
            pair = np.concatenate([pixels[at - 1 : at] if at else before, pixels[at : at + 1]])
            moves[step] = np.abs(np.diff(_colours(pair), axis=0)).mean()
        self._steps.extend(change.mean(axis=(1, 2)).tolist())
        self._moves.extend(moves.tolist())
        self._times.extend(np.asarray(times_s, dtype=np.float64).tolist())
        self._blocks, self._last = blocks[-1:], pixels[-1:].copy()

    @property
    def cuts_s(self) -> list[float]:
        """Times of the cuts, ascending: the middle between the two samples around each.

        After a picture that stood still and was not sampled for long, the cut is just before the
        next sample.
        """
        usual_s = float(np.median(np.diff(self._times))) if len(self._times) > 1 else 0.0
        steps = np.array([0.0, *self._steps, 0.0])
        cuts = []
        for at, move in enumerate(self._moves):
            beside = max(steps[at], steps[at + 2])
            stands_out = steps[at + 1] >= STANDS_OUT * beside
            if move >= COLOUR_LEVELS and stands_out:
                before_s, after_s = self._times[at], self._times[at + 1]
                gap_s = after_s - before_s
                cuts.append(after_s - (gap_s if gap_s <= USUAL_STEPS * usual_s else usual_s) / 2)
        return cuts


def _blocks(pixels: Pixels) -> NDArray[np.float32]:
    """(n, g, g, 3) mean colours of blocks; g = `BLOCKS_PER_SIDE`, or a smaller frame's side."""
    small = _thin(pixels)
    n, height, width, _ = small.shape
    rows, columns = min(BLOCKS_PER_SIDE, height), min(BLOCKS_PER_SIDE, width)
    small = small[:, : height // rows * rows, : width // columns * columns]
    high, wide = height // rows, width // columns
    # Sums of whole numbers row by row, three times as fast as a sum over an axis; thinned, a block
    # has at most 16 x 16 pixels, and their sum still fits 16 bits.
    rows_of_pixels = small.reshape(n, rows, high, columns * wide * 3)
    lines = rows_of_pixels[:, :, 0].astype(np.uint16)
    for i in range(1, high):
        np.add(lines, rows_of_pixels[:, :, i], out=lines)
    lines = lines.reshape(n, rows, columns, wide, 3)
    sums = lines[:, :, :, 0].copy()
    for i in range(1, wide):
        np.add(sums, lines[:, :, :, i], out=sums)
    return np.asarray(sums / np.float32(high * wide), dtype=np.float32)


def _colours(pixels: Pixels) -> NDArray[np.float32]:
    """(n, 3, 32) quantiles of each channel; their difference is the earth mover's distance."""
    small = _thin(pixels)
    # Contiguous bytes and a radix sort ("stable"): 24 times as fast as sorting over the axis.
    levels = np.ascontiguousarray(small.reshape(len(small), -1, 3).transpose(0, 2, 1))
    levels.sort(axis=2, kind="stable")
    at = np.linspace(0, levels.shape[2] - 1, 32).round().astype(np.intp)
    return levels[:, :, at].astype(np.float32)


def _thin(pixels: Pixels) -> Pixels:
    return pixels[
        :, :: max(1, pixels.shape[1] // COMPARED_PX), :: max(1, pixels.shape[2] // COMPARED_PX)
    ]


@dataclass(frozen=True)
class ClipSpan:
    """A stretch of a video, and its sampled frames."""

    start_s: float
    """Start, included."""
    end_s: float
    """End, not included."""
    first: int
    """First frame."""
    last: int
    """Frame after the last one; always > first."""


def split_clips(
    times_s: NDArray[np.float64],
    duration_s: float,
    cuts_s: Sequence[float],
    *,
    window_s: float = MAX_CLIP_S,
) -> list[ClipSpan]:
    """Split a video at its cuts, and long shots into windows that overlap by half or more.

    A window without a frame that its neighbours have not is no clip: the clip before it lasts until
    the next one, so that the number of clips is bounded by what is shown, not by how long.

    Args:
        times_s: (n,) ascending times of the sampled frames.
        duration_s: Length of the video; frames after it extend it.
        cuts_s: Cuts in any order; cuts without a frame between them count as one.
        window_s: Longest clip, but for time without a frame of its own.

    Returns:
        Clips in order of start that together cover [0, duration_s), each with at least one frame;
        none only for n = 0.
    """
    if not window_s > 0:
        raise ValueError(f"window_s={window_s}; must be > 0")
    times_s = np.asarray(times_s, dtype=np.float64)
    if not len(times_s):
        return []
    end_s = duration_s
    if not end_s > times_s[-1]:
        end_s = float(times_s[-1]) + _step_s(times_s)
    borders_s = [0.0]
    for cut_s in sorted(set(cuts_s)):
        between = (times_s >= borders_s[-1]) & (times_s < cut_s)
        if between.any() and cut_s <= times_s[-1]:
            borders_s.append(float(cut_s))
    borders_s.append(float(end_s))
    clips: list[ClipSpan] = []
    for start_s, stop_s in pairwise(borders_s):
        clips.extend(_windows(times_s, start_s, stop_s, window_s))
    return clips


def _step_s(times_s: NDArray[np.float64]) -> float:
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.04


def _windows(
    times_s: NDArray[np.float64], start_s: float, end_s: float, window_s: float
) -> list[ClipSpan]:
    """Clips of one shot, which together cover it."""
    windows = [_window(times_s, start_s, end_s)]
    length_s = end_s - start_s
    if length_s > window_s + 1e-9:
        count = max(1, int(np.ceil((length_s - window_s) / (window_s / 2) - 1e-9))) + 1
        step_s = (length_s - window_s) / (count - 1)
        inside_s = times_s[windows[0].first : windows[0].last] - start_s
        starts_s = [start_s + at * step_s for at in _near(inside_s, step_s, window_s, count)]
        stops_s = [begin_s + window_s for begin_s in starts_s]
        stops_s[-1] = max(stops_s[-1], end_s)
        each = map(partial(_window, times_s), starts_s, stops_s)
        windows = _distinct(each) or windows
    borders_s = [start_s, *(window.start_s for window in windows[1:]), end_s]
    return [
        replace(window, start_s=begins_s, end_s=max(window.end_s, next_s))
        for window, (begins_s, next_s) in zip(windows, pairwise(borders_s), strict=True)
    ]


def _distinct(windows: Iterable[ClipSpan]) -> list[ClipSpan]:
    """The windows that have a frame which no neighbour has, at least one of those with a frame."""
    kept: list[ClipSpan] = []
    for window in windows:
        if window.last <= (kept[-1].last if kept else window.first):
            continue
        if kept and kept[-1].first == window.first:
            kept.pop()
        kept.append(window)
    return kept


def _near(
    inside_s: NDArray[np.float64], step_s: float, window_s: float, count: int
) -> NDArray[np.float64]:
    """Numbers of the windows that may hold a frame, ascending; at most a few for each frame.

    Args:
        inside_s: (n,) times of the frames from the start of the shot.
        step_s: From window to window: over a quarter of `window_s` where there are more than two.
        window_s: Length of a window.
        count: Number of windows.
    """
    if count <= 2:
        return np.arange(count, dtype=np.float64)
    latest = np.floor(inside_s / step_s)
    near = latest[:, None] - np.arange(-1, np.ceil(window_s / step_s) + 1)
    return np.unique(np.clip(near, 0, count - 1))


def _window(times_s: NDArray[np.float64], start_s: float, end_s: float) -> ClipSpan:
    first, last = np.searchsorted(times_s, (start_s, end_s))
    return ClipSpan(float(start_s), float(end_s), int(first), int(last))
