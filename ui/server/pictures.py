"""Small pictures of moments, drawn once by a supervised child and kept in the home's cache."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from data.video.types import FrameSpec
from ui.library import Library
from ui.server.cache import FileCache, name_for
from ui.server.frames import FrameSource
from ui.server.media import Media

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 480, 270
JPEG_QUALITY = 82
MAX_CACHE_BYTES = 256_000_000
"""About 15,000 pictures."""
LOOK_AHEAD_S = 2.0
"""How far after the asked time a frame may lie."""


class Thumbnails:
    """The route that serves `/api/thumbs/{video_id}?t=SECONDS`, with its cache."""

    def __init__(self, library: Library, media: Media, frames: FrameSource) -> None:
        self._media = media
        self._cache = FileCache(library.home.cache / "thumbnails", MAX_CACHE_BYTES)
        self._frames = frames

    def answer(self, request: Request) -> Response:
        """The picture as JPEG; 404 where there is no such video or nothing can be drawn of it."""
        time_s = seconds(request.query_params.get("t", "0"))
        path = self._media.path_of(str(request.path_params["video_id"]))
        if path is None or time_s is None:
            return PlainTextResponse("no such picture", status_code=404)
        picture = self.picture(path, time_s)
        if picture is None:
            return PlainTextResponse("nothing to draw there", status_code=404)
        headers = {"cache-control": "private, max-age=3600"}
        return FileResponse(picture, media_type="image/jpeg", headers=headers)

    def picture(self, path: Path, time_s: float) -> Path | None:
        """A JPEG file of the frame at or just after a time; None where nothing can be drawn."""

        def draw(draft: Path) -> bool:
            pixels = self._grab(path, time_s)
            if pixels is None:
                return False
            draft.write_bytes(encode_jpeg(pixels))
            return True

        try:
            return self._cache.get(f"{name_for(path, f'{time_s:.2f}', WIDTH_PX)}.jpg", draw)
        except OSError:
            return None

    def _grab(self, path: Path, time_s: float) -> NDArray[np.uint8] | None:
        """One frame at or just after a time; the first of the video where there is none."""
        spec = FrameSpec(WIDTH_PX, HEIGHT_PX, "pad")
        for start_s in dict.fromkeys((time_s, 0.0)):
            found = self._frames.first(path, spec, start_s, start_s + LOOK_AHEAD_S)
            if found is not None:
                first: NDArray[np.uint8] = found.pixels[0]
                return first
        return None


def seconds(text: str) -> float | None:
    """A time in a query, or None where it is no sensible time."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value < 1e6 else None


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w, 3) uint8 RGB as JPEG."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, written = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done
    return written.tobytes()
