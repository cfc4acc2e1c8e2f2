"""Where the picture is cut: hard cuts between sampled frames."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.video.types import Pixels

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
        """Times of the cuts, ascending; see `between`."""
        steps = np.array([0.0, *self._steps, 0.0])
        cuts = []
        for at, move in enumerate(self._moves):
            beside = max(steps[at], steps[at + 2])
            stands_out = steps[at + 1] >= STANDS_OUT * beside
            if move >= COLOUR_LEVELS and stands_out:
                cuts.append(at + 1)
        return between(np.array(self._times), cuts)


def between(times_s: NDArray[np.float64], places: Sequence[int]) -> list[float]:
    """Where the picture changes: in the middle between a frame and the one before it.

    After a picture that stood still and was not sampled for long, just before the next frame.

    Args:
        times_s: (n,) ascending times of the frames.
        places: Numbers of the frames after the changes, each above 0.
    """
    usual_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    gaps_s = [float(times_s[at] - times_s[at - 1]) for at in places]
    return [
        float(times_s[at]) - (gap_s if gap_s <= USUAL_STEPS * usual_s else usual_s) / 2
        for at, gap_s in zip(places, gaps_s, strict=True)
    ]


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
