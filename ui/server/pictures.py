"""Pictures and short previews of moments, made on demand by supervised children and cached.

`ui.server.turns` says how many are made at once, and ends what nobody waits for any more.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from data.catalogue import Video
from data.errors import ReelwiseError
from data.numbers import number_of
from data.video.children.pool import DecodingStopped, StillWanted
from data.video.children.process import NoDecoder
from data.video.types import DecodeRequest, FrameSpec
from data.video.write import write_video
from ui.library.library import Library
from ui.server.cache import FileCache, name_for
from ui.server.frames import CHILDREN, FrameSource, at_rate
from ui.server.media import ALLOWED_METHODS, Media, no_such
from ui.server.parameters import only
from ui.server.turns import Unmade, in_turn

Found = Callable[[str], tuple[Video, Path] | None]
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
THUMBNAILS_AT_ONCE = CHILDREN
PREVIEWS_AT_ONCE = 1
"""Each takes a decoding child and an encoder: one child stays free for thumbnails."""


class Pictures:
    """The routes of thumbnails and previews, each with its cache; 404 where there is no frame."""

    def __init__(self, cache: Path, found: Found, frames: FrameSource) -> None:
        self._found = found
        self._frames = frames
        self._thumbnails = FileCache(cache / "thumbnails", THUMBNAIL_CACHE_BYTES)
        self._previews = FileCache(cache / "previews", PREVIEW_CACHE_BYTES)
        for each in (self._thumbnails, self._previews):
            frames.closing.callback(each.close)

    def thumbnail(self, request: Request) -> Response | Unmade:
        """`/api/thumbs/{video_id}?t=SECONDS`: the frame at or just after a time, as JPEG."""
        time_s = seconds(request.query_params.get("t", "0"))
        found = self._found(str(request.path_params["video_id"]))
        if found is None or time_s is None:
            return no_such("there is no such picture")
        video, path = found
        if time_s > video.duration_s + LOOK_AHEAD_S:
            return no_such(f"the video ends at {video.duration_s:.1f} s")

        def draw(draft: Path, still_wanted: StillWanted) -> bool:
            pixels = self._frame(path, time_s, still_wanted)
            if pixels is None:
                return False
            draft.write_bytes(encode_jpeg(pixels))
            return True

        facts = (f"{time_s:.2f}", THUMBNAIL.width_px)
        name = _cached_name(path, facts, ".jpg")
        if name is None:
            return no_such("there is no such picture")
        kept = {"cache-control": "private, max-age=3600"}
        return Unmade(self._thumbnails, name, draw, kept)

    def _frame(
        self, path: Path, time_s: float, still_wanted: StillWanted
    ) -> NDArray[np.uint8] | None:
        """The frame at a time; a later one, or the first, where that is damaged or past the end."""
        for start_s in dict.fromkeys((time_s, time_s + LOOK_AHEAD_S, 0.0)):
            pixels = self._frames.at(path, THUMBNAIL, start_s, still_wanted=still_wanted)
            if pixels is not None:
                return pixels
        return None

    def preview(self, request: Request) -> Response | Unmade:
        """`/api/previews/{video_id}?start=S&end=S`: the moment as MP4, with byte ranges.

        It shows moments of videos that a browser cannot play.
        """
        start_s = seconds(request.query_params.get("start", "0"))
        end_s = seconds(request.query_params.get("end", "1e5"))
        found = self._found(str(request.path_params["video_id"]))
        if found is None or start_s is None or end_s is None or end_s <= start_s:
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
                write_video(draft, pixels, fps=PREVIEW_FPS, crf=26)
            except (DecodingStopped, NoDecoder):
                raise
            except ReelwiseError:
                return False
            return True

        facts = (f"{part.start_s:.2f}", f"{part.end_s:.2f}", PREVIEW.width_px, PREVIEW_FPS)
        name = _cached_name(path, facts, ".mp4")
        if name is None:
            return no_such("there is no such moment")
        return Unmade(self._previews, name, write)

    def _pixels(
        self, part: DecodeRequest, still_wanted: StillWanted
    ) -> Iterator[NDArray[np.uint8]]:
        """The frames of a part of a video at its rate, passed on as they are decoded."""
        batches = self._frames.batches(part, still_wanted=still_wanted)
        return at_rate(batches, start_s=part.start_s, fps=part.fps)


def media_routes(library: Library, frames: FrameSource) -> list[BaseRoute]:
    """The routes below /api that give files, pictures and previews of videos."""
    media = Media(library.catalogue)
    pictures = Pictures(library.home.cache, media.found, frames)
    reads = list(ALLOWED_METHODS)
    return [
        Route("/api/media/{video_id}", only(media.answer), methods=reads),
        Route(
            "/api/previews/{video_id}",
            in_turn(only(pictures.preview, "start", "end"), PREVIEWS_AT_ONCE),
            methods=reads,
        ),
        Route(
            "/api/thumbs/{video_id}",
            in_turn(only(pictures.thumbnail, "t"), THUMBNAILS_AT_ONCE),
            methods=reads,
        ),
    ]


def _cached_name(source: Path, facts: tuple[object, ...], suffix: str) -> str | None:
    """The name of a file made from a video; None where the video is gone."""
    try:
        return name_for(source, DRAWING, *facts) + suffix
    except OSError:
        return None


def seconds(text: str) -> float | None:
    """A time in a request, or None where it is none."""
    value = number_of(text)
    return value if value is not None and 0 <= value < 1e6 else None


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w, 3) uint8 RGB as JPEG."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, written = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done
    return written.tobytes()
