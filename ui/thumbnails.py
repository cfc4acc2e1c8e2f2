"""Small pictures of moments, drawn once by a supervised child and kept in the home's cache."""

from __future__ import annotations

import hashlib
import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from data.durable import make_dir
from data.errors import ReelwiseError
from data.video import FrameSpec
from ui.library import Library
from ui.media import Media

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 480, 270
JPEG_QUALITY = 82
MAX_CACHE_BYTES = 256_000_000
"""About 15,000 pictures; the oldest go first."""
CHECK_EVERY = 128
"""The cache is measured after so many new pictures."""
LOOK_AHEAD_S = 2.0
"""How far after the asked time a frame may lie."""
AT_ONCE = 2
"""Children that draw at the same time."""


class Thumbnails:
    """The route that serves `/api/thumbs/{video_id}?t=SECONDS`, with its cache."""

    def __init__(self, library: Library) -> None:
        self._media = Media(library)
        self._folder = library.home.cache / "thumbnails"
        self._at_once = threading.BoundedSemaphore(AT_ONCE)
        self._made = 0

    def __call__(self, request: Request) -> Response:
        """The picture as JPEG; 404 where there is no such video or nothing can be drawn of it."""
        time_s = _seconds(request.query_params.get("t", "0"))
        path = self._media.path_of(str(request.path_params["video_id"]))
        if path is None or time_s is None:
            return PlainTextResponse("no such picture", status_code=404)
        picture = self.picture(path, time_s)
        if picture is None:
            return PlainTextResponse("nothing to draw there", status_code=404)
        return Response(
            picture, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"}
        )

    def picture(self, path: Path, time_s: float) -> bytes | None:
        """The JPEG of a frame at or just after a time, from the cache where it is there."""
        kept = self._folder / f"{_name(path, time_s)}.jpg"
        try:
            return kept.read_bytes()
        except FileNotFoundError:
            pass
        with self._at_once:
            pixels = _grab(path, time_s)
        if pixels is None:
            return None
        picture = encode_jpeg(pixels)
        self._keep(kept, picture)
        return picture

    def _keep(self, kept: Path, picture: bytes) -> None:
        """Put a picture into the cache; one that cannot be written costs only speed."""
        try:
            make_dir(self._folder)
            draft = kept.with_suffix(f".{threading.get_ident()}.tmp")
            draft.write_bytes(picture)
            draft.replace(kept)
        except OSError:
            return
        self._made += 1
        if self._made % CHECK_EVERY == 0:
            shrink(self._folder, MAX_CACHE_BYTES)


def _name(path: Path, time_s: float) -> str:
    """Changes when the file does, so that an edited video never shows an old picture."""
    found = path.stat()
    facts = f"{path}\0{found.st_mtime_ns}\0{found.st_size}\0{time_s:.2f}\0{WIDTH_PX}"
    return hashlib.sha256(facts.encode(errors="surrogateescape")).hexdigest()[:32]


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value < 1e6 else None


def _grab(path: Path, time_s: float) -> NDArray[np.uint8] | None:
    """One frame at or just after a time; the first of the video where there is none."""
    from data.decode_pool import decode_one

    spec = FrameSpec(WIDTH_PX, HEIGHT_PX, "pad")
    for start_s in dict.fromkeys((time_s, 0.0)):
        try:
            pixels, _, _ = decode_one(
                path, spec, fps=2.0, start_s=start_s, end_s=start_s + LOOK_AHEAD_S
            )
        except ReelwiseError:
            return None
        if len(pixels):
            return np.asarray(pixels[0])
    return None


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w, 3) uint8 RGB as JPEG."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, written = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done
    return written.tobytes()


def shrink(folder: Path, limit_bytes: int) -> None:
    """Remove the oldest files of a folder until at most three quarters of the limit are left."""
    found = []
    for path in folder.glob("*"):
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((stat.st_mtime_ns, stat.st_size, path))
    total = sum(size for _, size, _ in found)
    if total <= limit_bytes:
        return
    for _, size, path in sorted(found):
        if total <= limit_bytes * 3 // 4:
            return
        path.unlink(missing_ok=True)
        total -= size
