"""Small pictures of a stretch as a volume: height, width and time.

They are those by which copies are known, stored with the vectors: nothing is decoded, and a video
whose file is gone has them still.
"""

import numpy as np
from numpy.typing import NDArray

from data.video.small_frames import SMALL_PX

FRAMES = 8
"""Pictures of a volume; of more, as many evenly spread, of fewer, some twice."""

Volumes = NDArray[np.uint8]


def volume_of(small_frames: Volumes) -> Volumes:
    """(8, 16, 16) brightness of the small pictures (t, 256) of a stretch, t > 0."""
    kept = np.linspace(0, len(small_frames) - 1, FRAMES).round().astype(np.intp)
    return small_frames[kept].reshape(FRAMES, SMALL_PX, SMALL_PX)
