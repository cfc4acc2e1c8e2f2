"""The places of the toon world: backdrops that differ from seed to seed.

Colours are soft, so that the actors in front (saturated, with a white border) stay legible.
"""

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from data.toons.shapes import ASPECT, Points, Rgb, box, ellipse, polygon, sector

_SHIFT = 4
_WALLS: list[Rgb] = [(198, 176, 160), (178, 186, 198), (210, 198, 176), (186, 170, 182)]
_JARS: list[Rgb] = [(206, 196, 214), (200, 216, 206), (222, 206, 190), (196, 204, 216)]
Xy = tuple[float, float]


class Backdrop:
    """A canvas with the world's units mapped onto it, whatever its size in pixels."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self.pixels: NDArray[np.uint8] = np.zeros((height_px, width_px, 3), np.uint8)
        self._scale = np.array([width_px / ASPECT, height_px], np.float64)

    def sky(self, stops: list[tuple[float, Rgb]]) -> None:
        """Fill everything with a vertical gradient through (y, colour) stops."""
        height_px = self.pixels.shape[0]
        y = (np.arange(height_px) + 0.5) / height_px
        at = [stop for stop, _ in stops]
        columns = [np.interp(y, at, [rgb[c] for _, rgb in stops]) for c in range(3)]
        self.pixels[:] = np.round(np.stack(columns, 1)).astype(np.uint8)[:, None, :]

    def fill(self, colour: Rgb, points: Points) -> None:
        """Fill a polygon given in world units."""
        fixed = np.round(points * self._scale * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(self.pixels, [fixed], colour, cv2.LINE_AA, _SHIFT)

    def oval(self, colour: Rgb, x: float, y: float, rx: float, ry: float) -> None:
        """Fill an ellipse."""
        self.fill(colour, ellipse(x, y, rx, ry))

    def rect(self, colour: Rgb, low: Xy, high: Xy) -> None:
        """Fill a rectangle between two corners."""
        self.fill(colour, box(*low, *high))

    def hills(self, colour: Rgb, y: float, height: float, rng: np.random.Generator) -> None:
        """Fill everything below a gently rolling line around `y`."""
        x = np.linspace(0, ASPECT, 40)
        phase, waves = rng.uniform(0, 6.28, 2), rng.uniform(1.5, 4.5, 2)
        slow, fast = waves[0] * x + phase[0], 2 * waves[1] * x + phase[1]
        line = y + height * (0.6 * np.sin(slow) + 0.4 * np.sin(fast))
        closed = np.concatenate([np.stack([x, line], 1), [[ASPECT, 1.05], [0, 1.05]]])
        self.fill(colour, closed.astype(np.float32))

    def clouds(self, rng: np.random.Generator, n: int, colour: Rgb = (255, 255, 255)) -> None:
        """Put `n` clouds into the upper third."""
        for _ in range(n):
            x, y, s = rng.uniform(0, ASPECT), rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.1)
            for dx, dy, r in ((-1.1, 0.15, 0.6), (0, -0.15, 0.9), (1.0, 0.1, 0.7)):
                self.oval(colour, x + dx * s, y + dy * s, 1.1 * r * s, 0.8 * r * s)
            self.oval(colour, x, y + 0.4 * s, 1.9 * s, 0.45 * s)


def _shade(rgb: Rgb, factor: float) -> Rgb:
    red, green, blue = (min(255, int(c * factor)) for c in rgb)
    return red, green, blue


def _beach(b: Backdrop, rng: np.random.Generator) -> None:
    sea = rng.uniform(0.4, 0.5)
    shore = sea + rng.uniform(0.14, 0.2)
    b.sky([(0, (150, 210, 246)), (sea, (224, 242, 252))])
    b.oval((255, 244, 196), rng.uniform(0.15, 1.6), rng.uniform(0.1, 0.22), 0.08, 0.08)
    b.clouds(rng, int(rng.integers(1, 4)))
    b.rect((92, 176, 212), (0, sea), (ASPECT, 1))
    for _ in range(9):
        x, y = rng.uniform(0, ASPECT), rng.uniform(sea + 0.02, shore)
        b.oval((160, 214, 234), x, y, rng.uniform(0.05, 0.12), 0.006)
    b.hills((250, 250, 244), shore, 0.02, np.random.default_rng(int(rng.integers(1 << 30))))
    b.hills((244, 222, 168), shore + 0.03, 0.02, rng)
    for _ in range(14):
        x, y = rng.uniform(0, ASPECT), rng.uniform(shore + 0.12, 0.98)
        b.oval((226, 198, 140), x, y, 0.014, 0.006)
    _palm(b, float(rng.choice([0.12, 1.64])) + rng.uniform(-0.05, 0.05), shore + 0.16)


def _palm(b: Backdrop, x: float, y: float) -> None:
    b.fill((166, 130, 92), polygon(x - 0.025, y, x + 0.025, y, x + 0.03, y - 0.42, x, y - 0.42))
    for turn in (-160, -120, -60, -20, 15, 165):
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        leaf = ellipse(x + 0.015 + 0.1 * c, y - 0.42 + 0.07 * s, 0.12, 0.03, turn * 0.7)
        b.fill((112, 172, 104), leaf)


def _street(b: Backdrop, rng: np.random.Generator) -> None:
    b.sky([(0, (196, 216, 232)), (0.6, (240, 240, 236))])
    b.clouds(rng, int(rng.integers(0, 3)))
    x = -rng.uniform(0, 0.15)
    while x < ASPECT:
        width, top = rng.uniform(0.2, 0.34), rng.uniform(0.1, 0.36)
        wall = _WALLS[int(rng.integers(len(_WALLS)))]
        b.rect(wall, (x, top), (x + width - 0.01, 0.74))
        b.rect(_shade(wall, 0.85), (x, top), (x + width - 0.01, top + 0.025))
        lit = rng.random((12, 12))
        for i, wx in enumerate(np.arange(x + 0.03, x + width - 0.06, 0.07)):
            for j, wy in enumerate(np.arange(top + 0.06, 0.64, 0.1)):
                pane = (250, 240, 200) if lit[i, j] < 0.25 else (150, 166, 184)
                b.rect(pane, (float(wx), float(wy)), (float(wx) + 0.04, float(wy) + 0.06))
        x += width
    b.rect((206, 204, 200), (0, 0.72), (ASPECT, 0.79))
    b.rect((132, 134, 140), (0, 0.79), (ASPECT, 1))
    for dash in np.arange(-rng.uniform(0, 0.25), ASPECT, 0.25):
        b.rect((236, 232, 216), (float(dash), 0.885), (float(dash) + 0.13, 0.905))


def _forest(b: Backdrop, rng: np.random.Generator) -> None:
    b.sky([(0, (186, 214, 196)), (0.7, (214, 228, 200))])
    for layer, tone in enumerate(((150, 190, 164), (116, 164, 132), (84, 134, 104))):
        y = (0.62, 0.72, 0.84)[layer]
        b.hills(_shade(tone, 0.96), y - 0.03, 0.02, rng)
        for x in np.arange(-0.05, ASPECT + 0.1, 0.16 + 0.03 * layer):
            _fir(b, float(x) + rng.uniform(-0.05, 0.05), y + 0.02, rng.uniform(0.32, 0.5), tone)
    b.hills((126, 128, 92), 0.87, 0.015, rng)
    for _ in range(12):
        x, y = rng.uniform(0, ASPECT), rng.uniform(0.9, 0.98)
        b.oval((104, 146, 96), x, y, 0.03, 0.015)


def _fir(b: Backdrop, x: float, y: float, height: float, tone: Rgb) -> None:
    b.rect((128, 108, 92), (x - 0.012, y - 0.08), (x + 0.012, y))
    for step in range(3):
        top, base = y - height + step * height * 0.22, y - height * (0.5 - 0.2 * step)
        half = height * (0.14 + 0.05 * step)
        b.fill(_shade(tone, 1 - 0.04 * step), polygon(x, top, x + half, base, x - half, base))


def _desert(b: Backdrop, rng: np.random.Generator) -> None:
    b.sky([(0, (250, 206, 150)), (0.6, (254, 236, 204))])
    b.oval((255, 250, 226), rng.uniform(0.2, 1.55), rng.uniform(0.12, 0.26), 0.11, 0.11)
    x = rng.uniform(0.1, 1.1)
    for dx, w, h in ((0, 0.3, 0.2), (0.36, 0.18, 0.13)):
        top = 0.58 - h
        mesa = polygon(x + dx, 0.62, x + dx + 0.04, top, x + dx + w, top, x + dx + w + 0.05, 0.62)
        b.fill((206, 140, 106), mesa)
    b.hills((236, 188, 124), 0.6, 0.05, rng)
    b.hills((226, 172, 108), 0.72, 0.05, rng)
    b.hills((216, 158, 96), 0.86, 0.03, rng)
    for _ in range(int(rng.integers(2, 5))):
        x, y = rng.uniform(0.05, ASPECT - 0.05), rng.uniform(0.64, 0.8)
        _saguaro(b, x, y, rng.uniform(0.1, 0.18))


def _saguaro(b: Backdrop, x: float, y: float, h: float) -> None:
    tone = (140, 152, 104)
    b.rect(tone, (x - 0.1 * h, y - h), (x + 0.1 * h, y))
    b.oval(tone, x, y - h, 0.1 * h, 0.1 * h)
    for side, up in ((-1, 0.45), (1, 0.6)):
        arm = x + side * 0.32 * h
        b.rect(tone, (min(x, arm), y - up * h), (max(x, arm), y - (up - 0.14) * h))
        b.rect(tone, (arm - 0.07 * h, y - (up + 0.3) * h), (arm + 0.07 * h, y - (up - 0.14) * h))


def _snow(b: Backdrop, rng: np.random.Generator) -> None:
    b.sky([(0, (168, 194, 222)), (0.6, (222, 232, 244))])
    for _ in range(3):
        x, top, half = rng.uniform(0, ASPECT), rng.uniform(0.16, 0.34), rng.uniform(0.3, 0.5)
        b.fill((158, 176, 204), polygon(x, top, x + half, 0.75, x - half, 0.75))
        across = x + half * np.array([0, 0.3, 0.1, 0, -0.14, -0.3])
        down = top + np.array([0, 0.2, 0.14, 0.2, 0.13, 0.2])
        b.fill((244, 248, 252), np.stack([across, down], 1).astype(np.float32))
    b.hills((220, 230, 242), 0.66, 0.04, rng)
    for _ in range(int(rng.integers(2, 6))):
        x, y = rng.uniform(0, ASPECT), rng.uniform(0.68, 0.8)
        _fir(b, x, y, 0.24, (150, 178, 184))
        b.fill((246, 250, 252), polygon(x, y - 0.24, x + 0.035, y - 0.16, x - 0.035, y - 0.16))
    b.hills((240, 245, 250), 0.8, 0.03, rng)
    for x, y in rng.uniform((0, 0), (ASPECT, 1), (60, 2)):
        b.oval((255, 255, 255), float(x), float(y), 0.008, 0.008)


def _space(b: Backdrop, rng: np.random.Generator) -> None:
    b.sky([(0, (26, 24, 62)), (0.6, (52, 40, 96)), (1, (74, 52, 116))])
    for x, y, s in rng.uniform((0, 0, 0.002), (ASPECT, 1, 0.007), (90, 3)):
        b.oval((244, 240, 220), float(x), float(y), float(s), float(s))
    for _ in range(2):
        x, y, r = rng.uniform(0.1, 1.7), rng.uniform(0.08, 0.9), rng.uniform(0.06, 0.14)
        tone = [(126, 112, 170), (96, 128, 164), (150, 118, 150)][int(rng.integers(3))]
        b.oval(tone, x, y, r, r)
        b.oval(_shade(tone, 0.85), x + 0.3 * r, y + 0.2 * r, 0.28 * r, 0.24 * r)
        b.oval(_shade(tone, 0.85), x - 0.4 * r, y - 0.3 * r, 0.2 * r, 0.16 * r)
    if rng.random() < 0.6:
        b.oval((190, 176, 200), x, y, 1.8 * r, 0.2 * r)
        b.fill(tone, sector(x, y, r, r, 180, 360))
    b.hills((104, 98, 132), 0.93, 0.02, rng)
    for _ in range(6):
        b.oval((86, 80, 112), rng.uniform(0, ASPECT), rng.uniform(0.95, 1), 0.06, 0.014)


def _underwater(b: Backdrop, rng: np.random.Generator) -> None:
    b.sky([(0, (128, 206, 216)), (0.5, (64, 150, 182)), (1, (36, 104, 150))])
    for _ in range(4):
        x, w = rng.uniform(0, ASPECT), rng.uniform(0.05, 0.12)
        under = b.pixels.copy()
        b.fill((156, 220, 226), polygon(x, 0, x + w, 0, x + w - 0.25, 0.6, x - 0.35, 0.6))
        cv2.addWeighted(b.pixels, 0.3, under, 0.7, 0, b.pixels)
    b.hills((70, 132, 150), 0.82, 0.05, rng)
    for _ in range(int(rng.integers(5, 9))):
        _weed(b, rng.uniform(0, ASPECT), rng.uniform(0.14, 0.34), rng)
    b.hills((206, 196, 156), 0.91, 0.02, rng)
    for _ in range(16):
        r = rng.uniform(0.008, 0.022)
        x, y = rng.uniform(0, ASPECT), rng.uniform(0.05, 0.85)
        b.oval((196, 234, 240), x, y, r, r)
        b.oval((100, 176, 200), x, y, 0.7 * r, 0.7 * r)


def _weed(b: Backdrop, x: float, height: float, rng: np.random.Generator) -> None:
    y = np.linspace(0.95, 0.95 - height, 14)
    sway = 0.025 * np.sin(np.linspace(0, 7, 14) + rng.uniform(0, 6))
    half = np.linspace(0.022, 0.004, 14)
    left, right = np.stack([x + sway - half, y], 1), np.stack([x + sway + half, y], 1)
    b.fill((58, 138, 116), np.concatenate([left, right[::-1]]).astype(np.float32))


def _meadow(b: Backdrop, rng: np.random.Generator) -> None:
    b.sky([(0, (160, 214, 250)), (0.55, (232, 246, 252))])
    b.clouds(rng, int(rng.integers(2, 5)))
    b.hills((176, 214, 150), 0.56, 0.06, rng)
    b.hills((156, 204, 124), 0.66, 0.05, rng)
    b.hills((136, 192, 104), 0.78, 0.03, rng)
    for x, y in rng.uniform((0, 0.8), (ASPECT, 0.99), (26, 2)):
        b.fill((108, 168, 84), polygon(x, y - 0.03, x + 0.012, y, x - 0.012, y))
    petals: list[Rgb] = [(255, 250, 240), (250, 224, 160), (240, 190, 210)]
    for x, y in rng.uniform((0, 0.76), (ASPECT, 0.98), (22, 2)):
        b.oval(petals[int(rng.integers(3))], float(x), float(y), 0.012, 0.012)


def _kitchen(b: Backdrop, rng: np.random.Generator) -> None:
    wall: Rgb = [(246, 230, 206), (226, 232, 220), (242, 222, 214)][int(rng.integers(3))]
    b.rect(wall, (0, 0), (ASPECT, 1))
    for x in np.arange(0, ASPECT, 0.111):
        for y in (0.42, 0.52, 0.62):
            b.rect(_shade(wall, 0.93), (float(x) + 0.004, y + 0.004), (float(x) + 0.107, y + 0.096))
    shift = rng.uniform(0, 1.1)
    b.rect((250, 250, 246), (shift + 0.06, 0.04), (shift + 0.5, 0.36))
    b.rect((186, 218, 238), (shift + 0.08, 0.06), (shift + 0.48, 0.34))
    b.rect((250, 250, 246), (shift + 0.27, 0.06), (shift + 0.29, 0.34))
    b.rect((250, 250, 246), (shift + 0.08, 0.19), (shift + 0.48, 0.21))
    shelf = shift + 0.62 if shift < 0.5 else shift - 0.52
    b.rect((176, 142, 108), (shelf, 0.25), (shelf + 0.46, 0.275))
    for i in range(4):
        tone = _JARS[(i + int(rng.integers(4))) % 4]
        tall = rng.uniform(0.07, 0.13)
        b.rect(tone, (shelf + 0.03 + 0.11 * i, 0.25 - tall), (shelf + 0.1 + 0.11 * i, 0.25))
    b.rect((208, 198, 188), (0, 0.72), (ASPECT, 0.77))
    cupboard: Rgb = (190, 160, 130)
    b.rect(cupboard, (0, 0.77), (ASPECT, 1))
    for x in np.arange(-rng.uniform(0, 0.3), ASPECT, 0.34):
        b.rect(_shade(cupboard, 0.88), (float(x) + 0.02, 0.81), (float(x) + 0.32, 0.97))
        b.oval((236, 232, 226), float(x) + 0.28, 0.88, 0.012, 0.012)


def _stage(b: Backdrop, rng: np.random.Generator) -> None:
    hue: Rgb = [(150, 96, 104), (138, 92, 128), (120, 100, 140)][int(rng.integers(3))]
    b.sky([(0, (92, 78, 90)), (0.75, (134, 116, 122))])
    x = rng.uniform(0.6, 1.18)
    b.fill((174, 156, 148), polygon(x - 0.06, 0, x + 0.06, 0, x + 0.45, 0.8, x - 0.45, 0.8))
    b.rect((190, 152, 112), (0, 0.76), (ASPECT, 1))
    for plank in np.arange(-0.9, ASPECT + 0.9, 0.2):
        far = ASPECT / 2 + (float(plank) - ASPECT / 2) * 0.7
        near = float(plank)
        b.fill((164, 126, 90), polygon(far, 0.76, far + 0.008, 0.76, near + 0.012, 1, near, 1))
    b.oval((222, 194, 156), x, 0.88, 0.45, 0.08)
    w = rng.uniform(0.16, 0.24) / 4
    for i in range(4):
        tone = _shade(hue, (1.0, 0.84)[i % 2])
        for left in (i * w, ASPECT - (i + 1) * w):
            b.rect(tone, (left, 0), (left + w + 0.002, 0.86))
    for i in range(13):
        at = i * ASPECT / 12
        b.fill(_shade(hue, (0.92, 1.06)[i % 2]), sector(at, 0.06, 0.085, 0.09, 0, 180))
    b.rect(hue, (0, 0), (ASPECT, 0.07))


_PAINTERS: dict[str, Callable[[Backdrop, np.random.Generator], None]] = {
    "beach": _beach,
    "street": _street,
    "forest": _forest,
    "desert": _desert,
    "snow": _snow,
    "space": _space,
    "underwater": _underwater,
    "meadow": _meadow,
    "kitchen": _kitchen,
    "stage": _stage,
}
PLACES: tuple[str, ...] = tuple(_PAINTERS)


def draw_place(place: str, seed: int, *, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """Return the backdrop (h, w, 3) uint8 RGB of a place as this seed lays it out."""
    backdrop = Backdrop(width_px, height_px)
    _PAINTERS[place](backdrop, np.random.default_rng([seed, 7]))
    return backdrop.pixels
