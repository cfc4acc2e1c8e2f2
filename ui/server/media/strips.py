"""The film strip of a video: frames from its beginning to its end, side by side in one picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

from data.catalogue import Video
from data.video.children.pool import StillWanted
from data.video.excerpts.covers import blurred
from data.video.types import DecodeRequest, FrameSpec, Pixels
from ui.server.media.cache import FileCache
from ui.server.media.files import no_such
from ui.server.media.frames import FrameSource
from ui.server.media.pictures import Found, cached_name, encode_jpeg
from ui.server.media.turns import Unmade
from ui.server.media.withheld import EVERYTHING, Watched

FRAMES = 24
"""Frames of every strip: a narrow one shows some of them."""
CELL = FrameSpec(160, 90, "pad", fill_rgb=(11, 17, 16))
CACHE_BYTES = 64_000_000
"""About 1,500 strips."""


class Strips:
    """The film strips of videos, with their cache."""

    def __init__(self, cache: Path, found: Found, frames: FrameSource) -> None:
        self._found = found
        self._frames = frames
        self._cache = FileCache(cache / "strips", CACHE_BYTES)
        frames.closing.callback(self._cache.close)

    def strip(self, video_id: int, watched: Watched = EVERYTHING) -> Response | Unmade:
        """`FRAMES` frames at equal distances, as one JPEG; some blurred, some left empty."""
        found = self._found(video_id)
        if found is None:
            return no_such("there is no such video")
        video, path = found

        def draw(draft: Path, still_wanted: StillWanted) -> bool:
            pixels = self._drawn(path, video.duration_s, still_wanted)
            if pixels is None:
                return False
            _cover(pixels, covered)
            draft.write_bytes(encode_jpeg(pixels))
            return True

        covered = _covered(video, watched)
        name = cached_name(path, (FRAMES, CELL.width_px, *covered.items()), ".jpg")
        if name is None:
            return no_such("the file of this video is gone")
        return Unmade(self._cache, name, draw, watched.kept)

    def _drawn(
        self, path: Path, length_s: float, still_wanted: StillWanted
    ) -> NDArray[np.uint8] | None:
        fps = FRAMES / length_s if length_s > 0 else 1.0
        request = DecodeRequest(path, CELL, fps, most_frames=FRAMES)
        frames: list[Pixels] = []
        times_s: list[float] = []
        for batch in self._frames.batches(request, still_wanted=still_wanted):
            frames += list(batch.pixels)
            times_s += batch.times_s.tolist()
        if not frames:
            return None
        return np.concatenate([frames[at] for at in nearest_frames(times_s, length_s)], axis=1)


def _covered(video: Video, watched: Watched) -> dict[int, str]:
    """The cells that are not shown as they are: `empty` or `blurred`."""
    step_s = video.duration_s / FRAMES
    covered: dict[int, str] = {}
    for cell in range(FRAMES):
        # The frame of a cell is one near its time.
        span = (max(0.0, (cell - 0.5) * step_s), (cell + 0.5) * step_s)
        if watched.refused(video.id, *span) is not None:
            covered[cell] = "empty"
        elif watched.is_blurred(video.id, *span):
            covered[cell] = "blurred"
    return covered


def _cover(strip: NDArray[np.uint8], covered: Mapping[int, str]) -> None:
    for cell, how in covered.items():
        pixels = strip[:, cell * CELL.width_px : (cell + 1) * CELL.width_px]
        pixels[:] = CELL.fill_rgb if how == "empty" else blurred(pixels)


def nearest_frames(times_s: list[float], length_s: float) -> list[int]:
    """For each place of a strip the frame that is nearest to it.

    Args:
        times_s: When each frame is shown, ascending, at least one.
        length_s: Length of the video.
    """
    wanted = np.arange(FRAMES) * length_s / FRAMES
    far = np.abs(np.asarray(times_s)[None] - wanted[:, None])
    places: list[int] = far.argmin(axis=1).tolist()
    return places
