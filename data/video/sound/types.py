"""What is read of a video's sound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
"""Samples a second that speech recognition takes."""


@dataclass(frozen=True)
class Track:
    """The sound stream that is read."""

    codec: str
    """Name of the codec: aac, opus, ..."""
    language: str
    """As the file names it ("eng"); empty where it does not."""
    number: int
    """Its number among the sound streams of the file, from 1."""


@dataclass(frozen=True, eq=False)
class SoundPiece:
    """A stretch of sound without a gap."""

    start_s: float
    """When its first sample is heard, on the clock of the video's frames."""
    samples: NDArray[np.float32]
    """(n,) mono, -1 to 1, `RATE_HZ` a second; n >= 1."""

    @property
    def end_s(self) -> float:
        """When it is over."""
        return self.start_s + len(self.samples) / RATE_HZ
