"""Pictures of nothing: soft noise in natural colours, and shapes on it.

What an encoder finds in them it finds by accident. They are drawn by the same rule everywhere, so
nothing has to be kept for any encoder.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from data.video.types import FrameSpec, Pixels

PICTURES = 48
"""As many as some encoders see without loading their model."""


def pictures_of_nothing(spec: FrameSpec) -> Pixels:
    """(48, height, width, 3) uint8 RGB, the same ones for each size."""
    rng = np.random.default_rng(5)
    size = (spec.height_px, spec.width_px)
    pictures = [_noise(rng, size) for _ in range(PICTURES)]
    shaped = [_with_shapes(rng, picture) for picture in pictures[::2]]
    return np.stack([*shaped, *pictures[1::2]])


def _noise(rng: np.random.Generator, size: tuple[int, int]) -> Pixels:
    """Noise whose strength falls with its frequency, as in photographs (Field, 1987)."""
    down = np.fft.fftfreq(size[0])[:, None]
    along = np.fft.rfftfreq(size[1])[None]
    frequency = np.hypot(down, along)
    frequency[0, 0] = 1.0
    slope = rng.uniform(0.8, 1.6)

    def waves() -> NDArray[np.float64]:
        phases = rng.normal(size=frequency.shape) + 1j * rng.normal(size=frequency.shape)
        return np.fft.irfft2(phases / frequency**slope, s=size)

    grey, channels = waves(), []
    for _ in range(3):
        mixed = grey * rng.uniform(0.5, 1.5) + waves() * rng.uniform(0, 0.8)
        mixed = (mixed - mixed.mean()) / mixed.std()
        channels.append(mixed * rng.uniform(20, 60) + rng.uniform(60, 190))
    return np.asarray(np.clip(np.stack(channels, axis=-1), 0, 255), np.uint8)


def _with_shapes(rng: np.random.Generator, picture: Pixels) -> Pixels:
    """Discs and boxes of one colour, out of focus."""
    canvas = np.ascontiguousarray(picture)
    height, width = canvas.shape[:2]
    unit = min(height, width)
    for _ in range(int(rng.integers(2, 8))):
        colour = tuple(rng.integers(0, 256, 3).tolist())
        x, y = int(rng.integers(width)), int(rng.integers(height))
        if rng.random() < 0.5:
            cv2.circle(canvas, (x, y), max(1, int(unit * rng.uniform(0.04, 0.35))), colour, -1)
        else:
            wide, high = (unit * rng.uniform(0.08, 0.6, 2)).astype(int).tolist()
            cv2.rectangle(canvas, (x, y), (x + wide, y + high), colour, -1)
    blurred = cv2.GaussianBlur(canvas, (0, 0), unit / 250 * rng.uniform(0.5, 4))
    return np.asarray(blurred, np.uint8)
