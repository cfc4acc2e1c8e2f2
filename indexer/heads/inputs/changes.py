"""How a stretch changes while it lasts: what the mean of its frames cannot tell.

A clip vector is mostly what is there and to a small part what it does, and a few examples do not
tell the two apart. These numbers say the second alone.
"""

import numpy as np

from data.arrays import Floats

N_BLOCKS = 4
"""Numbers of a stretch for each number of a vector."""
LEAST_CORRECTION = 0.01
"""A clip vector nearer to the mean of its frames is that mean: float16 rounds it a little."""


def changes_of(vector: Floats, frames: Floats) -> Floats:
    """(4 d,) float32: four blocks, all zero where nothing changes.

    The part of the clip vector that is not in the direction of the mean of its frames (what a
    temporal head adds for motion), the mean of the second half of the frames less that of the
    first, the standard deviation of the frames, and the mean size of the steps between neighbours.

    Args:
        vector: (d,) unit vector of the stretch.
        frames: (t, d) unit vectors of its frames in order of time, t > 0.
    """
    mean = frames.mean(axis=0)
    mean = mean / max(float(np.linalg.norm(mean)), 1e-12)
    correction = vector - (vector @ mean) * mean
    if np.linalg.norm(correction) < LEAST_CORRECTION:
        correction = np.zeros_like(vector)
    still = np.zeros_like(vector)
    if len(frames) < 2:
        return np.concatenate([correction, still, still, still]).astype(np.float32)
    half = len(frames) // 2
    drift = frames[-half:].mean(axis=0) - frames[:half].mean(axis=0)
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=0)
    return np.concatenate([correction, drift, frames.std(axis=0), steps]).astype(np.float32)
