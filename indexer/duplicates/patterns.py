"""What a small picture shows as a pattern of brightness: a soft perceptual hash.

The 55 lowest frequencies of the discrete cosine transform without the mean, each weighted by its
frequency, since pictures hold less of the higher ones (Field, J. Opt. Soc. Am. A 4, 1987), and of
unit length: their inner product is high where two pictures are the same, re-encoded or grey. The
signs of such numbers are what `phash` keeps.

A mirrored or cropped copy shows another pattern, which is as linear in the picture: each way of
looking at a video is one matrix.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from data.video.small_frames import SMALL_PX, SMALL_SIZE

Floats = NDArray[np.float32]

FREQUENCIES = 8
"""Waves a side, below this many half periods."""
CONTRAST = 2.0
"""Levels of brightness, of 255: a picture with less contrast hardly says anything."""
CROPS = (1.0, 0.9, 0.8)
"""Share of width and height that is looked at, around the centre."""
WAYS = tuple((crop, mirrored) for crop in CROPS for mirrored in (False, True))
"""Ways of looking at a video; the first is as it is."""
PATTERN_SIZE = 55
"""Numbers of a pattern."""
ONLY_MIRRORED = 2
"""So many ways, of the first, show the whole picture."""


def patterns(small: NDArray[np.uint8], way: int = 0) -> Floats:
    """(n, 155) small pictures -> (n, 55) patterns, of length up to 1, seen in one of `WAYS`."""
    return _normed(small.astype(np.float32) @ _matrix(*WAYS[way]))


def patterns_in_all_ways(small: NDArray[np.uint8]) -> Floats:
    """(n, 155) small pictures -> (6, n, 55) patterns."""
    joined = np.concatenate([_matrix(*way) for way in WAYS], axis=1)
    rows = (small.astype(np.float32) @ joined).reshape(len(small), len(WAYS), -1)
    return _normed(np.ascontiguousarray(rows.transpose(1, 0, 2)))


def mirrored(rows: Floats) -> Floats:
    """(n, 55) patterns as those of the mirrored pictures: every second wave across turns over."""
    across = np.broadcast_to(np.arange(FREQUENCIES), (FREQUENCIES, FREQUENCIES))[_kept()]
    return np.asarray(rows * np.where(across % 2, -1, 1), np.float32)


def _kept() -> NDArray[np.bool_]:
    """(8, 8) the frequencies, down and across, that a pattern holds."""
    frequency = _frequency()
    return (frequency > 0) & (frequency < FREQUENCIES)


def _frequency() -> NDArray[np.float64]:
    """(8, 8) of the waves down and across."""
    return np.hypot(*np.meshgrid(np.arange(FREQUENCIES), np.arange(FREQUENCIES)))


def _normed(rows: Floats) -> Floats:
    least = CONTRAST * SMALL_PX
    return np.asarray(rows / np.sqrt((rows**2).sum(axis=-1, keepdims=True) + least**2), np.float32)


@cache
def _matrix(crop: float, mirrored: bool) -> Floats:
    """(155, 55): from a small picture to its pattern before it is normed."""
    pictures = np.eye(SMALL_SIZE, dtype=np.float32).reshape(-1, SMALL_PX, SMALL_PX)
    edge = (SMALL_PX - 1) / 2 * (1 - crop)
    to = np.array([[crop, 0, edge], [0, crop, edge]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = np.stack(
        [
            cv2.warpAffine(
                each, to, (SMALL_PX, SMALL_PX), flags=flags, borderMode=cv2.BORDER_REPLICATE
            )
            for each in pictures
        ]
    )
    if mirrored:
        seen = seen[:, :, ::-1]
    waves = _waves()
    coefficients = np.einsum("ui,nij,vj->nuv", waves, seen, waves)
    return np.asarray((coefficients * _frequency())[:, _kept()], np.float32)


def _waves() -> Floats:
    """(8, 16): the orthonormal DCT-II."""
    at = np.arange(SMALL_PX) + 0.5
    rows = [np.cos(np.pi * u * at / SMALL_PX) for u in range(FREQUENCIES)]
    return np.asarray([row / np.linalg.norm(row) for row in rows], np.float32)
