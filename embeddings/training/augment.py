"""Distorted views of clips: cropped, re-encoded, with other light and colours, with bars."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Clip = NDArray[np.uint8]


@dataclass(frozen=True)
class Distortion:
    """Strength of a distortion; values are drawn once per clip, the same for all its frames."""

    crop: float
    """Minimum share of width and height that is kept."""
    saturation: tuple[float, float]
    """Range of the factor on saturation; 0 is grey, 1 unchanged."""
    light: float
    """Standard deviation of the logarithm of brightness and contrast."""
    bar: float
    """Probability of a bar across the picture."""
    shrink: float
    """Probability of scaling down, JPEG compression and scaling up again."""


MILD = Distortion(crop=0.88, saturation=(0.85, 1.15), light=0.06, bar=0.0, shrink=0.3)
STRONG = Distortion(crop=0.6, saturation=(0.0, 1.2), light=0.2, bar=0.5, shrink=0.5)


def distort(clip: Clip, rng: np.random.Generator, how: Distortion, *, size_px: int) -> Clip:
    """One view of a clip: (t, h, w, 3) uint8 RGB -> (t, size_px, size_px, 3) uint8 RGB."""
    height, width = clip.shape[1:3]
    keep = rng.uniform(how.crop, 1.0, 2)
    top, left = rng.uniform(0, 1 - keep) * (height, width)
    bottom, right = top + keep[0] * height, left + keep[1] * width
    inner = clip[:, int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))]
    side_px = size_px
    if rng.random() < how.shrink:
        side_px = int(size_px * rng.uniform(0.5, 1.0))
    quality = int(rng.uniform(25, 95))
    frames = [_degrade(frame, side_px, quality, size_px) for frame in inner]
    out = _recolour(np.stack(frames).astype(np.float32), rng, how)
    if rng.random() < how.bar:
        _draw_bar(out, rng)
    return np.asarray(np.clip(out, 0, 255), dtype=np.uint8)


def _degrade(frame: NDArray[np.uint8], side_px: int, quality: int, size_px: int) -> Clip:
    small = cv2.resize(frame, (side_px, side_px), interpolation=cv2.INTER_AREA)
    if side_px == size_px:
        return np.asarray(small, dtype=np.uint8)
    _, coded = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, quality))
    seen = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    grown = cv2.resize(seen, (size_px, size_px), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, dtype=np.uint8)


def _recolour(
    clip: NDArray[np.float32], rng: np.random.Generator, how: Distortion
) -> NDArray[np.float32]:
    grey = clip @ np.array([0.299, 0.587, 0.114], np.float32)
    colour = np.float32(rng.uniform(*how.saturation))
    contrast, gain = np.exp(rng.normal(0, how.light, 2)).astype(np.float32)
    middle = np.float32(grey.mean())
    clip = grey[..., None] + (clip - grey[..., None]) * colour
    return np.asarray(((clip - middle) * contrast + middle) * gain, dtype=np.float32)


def _draw_bar(clip: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Draw a bar, mostly black, over up to a quarter of the picture at a border or inside."""
    size = clip.shape[1]
    thick = int(size * rng.uniform(0.05, 0.25))
    first = int(rng.choice([0, size - thick, rng.integers(0, size - thick)]))
    tone = 0.0 if rng.random() < 0.8 else rng.uniform(0, 255)
    if rng.random() < 0.7:
        clip[:, first : first + thick] = tone
    else:
        clip[:, :, first : first + thick] = tone
