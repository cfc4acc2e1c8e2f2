"""The stretches of a video that are embedded and indexed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

USUAL_LENGTH_S = 10.0
"""Longest clip of a library that says nothing else; what a temporal head was trained on."""
USUAL_OVERLAP = 0.5


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
    borders_s: Sequence[float],
    *,
    window_s: float = USUAL_LENGTH_S,
    overlap: float = USUAL_OVERLAP,
) -> list[ClipSpan]:
    """Split a video at its borders, and long stretches between them into windows that overlap.

    Windows are spread evenly: they overlap by at least the given part; without any overlap they
    are equally long and adjoin. A window without a frame that its neighbours have not is no clip:
    the clip before it lasts until the next one, so that the number of clips is bounded by what is
    shown, not by how long.

    Args:
        times_s: (n,) ascending times of the sampled frames.
        duration_s: Length of the video; frames after it extend it.
        borders_s: Cuts, or other borders that no clip crosses, in any order; those without a frame
            between them count as one.
        window_s: Longest clip, but for time without a frame of its own.
        overlap: Least part of a window that it shares with the next one, 0 <= overlap < 1.

    Returns:
        Clips in order of start that together cover [0, duration_s), each with at least one frame;
        none only for n = 0.
    """
    if not window_s > 0:
        raise ValueError(f"window_s={window_s}; must be > 0")
    if not 0 <= overlap < 1:
        raise ValueError(f"overlap={overlap}; must be >= 0 and < 1")
    times_s = np.asarray(times_s, dtype=np.float64)
    if not len(times_s):
        return []
    end_s = duration_s
    if not end_s > times_s[-1]:
        end_s = float(times_s[-1]) + _step_s(times_s)
    kept_s = [0.0]
    for border_s in sorted(set(borders_s)):
        between = (times_s >= kept_s[-1]) & (times_s < border_s)
        if between.any() and border_s <= times_s[-1]:
            kept_s.append(float(border_s))
    kept_s.append(float(end_s))
    clips: list[ClipSpan] = []
    for start_s, stop_s in pairwise(kept_s):
        clips.extend(_windows(times_s, start_s, stop_s, window_s, overlap))
    return clips


def _step_s(times_s: NDArray[np.float64]) -> float:
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.04


def _windows(
    times_s: NDArray[np.float64], start_s: float, end_s: float, window_s: float, overlap: float
) -> list[ClipSpan]:
    """Clips of one stretch, which together cover it."""
    windows = [_window(times_s, start_s, end_s)]
    length_s = end_s - start_s
    if length_s > window_s + 1e-9:
        most_s = window_s * (1 - overlap)
        count = max(1, int(np.ceil((length_s - window_s) / most_s - 1e-9))) + 1
        if not overlap:
            window_s = length_s / count
        step_s = (length_s - window_s) / (count - 1)
        inside_s = times_s[windows[0].first : windows[0].last] - start_s
        places = _near(inside_s, step_s, window_s, count)
        starts_s = start_s + places * step_s
        # Windows that adjoin share their borders to the last bit: no frame falls between them.
        stops_s = (start_s + (places + 1) * step_s if not overlap else starts_s + window_s).tolist()
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
        inside_s: (n,) times of the frames from the start of the stretch.
        step_s: From window to window.
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
