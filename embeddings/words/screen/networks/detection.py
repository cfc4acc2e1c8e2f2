"""Where a picture holds lines of text: PP-OCRv6 by differentiable binarisation.

Liao et al., "Real-time scene text detection with differentiable binarization" (AAAI 2020): the
network gives each pixel the probability of lying in the shrunken middle of a line; what is above a
threshold and hangs together is a box, grown back to the line's full height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.video.types import Pixels
from embeddings.words.screen.settings import (
    BOX_SCORE,
    MOST_BOXES,
    STEEPEST_DEG,
    TALLEST,
    THRESHOLD,
    UNCLIP,
)

_MULTIPLE = 32
_LEAST_PX = 3.0


@dataclass(frozen=True)
class Box:
    """A line of text in a picture, in pixels; x to the right, y down."""

    x: float
    """Its centre."""
    y: float
    """Its centre."""
    width: float
    """Along the line."""
    height: float
    """Across the line."""
    tilt_deg: float = 0.0
    """How much the line falls to the right, -45 to 45."""

    def moved(self, x: float, y: float) -> Box:
        """The same box in a picture of which the detector saw a part that begins at (x, y)."""
        return Box(self.x + x, self.y + y, self.width, self.height, self.tilt_deg)


class Detector:
    """Finds lines of text; may be called from several threads."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._input = network.get_inputs()[0].name

    def __call__(self, pixels: Pixels) -> list[Box]:
        """The lines of text in (h, w, 3) uint8 RGB, the widest first."""
        probabilities = self.probabilities(pixels)
        bitmap = cv2.dilate((probabilities > THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(bitmap, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        contours = sorted(contours, key=lambda c: -cv2.boundingRect(c)[2])[:MOST_BOXES]
        boxes = (_box_of(contour, probabilities) for contour in contours)
        return [box for box in boxes if box is not None]

    def probabilities(self, pixels: Pixels) -> NDArray[np.float32]:
        """(h, w) probability of each pixel of lying in the middle of a line of text."""
        height, width = pixels.shape[:2]
        below, beside = -height % _MULTIPLE, -width % _MULTIPLE
        padded = cv2.copyMakeBorder(pixels, 0, below, 0, beside, cv2.BORDER_REPLICATE)
        planes = padded[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        planes *= np.float32(1 / 127.5)
        planes -= np.float32(1)
        (out,) = self._network.run(None, {self._input: planes})
        probabilities: NDArray[np.float32] = out[0, 0, :height, :width]
        return probabilities


def _box_of(contour: Any, probabilities: NDArray[np.float32]) -> Box | None:
    """The line whose shrunken middle is in a contour; None where it is none, or not upright."""
    (x, y), (width, height), tilt = cv2.minAreaRect(contour)
    if min(width, height) < _LEAST_PX or _score(contour, probabilities) < BOX_SCORE:
        return None
    quarters = round(tilt / 90)  # the library may call either side the width
    if quarters % 2:
        width, height = height, width
    tilt -= 90 * quarters
    if abs(tilt) > STEEPEST_DEG:
        return None
    grow = width * height * UNCLIP / (2 * (width + height))
    box = Box(x, y, width + 2 * grow, height + 2 * grow, tilt)
    return box if box.height < TALLEST * box.width else None


def _score(contour: Any, probabilities: NDArray[np.float32]) -> float:
    """Mean probability inside the smallest rectangle around a contour."""
    x, y, width, height = cv2.boundingRect(contour)
    corners = cv2.boxPoints(cv2.minAreaRect(contour)) - (x, y)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], (1,))
    return float(cv2.mean(probabilities[y : y + height, x : x + width], mask)[0])
