"""Procedural footage without meaning: textures, strokes, rooms and blobs under a slow camera.

Cartoons alone do not prepare an encoder for filmed video. This footage has the statistics of
natural images (1/f noise, dead leaves, edges in perspective, ink on paper), so that training can
also ask which two views show the same video beyond cartoons (Baradad et al., "Learning to See by
Looking at Noise", NeurIPS 2021).
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

Image = NDArray[np.uint8]
CANVAS_PX = 224
Stroke = tuple[NDArray[np.int32], tuple[int, int, int], int]
"""Points, colour, width in pixels."""
_SHIFT = 4


@dataclass(frozen=True)
class Sprite:
    """A blob that moves over the frame."""

    outline: NDArray[np.float32]
    """(n, 2) points around the origin, in pixels of the frame."""
    colour: tuple[int, int, int]
    start: NDArray[np.float64]
    """(2,) position at time zero, as fractions of the frame."""
    velocity: NDArray[np.float64]
    """(2,) fractions of the frame per second; the sprite turns back at the borders."""


@dataclass(frozen=True)
class Footage:
    """One stretch of procedural video; `frames` draws it at any times."""

    canvas: Image
    """(CANVAS_PX, CANVAS_PX, 3) RGB, the scene in front of the camera."""
    strokes: tuple[Stroke, ...]
    """Lines that are drawn one after another over the whole duration."""
    sprites: tuple[Sprite, ...]
    pan: NDArray[np.float64]
    """(2,) camera movement in canvas pixels per second."""
    zoom_per_s: float
    """Factor on the size of the picture per second, around 1."""
    duration_s: float

    def frames(self, times_s: NDArray[np.float64], *, size_px: int = 128) -> Image:
        """(n,) seconds -> (n, size_px, size_px, 3) uint8 RGB."""
        return np.stack([self._frame(float(t), size_px) for t in times_s])

    def _frame(self, time_s: float, size_px: int) -> Image:
        canvas = self.canvas
        if self.strokes:
            canvas = canvas.copy()
            drawn = time_s / self.duration_s * len(self.strokes)
            for i, (points, colour, width) in enumerate(self.strokes):
                share = min(1.0, drawn - i)
                if share <= 0:
                    break
                count = max(2, int(len(points) * share))
                cv2.polylines(canvas, [points[:count]], False, colour, width, cv2.LINE_AA)
        since = time_s - self.duration_s / 2
        scale = size_px / 160 * self.zoom_per_s**since
        centre = CANVAS_PX / 2 + self.pan * since
        shift = size_px / 2 - scale * centre
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        size = (size_px, size_px)
        frame = cv2.warpAffine(canvas, matrix, size, borderMode=cv2.BORDER_REFLECT)
        for sprite in self.sprites:
            at = np.abs((sprite.start + sprite.velocity * time_s + 1) % 2 - 1) * size_px
            points = ((sprite.outline * (size_px / 128) + at) * 2**_SHIFT).astype(np.int32)
            cv2.fillPoly(frame, [points], sprite.colour, cv2.LINE_AA, _SHIFT)
        return np.asarray(frame, dtype=np.uint8)


def random_footage(rng: np.random.Generator) -> Footage:
    """One stretch of footage of 3 to 12 seconds."""
    makers: list[Callable[[np.random.Generator], Image]] = [_leaves, _noise, _room, _paper, _dark]
    kind = int(rng.choice(len(makers), p=[0.3, 0.15, 0.25, 0.2, 0.1]))
    canvas = _fade_colours(makers[kind](rng), float(rng.beta(0.7, 1.0)))
    duration_s = float(rng.uniform(3, 12))
    strokes = _random_strokes(rng, canvas) if kind == 3 or rng.random() < 0.1 else ()
    n_sprites = int(rng.choice([0, 1, 2, 4], p=[0.3, 0.3, 0.25, 0.15]))
    still = rng.random() < 0.55
    return Footage(
        canvas=canvas,
        strokes=strokes,
        sprites=tuple(_random_sprite(rng) for _ in range(n_sprites)),
        pan=np.zeros(2) if still else rng.normal(0, 4, 2),
        zoom_per_s=1.0 if still else float(np.exp(rng.normal(0, 0.02))),
        duration_s=duration_s,
    )


def _palette(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """(n, 3) RGB colours around a common tint, as in most filmed scenes."""
    tint = rng.uniform(20, 235, 3)
    spread = rng.choice([15, 40, 80])
    return np.clip(tint + rng.normal(0, spread, (n, 3)) + rng.normal(0, 30, (n, 1)), 0, 255)


def _blob(rng: np.random.Generator, radius: float) -> NDArray[np.float32]:
    n = int(rng.integers(3, 14))
    angle = np.sort(rng.uniform(0, 2 * np.pi, n)) if n < 7 else np.linspace(0, 2 * np.pi, n)
    reach = radius * rng.uniform(0.6, 1.2, n)
    squeeze = rng.uniform(0.35, 1.0)
    turn = rng.uniform(0, np.pi)
    points = np.stack([reach * np.cos(angle), squeeze * reach * np.sin(angle)], axis=1)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(points @ rotation, dtype=np.float32)


def _leaves(rng: np.random.Generator) -> Image:
    """Dead leaves: overlapping shapes with power-law sizes (Lee et al., IJCV 2001)."""
    n = int(rng.integers(30, 160))
    colours = _palette(rng, n)
    canvas = np.full((CANVAS_PX, CANVAS_PX, 3), colours[0], np.uint8)
    sizes = 4.0 * rng.pareto(1.2, n) + 4.0
    for radius, colour in zip(np.sort(np.minimum(sizes, 110))[::-1], colours, strict=True):
        points = _blob(rng, radius) + rng.uniform(0, CANVAS_PX, 2)
        cv2.fillPoly(canvas, [points.astype(np.int32)], colour.tolist(), cv2.LINE_AA)
    return _grain(rng, canvas)


def _noise(rng: np.random.Generator) -> Image:
    """Coloured noise with the 1/f^a spectrum of natural images, a between 1 and 2.2."""
    f = np.fft.fftfreq(CANVAS_PX)
    radius = np.hypot(f[:, None], f[None]) + 1.0 / CANVAS_PX
    white = np.fft.fft2(rng.normal(size=(3, CANVAS_PX, CANVAS_PX)))
    planes = np.real(np.fft.ifft2(white / radius ** rng.uniform(1.0, 2.2)))
    planes /= planes.std(axis=(1, 2), keepdims=True)
    mixed = np.tensordot(rng.normal(0, 0.6, (3, 3)) + np.eye(3) * 0.5, planes, axes=1)
    picture = mixed.transpose(1, 2, 0) * rng.uniform(25, 60) + rng.uniform(50, 200, 3)
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def _room(rng: np.random.Generator) -> Image:
    """Wall, floor and shelves: large quadrilaterals with rows of edges."""
    canvas = np.zeros((CANVAS_PX, CANVAS_PX, 3), np.float32)
    top, bottom = _palette(rng, 2)
    mix = np.linspace(0, 1, CANVAS_PX)[:, None, None]
    canvas[:] = top * (1 - mix) + bottom * mix
    floor = rng.uniform(0.4, 0.9) * CANVAS_PX
    canvas[int(floor) :] = canvas[int(floor) :] * 0.5 + _palette(rng, 1)[0] * 0.5
    for colour in _palette(rng, int(rng.integers(3, 14))):
        x, y = rng.uniform(-20, CANVAS_PX, 2)
        width, height = rng.uniform(12, 120, 2)
        skew = rng.normal(0, 0.15, 8).reshape(4, 2) * min(width, height)
        right, low = x + width, y + height
        corners = np.array([[x, y], [right, y], [right, low], [x, low]]) + skew
        cv2.fillPoly(canvas, [corners.astype(np.int32)], colour.tolist(), cv2.LINE_AA)
        rows = int(rng.integers(0, 8))
        for i in range(rows):
            share = (i + 1) / (rows + 1)
            ends = corners[:2] + (corners[[3, 2]] - corners[:2]) * share
            ends = ends.astype(np.int32)
            cv2.line(canvas, ends[0].tolist(), ends[1].tolist(), (colour * 0.6).tolist(), 1)
    return _grain(rng, np.asarray(np.clip(canvas, 0, 255), dtype=np.uint8))


def _paper(rng: np.random.Generator) -> Image:
    tone = rng.uniform(215, 255) if rng.random() < 0.7 else rng.uniform(10, 240)
    colour = np.clip(tone + rng.normal(0, 5, 3), 0, 255)
    canvas = np.full((CANVAS_PX, CANVAS_PX, 3), colour, np.uint8)
    for points, ink, width in _random_strokes(rng, canvas, most=5):
        cv2.polylines(canvas, [points], False, ink, width, cv2.LINE_AA)
    return canvas


def _dark(rng: np.random.Generator) -> Image:
    """A plain colour with a vignette and a few spots, as under a microscope or at night."""
    y, x = np.mgrid[-1 : 1 : CANVAS_PX * 1j, -1 : 1 : CANVAS_PX * 1j]
    glow = np.clip(1 - rng.uniform(0.2, 0.9) * (x**2 + y**2), 0, 1)[..., None]
    canvas = np.asarray(np.clip(glow * _palette(rng, 1)[0], 0, 255), dtype=np.uint8)
    for colour in _palette(rng, int(rng.integers(1, 9))):
        points = _blob(rng, rng.uniform(3, 40)) + rng.uniform(20, CANVAS_PX - 20, 2)
        cv2.fillPoly(canvas, [points.astype(np.int32)], colour.tolist(), cv2.LINE_AA)
    return _grain(rng, canvas)


def _fade_colours(canvas: Image, saturation: float) -> Image:
    """The canvas with less colour: 0 gives grey, 1 leaves it unchanged."""
    grey = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    return np.asarray(grey + (canvas - grey) * saturation, dtype=np.uint8)


def _grain(rng: np.random.Generator, canvas: Image) -> Image:
    if rng.random() < 0.3:
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.6, 2.5)), np.uint8)
    texture = rng.normal(0, rng.uniform(0, 12), (CANVAS_PX, CANVAS_PX, 1))
    return np.asarray(np.clip(canvas + texture, 0, 255), dtype=np.uint8)


def _random_strokes(
    rng: np.random.Generator, canvas: Image, *, most: int = 14
) -> tuple[Stroke, ...]:
    """Smooth lines over the middle of the canvas, in colours that contrast with it."""
    dark = canvas.mean() > 128
    strokes = []
    for _ in range(int(rng.integers(1, most))):
        tone = rng.uniform(0, 90) if dark else rng.uniform(165, 255)
        ink = np.clip(tone + rng.normal(0, 25, 3), 0, 255)
        knots = rng.uniform(0.2, 0.8, 2) + np.cumsum(rng.normal(0, 0.14, (6, 2)), axis=0)
        t = np.linspace(0, 5, 60)
        line = np.stack([np.interp(t, np.arange(6), knots[:, i]) for i in range(2)], axis=1)
        smooth = uniform_filter1d(line, 11, axis=0, mode="nearest")
        colour = (int(ink[0]), int(ink[1]), int(ink[2]))
        points = np.clip(smooth * CANVAS_PX, -40, CANVAS_PX + 40).astype(np.int32)
        strokes.append((points, colour, int(rng.integers(1, 4))))
    return tuple(strokes)


def _random_sprite(rng: np.random.Generator) -> Sprite:
    colour = _palette(rng, 1)[0].astype(int)
    return Sprite(
        outline=_blob(rng, rng.uniform(4, 24)),
        colour=(int(colour[0]), int(colour[1]), int(colour[2])),
        start=rng.uniform(0.1, 0.9, 2),
        velocity=rng.normal(0, 0.08, 2),
    )
