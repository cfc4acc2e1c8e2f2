"""Write video files; a file appears only when it is complete."""

import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from data.errors import ReelwiseError
from data.video.types import Pixels

_KEY_FRAME_EVERY = 30
_CODECS = {"h264": "libx264", "mpeg4": "mpeg4", "vp9": "libvpx-vp9"}


class VideoSink:
    """An encoder and its file, which gets its name only on a clean exit."""

    def __init__(self, path: Path, *, codec: str, crf: int, title: str | None = None) -> None:
        self._path = path
        self._codec = _CODECS.get(codec, codec)
        self._crf = crf
        self._title = title
        self._stream: Any = None
        self._to_yuv = VideoReformatter()  # shared: making one costs more than using it

    def __enter__(self) -> Self:
        with tempfile.NamedTemporaryFile(
            dir=self._path.parent,
            prefix=f".{self._path.stem}-",
            suffix=self._path.suffix,
            delete=False,
        ) as unfinished:
            self._part = Path(unfinished.name)
        options = {"fflags": "+bitexact"}
        if self._path.suffix in (".mp4", ".mov", ".m4v"):
            options["movflags"] = "+faststart"
        self._container = av.open(str(self._part.absolute()), "w", options=options)
        if self._title:
            self._container.metadata["title"] = self._title
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._stream is not None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
            if kind is None:
                self._part.chmod(0o644)
                self._part.replace(self._path)
        finally:
            self._part.unlink(missing_ok=True)

    def write(self, pixels: Pixels, ticks: int, duration: int, base: Fraction) -> None:
        """Append one RGB frame shown from `ticks` for `duration`, in units of `base` seconds."""
        if self._stream is None:
            self._stream = self._open_stream(pixels.shape[1], pixels.shape[0], base, duration)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame = self._to_yuv.reformat(frame, format="yuv420p")
        frame.pts, frame.time_base, frame.duration = ticks, base, duration
        self._container.mux(self._stream.encode(frame))

    def _open_stream(self, width_px: int, height_px: int, base: Fraction, duration: int) -> Any:
        stream: Any = self._container.add_stream(self._codec, rate=1 / (base * duration))
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.codec_context.time_base = stream.time_base = base
        stream.codec_context.gop_size = _KEY_FRAME_EVERY
        stream.codec_context.thread_count = 1  # the same bytes on every machine
        stream.options = {"crf": str(self._crf), "preset": "veryfast", "flags": "+bitexact"}
        return stream


def write_video(
    path: Path,
    frames: Iterable[Pixels],
    *,
    fps: float,
    crf: int = 23,
    codec: str = "h264",
    title: str | None = None,
) -> None:
    """Encode frames (h, w, 3) uint8 RGB of even width and height; the suffix names the container.

    Frame i is shown from i / fps. The same frames give the same bytes.

    Raises:
        ReelwiseError: No frames, or odd sizes.
    """
    base = 1 / Fraction(fps).limit_denominator(1001)
    n = 0
    with VideoSink(path, codec=codec, crf=crf, title=title) as sink:
        for n, pixels in enumerate(frames, 1):
            if n == 1 and (pixels.shape[0] % 2 or pixels.shape[1] % 2):
                raise ReelwiseError(
                    f"frames for {path.name} are {pixels.shape[1]}x{pixels.shape[0]}; "
                    "4:2:0 video needs even width and height",
                    fix="crop or pad the frames by one pixel",
                )
            sink.write(pixels, n - 1, 1, base)
        if n == 0:
            raise ReelwiseError(f"no frames to write to {path}", fix="give at least one frame")
