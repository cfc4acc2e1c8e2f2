"""The lines in a part of a picture, each as a whole, whatever the part cuts off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from data.video.types import Pixels
from embeddings.words.screen.counts import Counts
from embeddings.words.screen.networks.detection import Box
from embeddings.words.screen.rows import join_rows
from embeddings.words.screen.settings import HIGHEST_PX, LEVELS, WIDENINGS, WIDEST_GAP
from embeddings.words.screen.shown import region_of
from embeddings.words.screen.strokes import Region, join_overlapping

Detect = Callable[[Pixels], list[Box]]


class Finder:
    """Finds lines; words of a row are at most `WIDEST_GAP` apart.

    So a line is whole only where its region goes on for that much beyond its ends; elsewhere it is
    looked for again, in a wider region around it; and in the half picture where it is too high.

    Args:
        detect: Finds boxes in (h, w, 3) pixels.
        counts: Counts what the detector sees and finds.
    """

    def __init__(self, detect: Detect, counts: Counts) -> None:
        self._detect = detect
        self._counts = counts

    def lines(self, pixels: Pixels, region: Region) -> list[Box]:
        """The lines of which a part is in a region, from top to bottom."""
        size = (pixels.shape[1], pixels.shape[0])
        whole, again = _parted(self._detected(pixels, region), region, size)
        for _ in range(WIDENINGS):
            around = join_overlapping([_widened(box, level, size) for box, level in again])
            parts, again = [box for box, _ in again], []
            for wider in around:
                boxes = [b for b in self._detected(pixels, wider) if _goes_on_from(b, parts)]
                complete, rest = _parted(boxes, wider, size)
                whole += [box for box in complete if not _is_among(box, whole)]
                again += [(box, level) for box, level in rest if not _is_among(box, whole)]
        whole += [b for b, level in again if not (_is_high(b, level) or _is_among(b, whole))]
        self._counts.boxes += len(whole)
        return join_rows(whole)

    def _detected(self, pixels: Pixels, region: Region) -> list[Box]:
        """The rows of boxes in a region, as the detector sees it at the region's level."""
        cut = pixels[region.top : region.bottom, region.left : region.right]
        self._counts.detected_px += region.work_px
        scale = 1 << region.level
        if scale > 1:
            size = (max(1, cut.shape[1] // scale), max(1, cut.shape[0] // scale))
            cut = cv2.resize(cut, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        boxes = (_scaled(box, scale) for box in self._detect(cut))
        return join_rows(box.moved(region.left, region.top) for box in boxes)


def _parted(
    boxes: Sequence[Box], region: Region, size: tuple[int, int]
) -> tuple[list[Box], list[tuple[Box, int]]]:
    """The whole lines in a region, and what to look at again, each at which level.

    That is what may go on beyond the region's border, and what is too high at its level.
    """
    high = [box for box in boxes if _is_high(box, region.level)]
    low = [box for box in boxes if box not in high]
    cut = [box for box in low if _is_cut(box, region, size)]
    again = [(box, region.level + 1) for box in high if region.level + 1 < LEVELS]
    return [box for box in low if box not in cut], again + [(box, region.level) for box in cut]


def _is_high(box: Box, level: int) -> bool:
    return box.height > HIGHEST_PX << level


def _is_cut(box: Box, region: Region, size: tuple[int, int]) -> bool:
    """Whether a line may go on beyond the border of a region of a picture of (width, height)."""
    around = region_of(box)
    beside = WIDEST_GAP * box.height
    return (
        (0 < region.left > around.left - beside)
        or (0 < region.top >= around.top)
        or (size[0] > region.right < around.right + beside)
        or (size[1] > region.bottom <= around.bottom)
    )


def _goes_on_from(box: Box, parts: Sequence[Box]) -> bool:
    """Whether a part of a line is in a box."""
    return any(region_of(box).overlaps(region_of(part)) for part in parts)


def _is_among(box: Box, whole: Sequence[Box]) -> bool:
    return any(region_of(known).covers(region_of(box)) for known in whole)


def _scaled(box: Box, scale: int) -> Box:
    return Box(box.x * scale, box.y * scale, box.width * scale, box.height * scale, box.tilt_deg)


def _widened(box: Box, level: int, size: tuple[int, int]) -> Region:
    """Where the rest of a line may be that a region's border cuts."""
    height = round(box.height)
    return replace(region_of(box), level=level).grown(4 * height, height // 2, size)
