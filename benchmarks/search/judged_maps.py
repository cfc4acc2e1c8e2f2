"""How good maps are: whether they point at the thing, and what hiding the part that they name does.

Pointing game: Zhang et al. (ECCV 2016). Deletion: after Petsiuk, Das & Saenko (BMVC 2018), of one
square part.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from data.video.types import FrameSpec, Pixels
from embeddings.encoder import Vectors
from embeddings.explain.explainer import Encode, Maps
from embeddings.explain.occlusion import hide
from embeddings.explain.places import Box, picture_box

HIDDEN = 0.1
"""Of a picture's area that is hidden."""


def points_at(maps: Maps, places: NDArray[np.bool_]) -> float:
    """Share of frames whose highest point lies on the thing; `places` is (t, h, w) pixels."""
    fine = _fine(maps, places.shape)
    at = fine.reshape(len(fine), -1).argmax(axis=1)
    return float(places.reshape(len(places), -1)[np.arange(len(at)), at].mean())


def mass_on(maps: Maps, places: NDArray[np.bool_]) -> float:
    """Share of the maps that lies on the thing."""
    fine = np.maximum(_fine(maps, places.shape), 0)
    total = np.maximum(fine.sum(axis=(1, 2)), 1e-9)
    return float(((fine * places).sum(axis=(1, 2)) / total).mean())


def fall(pixels: Pixels, directions: Vectors, maps: Maps, encode: Encode, spec: FrameSpec) -> float:
    """By how much the score falls where the square that a map names is hidden, on average."""
    fine = _fine(maps, pixels.shape[:3])
    hidden = []
    for frame, cells in zip(pixels, fine, strict=True):
        box = picture_box(frame, spec)
        hidden.append(hide(frame, _square(cells, box), box))
    falls = (encode(pixels) - encode(np.stack(hidden))) * directions
    return float(falls.sum(axis=1).mean())


def _square(cells: NDArray[np.float32], box: Box) -> Box:
    """The square within the picture with most of a map."""
    top, left, bottom, right = box
    side = max(1, round((HIDDEN * (bottom - top) * (right - left)) ** 0.5))
    sums = cv2.boxFilter(
        cells[top:bottom, left:right],
        -1,
        (side, side),
        anchor=(0, 0),
        normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )
    inner = sums[: bottom - top - side + 1, : right - left - side + 1]
    down, along = np.unravel_index(int(inner.argmax()), inner.shape)
    row, column = top + int(down), left + int(along)
    return row, column, row + side, column + side


def _fine(maps: Maps, shape: tuple[int, ...]) -> Maps:
    """Maps on the pixels of frames (t, h, w)."""
    return np.stack([cv2.resize(each, (shape[2], shape[1])) for each in maps])
