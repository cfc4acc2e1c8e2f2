"""Lines burnt into pictures, as players and editors do it."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data.video.types import Pixels


@lru_cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which the wheel of Matplotlib carries."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / "DejaVuSans.ttf"), size_px)


def burnt(
    pixels: Pixels, text: str, *, at: tuple[int, int] = (20, 100), size_px: int = 20
) -> Pixels:
    """The picture with a white line of text, edged in black."""
    picture = Image.fromarray(pixels)
    drawing = ImageDraw.Draw(picture)
    drawing.text(at, text, font=font(size_px), fill="white", stroke_width=1, stroke_fill="black")
    return np.array(picture)


def scene(number: int = 0, *, width: int = 320, height: int = 180) -> Pixels:
    """A soft picture without strokes; each number gives another one."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin((x * a + y * b) / 60 + number * (k + 1)) for k, (a, b) in enumerate(_WAVES)]
    picture: Pixels = (110 + 60 * np.stack(waves, axis=2)).astype(np.uint8)
    return picture


def texture(number: int = 0, *, width: int = 640, height: int = 360) -> Pixels:
    """A picture full of fine strokes, like leaves; each number gives another one."""
    rough = np.random.default_rng(number).normal(0, 1, (height, width)).astype(np.float32)
    soft = cv2.GaussianBlur(rough, (0, 0), 1.2)
    grey = np.clip(110 + 60 * soft / soft.std(), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


_WAVES = ((1.0, 0.4), (0.3, 1.0), (0.8, -0.7))
