"""What the gates before the networks let through."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Counts:
    """What each gate let through."""

    frames: int = 0
    """Sampled frames."""
    changed: int = 0
    """Frames that differ from what was last read."""
    dense: int = 0
    """Of those, frames with strokes of text where they differ."""
    looked_at: int = 0
    """Of those, frames that the detector saw a part of."""
    detected_px: int = 0
    """Pixels that the detector saw."""
    boxes: int = 0
    """Boxes that it found."""
    read: int = 0
    """Boxes that were read: those not seen before."""
    kept: int = 0
    """Readings that were believed."""
