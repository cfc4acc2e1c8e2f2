"""Small pictures of sampled frames, by which copies of a video are known whatever the encoder.

Each is `SMALL_PX` a side, brightness alone, without bars: black or white margins are part of one
copy and not of another. Bars are looked for shot by shot, since a compilation has several kinds.

The rule: bars lie on two sides, have one level, and end where the picture begins at once along most
of their edges. A logo on one does not end it; a plain sky is none, nor is darkness towards the
edges. What is taken off must be the same in a copy that is cut, marked or spoiled.
"""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from data.video.types import FrameSpec, Pixels

Bytes = NDArray[np.uint8]

SMALL_PX = 16
"""Side of a small picture. With 12, fewer copies were told from other videos of the same place."""
SMALL_SIZE = SMALL_PX * SMALL_PX
"""Bytes of one."""
REDUCED_PX = 64
"""Side of the pictures in which bars are looked for."""
SAME_LEVELS = 6
"""Largest difference within a bar, of 255; compression leaves traces."""
MARKED = 0.25
"""Share of a line of a bar that may be something else, as a logo."""
SHARP = 0.7
"""Share of the line after a bar, or of the next, that is something else."""
USUAL = 0.75
"""Quantile of the shares in the frames of a shot that counts: some may be dark."""
LEAST_CONTENT = 0.25
"""Of each side: where less would be left, nothing is cut off."""
RED, GREEN, BLUE = 0.299, 0.587, 0.114
"""Brightness (ITU-R BT.601)."""


def reduced(pixels: Pixels, spec: FrameSpec) -> Bytes:
    """(n, h, w, 3) frames of a specification -> (n, 64, 64) brightness without its padding."""
    top, bottom, left, right = _content(pixels, spec)
    out = np.empty((len(pixels), REDUCED_PX, REDUCED_PX), np.uint8)
    for at, frame in enumerate(pixels):
        content = np.ascontiguousarray(frame[top:bottom, left:right])
        small = cv2.resize(content, (REDUCED_PX, REDUCED_PX), interpolation=cv2.INTER_AREA)
        out[at] = np.rint(small @ np.array([RED, GREEN, BLUE]))
    return out


def _content(pixels: Pixels, spec: FrameSpec) -> tuple[int, int, int, int]:
    """First and last (not included) row and column that is not padding in all of some frames."""
    height, width = pixels.shape[1:3]
    if spec.fit != "pad" or not len(pixels):
        return 0, height, 0, width
    other = (pixels[:: max(1, len(pixels) // 4)] != np.asarray(spec.fill_rgb, np.uint8)).any(axis=3)
    rows = np.flatnonzero(other.any(axis=(0, 2)))
    columns = np.flatnonzero(other.any(axis=(0, 1)))
    if not len(rows):
        return 0, height, 0, width
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def small_frames(
    bright: Bytes, times_s: NDArray[np.float64], cuts_s: Sequence[float] | NDArray[np.float64]
) -> Bytes:
    """(n, 256) small pictures of one video.

    Args:
        bright: (n, 64, 64) what `reduced` gave.
        times_s: (n,) of the frames, ascending.
        cuts_s: Hard cuts, ascending.
    """
    out = np.empty((len(bright), SMALL_SIZE), np.uint8)
    borders = [0, *np.searchsorted(times_s, cuts_s).tolist(), len(bright)]
    for first, last in pairwise(borders):
        top, bottom, left, right = without_bars(bright[first:last])
        for at in range(first, last):
            content = np.ascontiguousarray(bright[at, top:bottom, left:right])
            small = cv2.resize(content, (SMALL_PX, SMALL_PX), interpolation=cv2.INTER_AREA)
            out[at] = small.reshape(-1)
    return out


def without_bars(shot: Bytes) -> tuple[int, int, int, int]:
    """First and last (not included) row and column between the bars of a shot (n, h, w)."""
    if not len(shot):
        return 0, shot.shape[1], 0, shot.shape[2]
    levels = shot.astype(np.int16)
    top, bottom = _between_bars(levels)
    left, right = _between_bars(levels[:, top:bottom].transpose(0, 2, 1))
    if bottom - top == shot.shape[1]:
        # Within a border, bars at the sides hide that the rows of the picture are no bar.
        top, bottom = _between_bars(levels[:, :, left:right])
    return top, bottom, left, right


def _between_bars(levels: NDArray[np.int16]) -> tuple[int, int]:
    """First and last (not included) line between the bars above and below."""
    height = levels.shape[1]
    (above, level), (below, other_level) = _bar(levels), _bar(levels[:, ::-1])
    if not above or not below or abs(level - other_level) > SAME_LEVELS:
        return 0, height
    left = height - above - below
    return (above, height - below) if left >= LEAST_CONTENT * height else (0, height)


def _bar(levels: NDArray[np.int16]) -> tuple[int, float]:
    """Lines of the bar above, 0 where there is none, and its level. Its last line is partly bar."""
    level = float(np.median(levels[:, 0]))
    other = (np.abs(levels - level) > SAME_LEVELS).mean(axis=2)
    shares = np.quantile(other, USUAL, axis=0)
    edge = int(np.argmax(shares > MARKED))
    return (edge + 1 if edge and shares[edge : edge + 2].max() >= SHARP else 0), level
