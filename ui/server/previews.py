"""Moments of videos that a browser cannot play, as short H.264 files made on demand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from data.errors import ReelwiseError
from data.video.types import DecodeRequest, FrameSpec
from data.video.write import write_video
from ui.library import Library
from ui.server.cache import FileCache, name_for
from ui.server.frames import FrameSource
from ui.server.media import Media
from ui.server.pictures import seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from data.catalogue.records import Video

PLAYABLE_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv")
PLAYABLE_CODECS = ("h264", "vp8", "vp9", "av1")
WIDTH_PX, HEIGHT_PX, FPS = 640, 360, 15.0
MAX_LENGTH_S = 30.0
MAX_CACHE_BYTES = 512_000_000


def is_playable(video: Video) -> bool:
    """Whether a browser plays the file as it is."""
    return video.path.suffix.lower() in PLAYABLE_SUFFIXES and video.codec in PLAYABLE_CODECS


class Previews:
    """The route that serves `/api/previews/{video_id}?start=S&end=S`, with its cache."""

    def __init__(self, library: Library, media: Media, frames: FrameSource) -> None:
        self._media = media
        self._frames = frames
        self._cache = FileCache(library.home.cache / "previews", MAX_CACHE_BYTES)
        # One at a time: each takes a decoding child and an encoder.
        self._one = threading.Lock()

    def answer(self, request: Request) -> Response:
        """The moment as MP4 with byte ranges; 404 where there is none."""
        start_s = seconds(request.query_params.get("start", "0"))
        end_s = seconds(request.query_params.get("end", "1e5"))
        path = self._media.path_of(str(request.path_params["video_id"]))
        if path is None or start_s is None or end_s is None or end_s <= start_s:
            return PlainTextResponse("no such moment", status_code=404)
        preview = self.preview(path, start_s, min(end_s, start_s + MAX_LENGTH_S))
        if preview is None:
            return PlainTextResponse("nothing to show there", status_code=404)
        return FileResponse(preview, media_type="video/mp4")

    def preview(self, path: Path, start_s: float, end_s: float) -> Path | None:
        """An MP4 file of a stretch of a video; None where nothing of it can be decoded."""

        def write(draft: Path) -> bool:
            with self._one:
                try:
                    write_video(draft, self._shown(path, start_s, end_s), fps=FPS, crf=26)
                except ReelwiseError:
                    return False
            return True

        try:
            name = name_for(path, f"{start_s:.2f}", f"{end_s:.2f}", WIDTH_PX, FPS)
            return self._cache.get(f"{name}.mp4", write)
        except OSError:
            return None

    def _shown(self, path: Path, start_s: float, end_s: float) -> Iterator[NDArray[np.uint8]]:
        """The frames of a stretch, passed on as they come."""
        spec = FrameSpec(WIDTH_PX, HEIGHT_PX, "pad")
        for batch in self._frames.batches(DecodeRequest(path, spec, FPS, start_s, end_s)):
            yield from batch.pixels
