"""The frame by which encoders are compared: any part of one has to give the same of it."""

import numpy as np

from data.video.types import FrameSpec, Pixels

FIELDS = 8
"""Coloured fields in a row of the probe's frame."""


def probe_frame(spec: FrameSpec) -> Pixels:
    """(1, height, width, 3) uint8: coloured fields below noise, darker from left to right."""
    rng = np.random.default_rng(0)
    fields = rng.integers(0, 256, (FIELDS, FIELDS, 3))
    down = np.arange(spec.height_px) * FIELDS // spec.height_px
    right = np.arange(spec.width_px) * FIELDS // spec.width_px
    coloured = fields[down[:, None], right]
    mixed = 0.7 * coloured + 0.3 * rng.integers(0, 256, coloured.shape)
    light = np.linspace(1, 0.1, spec.width_px)[None, :, None]
    return (mixed * light).astype(np.uint8)[None]
