"""The colours of the toon world, and the brush that paints its objects."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data.toons.shapes import HALO, INK, NEUTRALS, Rgb, drawing

COLOURS: dict[str, Rgb] = {
    "red": (222, 38, 44),
    "orange": (248, 136, 16),
    "yellow": (252, 220, 40),
    "green": (44, 160, 62),
    "blue": (36, 92, 220),
    "purple": (132, 56, 184),
    "pink": (250, 140, 192),
    "brown": (124, 76, 40),
    "white": (244, 244, 244),
    "black": (52, 52, 58),
}
_SHIFT = 4  # fractional bits of OpenCV's fixed-point coordinates: 1/16 pixel


@cache
def palette(colour: str) -> dict[str, Rgb]:
    """Return the RGB of every tone for an actor of this colour."""
    body = np.array(COLOURS[colour], np.float64)
    dim = float(body @ (0.3, 0.59, 0.11)) < 70
    shades = {
        "body": body,
        "dark": body * (0.55 if dim else 0.74),
        "light": body + (255 - body) * (0.22 if dim else 0.45),
        "line": np.array((168, 168, 178) if dim else INK, np.float64),
        "halo": np.array(HALO, np.float64),
    }
    shades |= {name: np.array(rgb, np.float64) for name, rgb in NEUTRALS.items()}
    return {name: (int(c[0]), int(c[1]), int(c[2])) for name, c in shades.items()}


def paint(canvas: NDArray[np.uint8], kind: str, colour: str, affine: NDArray[np.float64]) -> None:
    """Paint an object onto `canvas` (h, w, 3) RGB; `affine` (2, 3) maps units to pixels."""
    shape = drawing(kind)
    tones = palette(colour)
    pixels = shape.points @ affine[:, :2].T + affine[:, 2]
    fixed = np.round(pixels * (1 << _SHIFT)).astype(np.int32)
    for tone, ranges in shape.layers:
        polygons = [fixed[first:last] for first, last in ranges]
        cv2.fillPoly(canvas, polygons, tones[tone], cv2.LINE_AA, _SHIFT)
