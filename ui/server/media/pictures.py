"""Pictures and short previews of moments, made on demand by supervised children and cached.

`ui.server.media.turns` says how many are made at once, and ends what nobody waits for any more.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from starlette.responses import Response

from data.catalogue import Video
from data.errors import ReelwiseError
from data.video.children.pool import DecodingStopped, StillWanted
from data.video.children.process import NoDecoder
from data.video.excerpts.covers import blurred
from data.video.types import DecodeRequest, FrameSpec
from data.video.write import write_video
from ui.server.media.cache import FileCache, name_for
from ui.server.media.files import no_such
from ui.server.media.frames import FrameSource, at_rate
from ui.server.media.turns import Unmade
from ui.server.media.withheld import EVERYTHING, Watched

Found = Callable[[int], tuple[Video, Path] | None]
"""The video of an id and its file, where it may be served; see `Media.found`."""

THUMBNAIL = FrameSpec(480, 270, "pad")
THUMBNAIL_CACHE_BYTES = 256_000_000
"""About 15,000 pictures."""
JPEG_QUALITY = 82
DRAWING = 2
"""Raised where the frames of a file come out otherwise than before: older pictures are not used."""
LOOK_AHEAD_S = 1.0
"""How much later a frame is taken where the one at the given time is damaged."""
PREVIEW = FrameSpec(640, 360, "pad")
PREVIEW_FPS = 15.0
PREVIEW_MAX_S = 30.0
PREVIEW_CACHE_BYTES = 512_000_000


class Pictures:
    """The routes of thumbnails and previews, each with its cache; 404 where there is no frame."""

    def __init__(self, cache: Path, found: Found, frames: FrameSource) -> None:
        self._found = found
        self._frames = frames
        self._thumbnails = FileCache(cache / "thumbnails", THUMBNAIL_CACHE_BYTES)
        self._previews = FileCache(cache / "previews", PREVIEW_CACHE_BYTES)
        for each in (self._thumbnails, self._previews):
            frames.closing.callback(each.close)

    def thumbnail(
        self, video_id: int, time_s: float, watched: Watched = EVERYTHING
    ) -> Response | Unmade:
        """The frame at or just after a time, as JPEG; blurred where it is `watched` so."""
        found = self._found(video_id)
        if found is None:
            return no_such("there is no such picture")
        video, path = found
        if time_s > video.duration_s + LOOK_AHEAD_S:
            return no_such(f"the video ends at {video.duration_s:.1f} s")

        def draw(draft: Path, still_wanted: StillWanted) -> bool:
            pixels = self._frame(path, time_s, still_wanted)
            if pixels is None:
                return False
            draft.write_bytes(encode_jpeg(blurred(pixels) if is_blurred else pixels))
            return True

        is_blurred = watched.is_blurred(video_id, time_s, time_s)
        facts = (f"{time_s:.2f}", THUMBNAIL.width_px, *(["blurred"] if is_blurred else []))
        name = cached_name(path, facts, ".jpg")
        if name is None:
            return no_such("there is no such picture")
        return Unmade(self._thumbnails, name, draw, watched.kept)

    def _frame(
        self, path: Path, time_s: float, still_wanted: StillWanted
    ) -> NDArray[np.uint8] | None:
        """The frame at a time; a later one, or the first, where that is damaged or past the end."""
        for start_s in dict.fromkeys((time_s, time_s + LOOK_AHEAD_S, 0.0)):
            pixels = self._frames.at(path, THUMBNAIL, start_s, still_wanted=still_wanted)
            if pixels is not None:
                return pixels
        return None

    def preview(
        self, video_id: int, start_s: float, end_s: float, watched: Watched = EVERYTHING
    ) -> Response | Unmade:
        """The moment as MP4 without sound, with byte ranges: for what a browser cannot play."""
        found = self._found(video_id)
        if found is None or end_s <= start_s:
            return no_such("there is no such moment")
        video, path = found
        if start_s > video.duration_s + LOOK_AHEAD_S:
            return no_such(f"the video ends at {video.duration_s:.1f} s")
        part = DecodeRequest(
            path, PREVIEW, PREVIEW_FPS, start_s, min(end_s, start_s + PREVIEW_MAX_S)
        )

        def write(draft: Path, still_wanted: StillWanted) -> bool:
            try:
                pixels = self._pixels(part, still_wanted)
                pixels = map(blurred, pixels) if is_blurred else pixels
                write_video(draft, pixels, fps=PREVIEW_FPS, crf=26)
            except (DecodingStopped, NoDecoder):
                raise
            except ReelwiseError:
                return False
            return True

        is_blurred = watched.is_blurred(video_id, part.start_s, part.end_s or part.start_s)
        span = (f"{part.start_s:.2f}", f"{part.end_s:.2f}")
        facts = (*span, PREVIEW.width_px, PREVIEW_FPS, *(["blurred"] if is_blurred else []))
        name = cached_name(path, facts, ".mp4")
        if name is None:
            return no_such("there is no such moment")
        return Unmade(self._previews, name, write, watched.kept)

    def _pixels(
        self, part: DecodeRequest, still_wanted: StillWanted
    ) -> Iterator[NDArray[np.uint8]]:
        """The frames of a part of a video at its rate, passed on as they are decoded."""
        batches = self._frames.batches(part, still_wanted=still_wanted)
        return at_rate(batches, start_s=part.start_s, fps=part.fps)


def cached_name(source: Path, facts: tuple[object, ...], suffix: str) -> str | None:
    """The name of a file made from a video; None where the video is gone."""
    try:
        return name_for(source, DRAWING, *facts) + suffix
    except OSError:
        return None


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w, 3) uint8 RGB as JPEG."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, written = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done
    return written.tobytes()
