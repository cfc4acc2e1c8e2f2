"""Which parts of a picture may hold text: many thin strokes side by side, and new there.

Text is the densest thing in most pictures: along a row of pixels it gets darker and lighter again
every few pixels. Contours and drawn lines do so once in a while, and blurred text not at all.
Measured on 27 real clips (docs/screen_text.md), this leaves some 2 % of the picture to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from embeddings.words.screen.settings import (
    BAND_OVERLAP_PX,
    BAND_PX,
    CELL_PX,
    CHANGED_LEVELS,
    CHANGED_SHARE,
    DENSER_BY,
    LEVELS,
    MARGIN_PX,
    STROKE_DENSITY,
    STROKE_LEVELS,
    UPRIGHT,
)

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Densities = NDArray[np.float32]
Kind = TypeVar("Kind", bound=np.generic)

_STEP_PX = 8
_WINDOW = (4, 1)
_LEAST_STEPS = 6
"""One step of text, widened by two to each side, and one more."""


@dataclass(frozen=True)
class Region:
    """A rectangle that may hold text."""

    left: int
    """In pixels of the frame, as all four."""
    top: int
    right: int
    """Not included."""
    bottom: int
    """Not included."""
    level: int
    """How often the picture may be halved so that its text is 8 to 24 px high."""

    density: float = 0.0
    """The highest in it."""

    @property
    def work_px(self) -> int:
        """Pixels that the detector sees."""
        return ((self.right - self.left) * (self.bottom - self.top)) >> (2 * self.level)

    def overlaps(self, other: Region) -> bool:
        """Whether both share a pixel."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def joined(self, other: Region) -> Region:
        """The smallest rectangle around both, at the level of the smaller text.

        Large text is a little dense at finer levels too: there the denser one counts.
        """
        fine, coarse = sorted((self, other), key=lambda region: region.level)
        is_one_text = coarse.density > DENSER_BY * fine.density and coarse.covers(fine)
        return Region(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
            coarse.level if is_one_text else fine.level,
            max(self.density, other.density),
        )

    def covers(self, other: Region) -> bool:
        """Whether most of another region lies in this one."""
        if not self.overlaps(other):
            return False
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return 2 * wide * high > (other.right - other.left) * (other.bottom - other.top)

    def grown(self, x_px: int, y_px: int, size: tuple[int, int]) -> Region:
        """The region with a wider margin, inside a frame of (width, height)."""
        left, top = max(0, self.left - x_px), max(0, self.top - y_px)
        right, bottom = min(size[0], self.right + x_px), min(size[1], self.bottom + y_px)
        return replace(self, left=left, top=top, right=right, bottom=bottom)

    def cells(self, mask: NDArray[Kind]) -> NDArray[Kind]:
        """View of the cells of a grid that the region touches."""
        return mask[
            self.top // CELL_PX : -(-self.bottom // CELL_PX),
            self.left // CELL_PX : -(-self.right // CELL_PX),
        ]


def changed_cells(before: Grey, now: Grey) -> Mask:
    """(rows, columns) which cells of two pictures of one size differ."""
    _, differs = cv2.threshold(cv2.absdiff(before, now), CHANGED_LEVELS, 255, cv2.THRESH_BINARY)
    return _means(differs, CELL_PX) > np.float32(255 * CHANGED_SHARE)


def stroke_densities(*pictures: Grey) -> list[Densities]:
    """How dense with strokes each step of a picture is, of its half, quarter and eighth.

    Of several pictures of one size: with the strokes that are in all of them at the same place.
    """
    densities = []
    for _ in range(LEVELS):
        if min(pictures[0].shape) < 2 * _STEP_PX:
            break
        densities.append(_densities(pictures))
        pictures = tuple(map(_half, pictures))
    return densities


def text_regions(
    densities: Sequence[Densities],
    is_new: Mask,
    size: tuple[int, int],
    least: float = STROKE_DENSITY,
) -> list[Region]:
    """Rectangles that may hold text, where cells are new; none of them overlap.

    Args:
        densities: Of each level, see `stroke_densities`.
        is_new: (rows, columns) of cells.
        size: Width and height of the picture.
        least: Density from which steps count.
    """
    regions: list[Region] = []
    for level, dense in enumerate(densities):
        fresh = cv2.resize(is_new.astype(np.uint8), dense.shape[::-1]) > 0
        regions += _around(dense * fresh, least, level, size)
    return join_overlapping(regions)


def bands_of(region: Region) -> list[Region]:
    """A large region as bands that overlap by more than a line, so that each is a small step."""
    high, overlap = BAND_PX << region.level, BAND_OVERLAP_PX << region.level
    if region.bottom - region.top <= high:
        return [region]
    tops = range(region.top, region.bottom - overlap, high - overlap)
    return [replace(region, top=top, bottom=min(region.bottom, top + high)) for top in tops]


def join_overlapping(regions: list[Region]) -> list[Region]:
    """The same area in rectangles of which no two overlap."""
    apart: list[Region] = []
    for region in regions:
        while touched := [other for other in apart if region.overlaps(other)]:
            for other in touched:
                apart.remove(other)
                region = region.joined(other)
        apart.append(region)
    return apart


def _half(grey: Grey) -> Grey:
    size = (grey.shape[1] // 2, grey.shape[0] // 2)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _densities(pictures: Sequence[Grey]) -> Densities:
    """The rarest of the four sides of strokes around each step: left, right, upper and lower.

    Lower and upper sides are fewer in text, and missing in grids and railings.
    """
    across = _sides([cv2.Sobel(grey, cv2.CV_16S, 1, 0, ksize=1) for grey in pictures])
    down = _sides([cv2.Sobel(grey, cv2.CV_16S, 0, 1, ksize=1) for grey in pictures])
    rarest: Densities = np.minimum(across, np.float32(UPRIGHT) * down)
    return rarest


def _sides(slopes: Sequence[Any]) -> Densities:
    """Share of the pixels around each step where it gets lighter, or darker, whichever is less."""
    shares = []
    for least, most in ((STROKE_LEVELS + 1, 255), (-255, -STROKE_LEVELS - 1)):
        sides = (cv2.inRange(slope, (least,), (most,)) for slope in slopes)
        shares.append(cv2.blur(_means(reduce(cv2.bitwise_and, sides), _STEP_PX), _WINDOW))
    fewer: Densities = np.minimum(*shares) * np.float32(1 / 255)
    return fewer


def _means(mask: Any, side_px: int) -> NDArray[np.float32]:
    """Mean of a mask over squares; those at the right and lower border are filled up."""
    height, width = mask.shape
    padded = cv2.copyMakeBorder(
        mask, 0, -height % side_px, 0, -width % side_px, cv2.BORDER_REPLICATE
    )
    size = (padded.shape[1] // side_px, padded.shape[0] // side_px)
    means: Densities = cv2.resize(padded, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return means


def _around(dense: Densities, least: float, level: int, size: tuple[int, int]) -> list[Region]:
    """Rectangles around steps that hang together along a row, with a margin."""
    joined = cv2.dilate((dense > least).astype(np.uint8), np.ones((1, 5), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    step, margin = _STEP_PX << level, MARGIN_PX << level
    regions = []
    for left, top, wide, high, area in stats[1:count].tolist():
        if area >= _LEAST_STEPS:
            density = float(dense[top : top + high, left : left + wide].max())
            right, bottom = (left + wide) * step, (top + high) * step
            region = Region(left * step, top * step, right, bottom, level, density)
            regions.append(region.grown(margin, margin, size))
    return regions
