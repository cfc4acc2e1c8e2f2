"""Lines while they are on the screen: seen again, moved, typed on, gone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

import cv2
import numpy as np
from numpy.typing import NDArray

from embeddings.words.screen.networks.detection import Box
from embeddings.words.screen.running import has_run, overlap
from embeddings.words.screen.settings import (
    LEAST_ALIKE,
    LEVEL_HEIGHT_PX,
    LEVELS,
    LONGER,
    MARGIN_PX,
    RUNNING_LETTERS,
    SAME_STROKES,
    SAME_TEXT,
    STRONG,
)
from embeddings.words.screen.strokes import Grey, Region

_PATCH_HEIGHT_PX = 20


@dataclass
class Shown:
    """One line of text and how long it has been seen."""

    text: str
    """The reading of highest confidence."""
    confidence: float
    """Of that reading."""
    box: Box
    """Where it was last."""
    start_s: float
    """When it was there first."""
    end_s: float
    """When it was last known not to be gone."""
    patch: NDArray[np.float32] = field(repr=False)
    """The slopes of its box when it was read last."""
    reading: str = ""
    """What was read in its box; less than `text` where that runs through the picture."""

    def __post_init__(self) -> None:
        self.reading = self.reading or self.text

    @property
    def region(self) -> Region:
        """The pixels of its box."""
        return region_of(self.box)

    def is_still_in(self, grey: Grey) -> bool:
        """Whether the box holds the line that was read."""
        return agreement(self.patch, slopes(grey, self.box)) >= SAME_STROKES

    def is_same(self, text: str, box: Box) -> bool:
        """Whether another reading is of this line: alike, typed on, or farther to the left."""
        if self._runs_on_in(text, box):
            return len(self.text) < RUNNING_LETTERS
        one, other = letters_of(self.reading), letters_of(text)
        if alike(one, other):
            return True
        starts_alike = abs(_left(box) - _left(self.box)) < box.height and _in_row(box, self.box)
        shorter = min(len(one), len(other))
        return starts_alike and shorter >= 2 and alike(one[:shorter], other[:shorter])

    def around(self, size: tuple[int, int]) -> Region:
        """Where to look for it again in a picture of (width, height), and how often halved."""
        height, level = round(self.box.height), 0
        while height >> level > LEVEL_HEIGHT_PX:
            level += 1
        region = replace(self.region, level=min(level, LEVELS - 1))
        return region.grown(height + (MARGIN_PX << level), height // 2, size)

    def read_again(self, text: str, confidence: float, box: Box, grey: Grey) -> None:
        """Take in another reading, in a box of a picture."""
        if self._runs_on_in(text, box):
            shared = overlap(self.text, text)
            self.text = shared.joined if shared else self.text
            self.confidence = min(self.confidence, confidence)
            self.box, self.reading = box, text
        else:
            is_part = self._is_wider(box)
            self.take_better(text, confidence, box)
            if not (is_part and self.region.overlaps(region_of(box))):
                self.box = box
        self.patch = slopes(grey, self.box)

    def take_better(self, text: str, confidence: float, box: Box) -> None:
        """The longer reading of a line that grew, else the surer one; never a part of it."""
        grown = len(letters_of(text)) - len(letters_of(self.text))
        is_surer = confidence > self.confidence and grown >= -1 and not self._is_wider(box)
        if grown > 1 or is_surer:
            self.text, self.confidence = text, confidence
            self.reading = text

    def _runs_on_in(self, text: str, box: Box) -> bool:
        """Whether another reading is of this line, farther to the left."""
        shared = overlap(self.reading, text)
        return shared is not None and has_run(shared, self.box, box)

    def _is_wider(self, box: Box) -> bool:
        """Whether a box holds but a part of the line."""
        return box.width < self.box.width - LONGER * box.height


def slopes(grey: Grey, box: Box) -> NDArray[np.float32]:
    """How the picture gets lighter from left to right in a box, at a fixed height."""
    region = region_of(box)
    cut = grey[max(0, region.top) : region.bottom, max(0, region.left) : region.right]
    if not cut.size:
        return np.zeros((_PATCH_HEIGHT_PX, 1), np.float32)
    width = max(2, round(cut.shape[1] * _PATCH_HEIGHT_PX / cut.shape[0]))
    scaled = cv2.resize(cut, (width, _PATCH_HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return cv2.Sobel(scaled, cv2.CV_32F, 1, 0, ksize=1).astype(np.float32, copy=False)


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation of two slopes, -1 to 1; 0 where one is flat."""
    norm = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(np.vdot(one, other)) / norm if norm and one.shape == other.shape else 0.0


def agreement(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The worst agreement of two slopes in any small square with strokes, -1 to 1.

    Twice the product over the sum of squares: 1 where both are equal, 0 where one has a stroke and
    the other has none.
    """
    if one.shape != other.shape:
        return 0.0
    square = (_PATCH_HEIGHT_PX // 2, _PATCH_HEIGHT_PX // 2)
    both = 2 * cv2.blur(one * other, square)
    power = cv2.blur(one * one + other * other, square)
    counts = power > STRONG * power.max()
    return float((both[counts] / power[counts]).min()) if counts.any() else 0.0


def letters_of(text: str) -> str:
    """What is compared of a text: readers mistake case, spaces and marks first."""
    return "".join(c for c in text.casefold() if c.isalnum())


def alike(one: str, other: str) -> bool:
    """Whether two texts, as `letters_of` gives them, are readings of one line.

    Another number is another line ("Platform 8", "Platform 9"), but for a clock that runs.
    """
    if one == other:
        return True
    most = max(len(one), len(other))
    if min(len(one), len(other)) < SAME_TEXT * most or most < LEAST_ALIKE:
        return False
    digits = _digits(one)
    if digits != _digits(other) and 2 * len(digits) < len(one):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= SAME_TEXT


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def region_of(box: Box) -> Region:
    """The pixels of a box, its tilt included."""
    fall = abs(np.sin(np.radians(box.tilt_deg))) * box.width / 2
    half_h, half_w = box.height / 2 + fall, box.width / 2
    return Region(
        max(0, int(box.x - half_w)),
        max(0, int(box.y - half_h)),
        max(1, int(np.ceil(box.x + half_w))),
        max(1, int(np.ceil(box.y + half_h))),
        0,
    )


def _left(box: Box) -> float:
    return box.x - box.width / 2


def _in_row(one: Box, other: Box) -> bool:
    return abs(one.y - other.y) < min(one.height, other.height) / 2
