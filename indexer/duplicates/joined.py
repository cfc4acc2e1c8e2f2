"""Two videos by both of what is known of their frames: the encoder's vectors and small pictures.

An encoder knows what is shown, whatever the encoding; small pictures know where it is shown, in
grey or in colours, and left from right. Joined, one counts as much as the other, so that a copy
which is spoiled for one of them is still alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexer.duplicates.lines import Track, Vectors
from indexer.duplicates.patterns import ONLY_MIRRORED, WAYS, patterns

SHARE = 0.5
"""Of the likeness of two frames that patterns make."""
FRAMES_TRIED = 48
"""Of each of two videos, by which the way of looking at them is chosen."""
OTHER_WAY = 0.02
"""Likeness that a mirrored or cropped look must have more than the plain one."""


def joined_rows(frames: Vectors, small: NDArray[np.uint8], way: int = 0) -> Vectors:
    """(n, d + 55) vectors (n, d) and patterns of small pictures (n, 256), seen in one of `WAYS`."""
    parts = frames * np.sqrt(1 - SHARE), patterns(small, way) * np.sqrt(SHARE)
    return np.concatenate(parts, axis=1).astype(np.float32)


def joined(one: Track, other: Track) -> tuple[Track, Track] | None:
    """Both videos, seen in the ways in which they are most alike; None where one has no pictures.

    One of both may be mirrored or a crop of the other: the other is then looked at so, or both are.
    """
    if one.small is None or other.small is None:
        return None
    ours, theirs = likeliest_ways(one, other)
    return (
        Track(one.times_s, joined_rows(one.frames, one.small, ours)),
        Track(other.times_s, joined_rows(other.frames, other.small, theirs)),
    )


def likeliest_ways(one: Track, other: Track) -> tuple[int, int]:
    """The ways of looking at one and at the other in which most frames have one like them.

    Half of the frames of the shorter video tell: only a part of it may be in the other.
    """
    a, b = one.looks(FRAMES_TRIED), other.looks(FRAMES_TRIED)
    pairs = [(0, way) for way in range(len(WAYS))]
    pairs += [(way, 0) for way in range(ONLY_MIRRORED, len(WAYS))]
    best, chosen = -np.inf, pairs[0]
    for ours, theirs in pairs:
        value = _alike(a[ours] @ b[theirs].T) - (OTHER_WAY if ours or theirs else 0.0)
        if value > best:
            best, chosen = value, (ours, theirs)
    return chosen


def _alike(likeness: Vectors) -> float:
    nearest = likeness.max(axis=1 if likeness.shape[0] <= likeness.shape[1] else 0)
    kept = min(len(nearest), max(3, len(nearest) // 2))
    return float(np.partition(nearest, len(nearest) - kept)[-kept:].mean())
