"""Every picture of a video, at full size, as it is shown."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data.video.decoders.opening import open_video
from data.video.decoders.paint import Painter
from data.video.decoders.pyav_decoder import PyavDecoding
from data.video.types import DecodeRequest, FrameSpec, Pixels


def pictures(path: Path) -> Iterator[tuple[float, float, Pixels]]:
    """Time from the first picture, length in seconds and (h, w, 3) RGB pixels, in order of time.

    It decodes inside the calling process, so it is only for files that one made or trusts. Damaged
    pictures are left out.

    Raises:
        UnreadableVideo: It is no video, or none that can be opened.
    """
    with open_video(path) as video:
        decoding = PyavDecoding(video, DecodeRequest(path, FrameSpec(1, 1)))
        painter: Painter | None = None
        first_s: float | None = None
        usual_s = 1 / video.info.fps if video.info.fps else 0.04
        for time_s, frame in decoding.frames():
            if painter is None or first_s is None:
                first_s = time_s
                painter = Painter(FrameSpec(video.info.width_px, video.info.height_px))
            pixels = np.empty((video.info.height_px, video.info.width_px, 3), np.uint8)
            decoding.draw(painter, frame, pixels)
            length_s = float(frame.duration * (frame.time_base or 0))
            yield time_s - first_s, length_s or usual_s, pixels
