"""Stretches that are covered in what is written of a video: black or blurred, and silent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from data.video.types import Pixels

BLUR_CELLS = 12
"""Cells of a blurred picture, side by side: shapes cannot be told any more."""


@dataclass(frozen=True)
class Cover:
    """A stretch that is not shown as it is."""

    start_s: float
    """Start."""
    end_s: float
    """End, not included."""
    how: Literal["black", "blurred"]
    """What is seen in its place; nothing is heard."""


def covers_from(told: Iterable[dict[str, Any]]) -> tuple[Cover, ...]:
    """Covers out of JSON, as `dataclasses.asdict` gave them."""
    return tuple(Cover(float(e["start_s"]), float(e["end_s"]), e["how"]) for e in told)


def cover_picture(pixels: Pixels, start_s: float, end_s: float, covers: Sequence[Cover]) -> Pixels:
    """A picture (h, w, 3), shown from start to end, as it may be seen: as it is without a cover."""
    ways = {each.how for each in covers if start_s < each.end_s and end_s > each.start_s}
    if "black" in ways:
        return np.zeros_like(pixels)
    return blurred(pixels) if ways else pixels


def silence(
    samples: NDArray[np.float32], first: int, rate_hz: int, covers: Sequence[Cover]
) -> None:
    """Take the sound of covers out of samples (2, n); `first` is the number of the first one."""
    for cover in covers:
        begin = int(np.floor(cover.start_s * rate_hz)) - first
        end = int(np.ceil(cover.end_s * rate_hz)) - first
        samples[:, max(begin, 0) : max(end, 0)] = 0.0


def blurred(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w, 3) without what could be told from it: means of some cells, and smooth between."""
    height, width = pixels.shape[:2]
    rows = max(1, round(BLUR_CELLS * height / width))
    small = cv2.resize(pixels, (BLUR_CELLS, rows), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.uint8)
