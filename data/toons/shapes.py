"""Cartoon shapes as polygons in a unit box, and the drawing of each kind, read from `kinds.json`.

A drawing lies around the origin, x to the right and y downwards, about one unit high; it looks to
the right. A part's tone is either a shade of the actor's colour (`body`, `dark`, `light`), a
contrast to it (`line`), or a neutral that never changes (`glass`, `cream`, ...), so that the colour
named in a caption is the colour of most pixels.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Rgb = tuple[int, int, int]

ASPECT = 16 / 9
"""Width of the world in units; its height is 1, y downwards."""

INK: Rgb = (38, 36, 44)
HALO: Rgb = (252, 252, 250)
NEUTRALS: dict[str, Rgb] = {
    "ink": INK,
    "white": (252, 252, 250),
    "glass": (198, 226, 236),
    "cream": (255, 238, 190),
    "skin": (232, 210, 178),
    "steel": (176, 182, 190),
    "grey": (110, 114, 122),
    "bark": (118, 98, 84),
    "leaf": (104, 136, 100),
}

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

_GROUPS: dict[str, dict[str, list[list[Any]]]] = json.loads(
    Path(__file__).with_name("kinds.json").read_text(encoding="utf-8")
)
VEHICLES, ANIMALS = frozenset(_GROUPS["vehicles"]), frozenset(_GROUPS["animals"])
_PARTS = {kind: rows for group in _GROUPS.values() for kind, rows in group.items()}
KINDS: tuple[str, ...] = tuple(_PARTS)

_SHIFT = 4  # fractional bits of OpenCV's fixed-point coordinates: 1/16 pixel
_RASTER_PX = 200  # pixels per unit when a silhouette is traced; finer gave no visible gain
_INK_UNITS = 0.022
_HALO_UNITS = 0.052


@dataclass(frozen=True)
class DrawingPart:
    """One filled polygon of a drawing."""

    tone: str
    """`body`, `dark`, `light`, `line` or a key of `NEUTRALS`."""
    points: Points
    """(n, 2) float32 in unit-box coordinates."""


@dataclass(frozen=True)
class Drawing:
    """Everything needed to paint one kind: its polygons, and where each begins in `points`."""

    points: Points
    """(n, 2) float32, the polygons of all layers one after the other."""
    layers: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    """Tone and the [first, last) ranges of its polygons, back to front; several ranges of one
    layer are filled even-odd, which keeps holes open."""
    half_width: float
    """Half of the width over all, in units."""
    half_height: float
    """Half of the height over all, in units."""


def ellipse(cx: float, cy: float, rx: float, ry: float = 0.0, turn_deg: float = 0.0) -> Points:
    """Return an ellipse (a circle without `ry`), turned clockwise."""
    ring = _ring(cx, cy, rx, ry or rx, 0.0, 360.0)
    return _turned(ring, turn_deg) if turn_deg else ring


def sector(cx: float, cy: float, rx: float, ry: float, first_deg: float, last_deg: float) -> Points:
    """Return the part of an ellipse cut off by a chord; degrees clockwise from the right."""
    return _ring(cx, cy, rx, ry, first_deg, last_deg)


def arc(cx: float, cy: float, r: float, width: float, first_deg: float, last_deg: float) -> Points:
    """Return a thick arc of radius `r`."""
    outer = _ring(cx, cy, r + width / 2, r + width / 2, first_deg, last_deg)
    inner = _ring(cx, cy, r - width / 2, r - width / 2, first_deg, last_deg)
    return np.concatenate([outer, inner[::-1]])


def box(x0: float, y0: float, x1: float, y1: float, r: float = 0.0) -> Points:
    """Return a rectangle with corners rounded by `r`."""
    if r <= 0:
        return polygon(x0, y0, x1, y0, x1, y1, x0, y1)
    centres = ((x1 - r, y1 - r), (x0 + r, y1 - r), (x0 + r, y0 + r), (x1 - r, y0 + r))
    quarters = [_ring(*c, r, r, 90.0 * i, 90.0 * i + 90) for i, c in enumerate(centres)]
    return np.concatenate(quarters)


def polygon(*xy: float) -> Points:
    """Return a polygon from x, y, x, y, ..."""
    return np.array(xy, np.float32).reshape(-1, 2)


def curve(*xy: float) -> Points:
    """Return a smooth closed curve through x, y, x, y, ... (Catmull-Rom)."""
    p = polygon(*xy).astype(np.float64)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    steps = np.linspace(0, 1, 6, endpoint=False)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, p, after, beyond))
    points = b + 0.5 * steps * (
        c - a + steps * (2 * a - 5 * b + 4 * c - d + steps * (3 * (b - c) + d - a))
    )
    return points.reshape(-1, 2).astype(np.float32)


def bar(x0: float, y0: float, x1: float, y1: float, width: float) -> Points:
    """Return a thick line with round ends."""
    angle = float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
    r = width / 2
    far = _ring(x1, y1, r, r, angle - 90, angle + 90)
    near = _ring(x0, y0, r, r, angle + 90, angle + 270)
    return np.concatenate([far, near])


def star(cx: float, cy: float, outer: float, inner: float, n: int) -> Points:
    """Return a star with `n` points, one of them up."""
    angles = np.arange(2 * n) * np.pi / n - np.pi / 2
    radius = np.where(np.arange(2 * n) % 2 == 0, outer, inner)
    xy = np.stack([cx + radius * np.cos(angles), cy + radius * np.sin(angles)], 1)
    return xy.astype(np.float32)


_SHAPES: dict[str, Callable[..., Points]] = {
    shape.__name__: shape for shape in (ellipse, sector, arc, box, polygon, curve, bar, star)
}


def read_parts(rows: Iterable[Sequence[Any]]) -> list[DrawingPart]:
    """Return the parts of a drawing as `kinds.json` lists them, back to front.

    Args:
        rows: `[shape, tone, *arguments of the shape's function]`, `["eye", x, y, r]`, or
            `["mirrored", *rows]` for the rows and their mirror images.
    """
    parts: list[DrawingPart] = []
    for name, *values in rows:
        if name == "mirrored":
            once = read_parts(values)
            flip = np.array([-1, 1], np.float32)
            parts += [*once, *(DrawingPart(part.tone, part.points * flip) for part in once)]
        elif name == "eye":
            parts += _eye(*values)
        else:
            parts.append(DrawingPart(values[0], _SHAPES[name](*values[1:])))
    return parts


def _eye(x: float, y: float, r: float) -> list[DrawingPart]:
    """Return a white eye with a pupil that looks slightly ahead."""
    return [
        DrawingPart("ink", ellipse(x, y, r * 1.25)),
        DrawingPart("white", ellipse(x, y, r)),
        DrawingPart("ink", ellipse(x + 0.2 * r, y + 0.1 * r, r * 0.58)),
        DrawingPart("white", ellipse(x + 0.4 * r, y - 0.2 * r, r * 0.2)),
    ]


def _assemble(parts: Iterable[DrawingPart]) -> Drawing:
    """Return the drawing made of `parts`, back to front, inside an ink line and a white border.

    The border makes every colour legible over every place, as on a sticker.
    """
    shapes = list(parts)
    everything = np.concatenate([p.points for p in shapes])
    low, high = everything.min(0), everything.max(0)
    centre = (low + high) / 2
    shapes = [DrawingPart(p.tone, p.points - centre) for p in shapes]
    mask, margin = _silhouette(shapes)
    layers: list[tuple[str, list[Points]]] = [
        ("halo", _outline(mask, _HALO_UNITS, margin)),
        ("ink", _outline(mask, _INK_UNITS, margin)),
        *((p.tone, [p.points]) for p in shapes),
    ]
    half = (high - low) / 2
    return _pack(layers, float(half[0]), float(half[1]))


@cache
def drawing(kind: str) -> Drawing:
    """Return the polygons of a kind, built on first use."""
    return _assemble(read_parts(_PARTS[kind]))


def _pack(layers: list[tuple[str, list[Points]]], half_width: float, half_height: float) -> Drawing:
    packed: list[tuple[str, tuple[tuple[int, int], ...]]] = []
    at = 0
    for tone, polygons in layers:
        ranges = []
        for polygon in polygons:
            ranges.append((at, at + len(polygon)))
            at += len(polygon)
        packed.append((tone, tuple(ranges)))
    points = np.concatenate([polygon for _, polygons in layers for polygon in polygons])
    return Drawing(points.astype(np.float32), tuple(packed), half_width, half_height)


def _ring(cx: float, cy: float, rx: float, ry: float, first_deg: float, last_deg: float) -> Points:
    sweep = abs(last_deg - first_deg)
    n = max(6, int(sweep / 360 * (16 + 40 * max(rx, ry))))
    angles = np.radians(np.linspace(first_deg, last_deg, n, endpoint=sweep < 360))
    xy = np.stack([cx + rx * np.cos(angles), cy + ry * np.sin(angles)], 1)
    return xy.astype(np.float32)


def _turned(points: Points, turn_deg: float) -> Points:
    """Return the points turned clockwise about their middle."""
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    middle = (points.min(0) + points.max(0)) / 2
    around = (points - middle) @ np.array([[c, s], [-s, c]]) + middle
    return np.asarray(around, np.float32)


def _silhouette(shapes: list[DrawingPart]) -> tuple[NDArray[np.uint8], int]:
    reach = max(float(np.abs(p.points).max()) for p in shapes) + 2 * _HALO_UNITS
    margin = int(np.ceil(reach * _RASTER_PX))
    mask = np.zeros((2 * margin, 2 * margin), np.uint8)
    for part in shapes:
        cv2.fillPoly(mask, [np.round(part.points * _RASTER_PX + margin).astype(np.int32)], 255)
    return mask, margin


def _outline(mask: NDArray[np.uint8], grow_units: float, margin: int) -> list[Points]:
    size = 2 * round(grow_units * _RASTER_PX) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    contours, _ = cv2.findContours(
        cv2.dilate(mask, kernel), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
    )
    simple = (cv2.approxPolyDP(contour, 0.6, True) for contour in contours)
    return [
        ((c.reshape(-1, 2) - margin) / _RASTER_PX).astype(np.float32) for c in simple if len(c) > 2
    ]


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
