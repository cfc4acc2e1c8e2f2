"""What a line of text says: PP-OCRv6 by connectionist temporal classification.

The network gives each of some hundred columns of a line the probability of every character and of
none (Graves et al., ICML 2006); the likeliest character of each column, once where it stays, is
the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import add
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.video.types import Pixels
from embeddings.words.screen.networks.detection import Box
from embeddings.words.screen.settings import (
    HEIGHT_PX,
    LEAST_WIDTH_PX,
    LEVEL_DEG,
    LINES_PER_CALL,
    MOST_WIDTH_PX,
    SPACE,
)


@dataclass(frozen=True)
class Text:
    """What was read in a box."""

    text: str
    """Without spaces at its ends; empty where nothing was read."""
    confidence: float
    """Mean probability of its characters: 0 to 1."""


class Recogniser:
    """Reads lines of text; may be called from several threads."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._input = network.get_inputs()[0].name
        characters = network.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *characters, " "]

    def __call__(self, lines: Sequence[Pixels]) -> list[Text]:
        """What each of the cut-out lines says, (h, w, 3) uint8 RGB, in their order."""
        widths = [_scaled_width(line) for line in lines]
        order = sorted(range(len(lines)), key=widths.__getitem__)
        texts = [Text("", 0.0)] * len(lines)
        for first in range(0, len(order), LINES_PER_CALL):
            group = order[first : first + LINES_PER_CALL]
            width = max(LEAST_WIDTH_PX, *(widths[i] for i in group))
            batch = np.stack([_scaled(lines[i], widths[i], width) for i in group])
            (columns,) = self._network.run(None, {self._input: batch})
            for i, row in zip(group, columns, strict=True):
                texts[i] = self._decoded(row)
        return texts

    def _decoded(self, columns: NDArray[np.float32]) -> Text:
        """Text of (columns, characters) probabilities."""
        best = columns.argmax(axis=1)
        is_new = best != 0
        is_new[1:] &= best[1:] != best[:-1]
        places = np.flatnonzero(is_new).tolist()
        letters = [self._characters[best[place]] for place in places]
        between = [
            " " if columns[place:following, -1].max() >= SPACE and " " not in pair else ""
            for (place, following), pair in zip(pairwise(places), pairwise(letters), strict=True)
        ]
        text = "".join(map(add, letters, [*between, ""])).strip()
        return Text(text, float(columns.max(axis=1)[is_new].mean()) if text else 0.0)


def cut_out(pixels: Pixels, box: Box) -> Pixels:
    """The line in a box of (h, w, 3) pixels, level."""
    width, height = max(1, round(box.width)), max(1, round(box.height))
    left, top = round(box.x - box.width / 2), round(box.y - box.height / 2)
    if abs(box.tilt_deg) >= LEVEL_DEG:
        turn = cv2.getRotationMatrix2D((box.x, box.y), box.tilt_deg, 1.0)
        turn[0, 2] += box.width / 2 - box.x
        turn[1, 2] += box.height / 2 - box.y
        turned: Pixels = cv2.warpAffine(
            pixels, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.uint8)
        return turned
    high, wide = pixels.shape[:2]
    top, left = min(max(0, top), high - 1), min(max(0, left), wide - 1)
    return pixels[top : max(top + 1, top + height), left : max(left + 1, left + width)]


def _scaled_width(line: Pixels) -> int:
    height, width = line.shape[:2]
    scaled: int = -(-width * HEIGHT_PX // height)
    return min(MOST_WIDTH_PX, max(1, scaled))


def _scaled(line: Pixels, width: int, padded: int) -> NDArray[np.float32]:
    """A line as the network takes it: (3, HEIGHT_PX, padded) BGR from -1 to 1."""
    planes = np.zeros((3, HEIGHT_PX, padded), np.float32)
    scaled = cv2.resize(line, (width, HEIGHT_PX))[:, :, ::-1].transpose(2, 0, 1)
    planes[:, :, :width] = scaled.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1)
    return planes
