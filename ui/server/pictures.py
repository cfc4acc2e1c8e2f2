"""Pictures and short previews of moments, made on demand by supervised children and cached."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from data.errors import ReelwiseError
from data.video.types import DecodeRequest, FrameSpec
from data.video.write import write_video
from ui.server.cache import FileCache, name_for
from ui.server.frames import FrameSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PathOf = Callable[[str], Path | None]
"""The file of a video id, where it may be served; see `Media.path_of`."""

THUMBNAIL = FrameSpec(480, 270, "pad")
THUMBNAIL_CACHE_BYTES = 256_000_000
"""About 15,000 pictures."""
JPEG_QUALITY = 82
LOOK_AHEAD_S = 2.0
"""How far after the given time a frame may lie."""
PREVIEW = FrameSpec(640, 360, "pad")
PREVIEW_FPS = 15.0
PREVIEW_MAX_S = 30.0
PREVIEW_CACHE_BYTES = 512_000_000


class Thumbnails:
    """The route `/api/thumbs/{video_id}?t=SECONDS`, with its cache."""

    def __init__(self, cache: Path, path_of: PathOf, frames: FrameSource) -> None:
        self._path_of = path_of
        self._cache = FileCache(cache / "thumbnails", THUMBNAIL_CACHE_BYTES)
        self._frames = frames

    def answer(self, request: Request) -> Response:
        """The picture as JPEG; 404 where there is no such video or no frame can be decoded."""
        time_s = seconds(request.query_params.get("t", "0"))
        path = self._path_of(str(request.path_params["video_id"]))
        if path is None or time_s is None:
            return PlainTextResponse("no such picture", status_code=404)
        picture = self.picture(path, time_s)
        if picture is None:
            return PlainTextResponse("no frame can be decoded there", status_code=404)
        headers = {"cache-control": "private, max-age=3600"}
        return FileResponse(picture, media_type="image/jpeg", headers=headers)

    def picture(self, path: Path, time_s: float) -> Path | None:
        """A JPEG file of the frame at or just after a time; None where none can be decoded."""

        def draw(draft: Path) -> bool:
            pixels = self._frame(path, time_s)
            if pixels is None:
                return False
            draft.write_bytes(encode_jpeg(pixels))
            return True

        try:
            name = name_for(path, f"{time_s:.2f}", THUMBNAIL.width_px)
            return self._cache.get(f"{name}.jpg", draw)
        except OSError:
            return None

    def _frame(self, path: Path, time_s: float) -> NDArray[np.uint8] | None:
        """The frame at or just after a time; the first of the video where there is none."""
        for start_s in dict.fromkeys((time_s, 0.0)):
            batch = self._frames.first(path, THUMBNAIL, start_s, start_s + LOOK_AHEAD_S)
            if batch is not None:
                first: NDArray[np.uint8] = batch.pixels[0]
                return first
        return None


class Previews:
    """The route `/api/previews/{video_id}?start=S&end=S`, with its cache.

    It shows moments of videos that a browser cannot play.
    """

    def __init__(self, cache: Path, path_of: PathOf, frames: FrameSource) -> None:
        self._path_of = path_of
        self._frames = frames
        self._cache = FileCache(cache / "previews", PREVIEW_CACHE_BYTES)
        # One at a time: each takes a decoding child and an encoder.
        self._one = threading.Lock()

    def answer(self, request: Request) -> Response:
        """The moment as MP4 with byte ranges; 404 where there is none."""
        start_s = seconds(request.query_params.get("start", "0"))
        end_s = seconds(request.query_params.get("end", "1e5"))
        path = self._path_of(str(request.path_params["video_id"]))
        if path is None or start_s is None or end_s is None or end_s <= start_s:
            return PlainTextResponse("no such moment", status_code=404)
        preview = self.preview(path, start_s, min(end_s, start_s + PREVIEW_MAX_S))
        if preview is None:
            return PlainTextResponse("no frame can be decoded there", status_code=404)
        return FileResponse(preview, media_type="video/mp4")

    def preview(self, path: Path, start_s: float, end_s: float) -> Path | None:
        """An MP4 file of a part of a video; None where no frame of it can be decoded."""

        def write(draft: Path) -> bool:
            with self._one:
                try:
                    frames = self._part(path, start_s, end_s)
                    write_video(draft, frames, fps=PREVIEW_FPS, crf=26)
                except ReelwiseError:
                    return False
            return True

        try:
            facts = (f"{start_s:.2f}", f"{end_s:.2f}", PREVIEW.width_px, PREVIEW_FPS)
            return self._cache.get(f"{name_for(path, *facts)}.mp4", write)
        except OSError:
            return None

    def _part(self, path: Path, start_s: float, end_s: float) -> Iterator[NDArray[np.uint8]]:
        """The frames of a part of a video, passed on as they are decoded."""
        for batch in self._frames.batches(
            DecodeRequest(path, PREVIEW, PREVIEW_FPS, start_s, end_s)
        ):
            yield from batch.pixels


def seconds(text: str) -> float | None:
    """A time in a request, or None where it is none."""
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
