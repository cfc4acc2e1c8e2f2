"""Write video files, and changed copies of them; a file appears only when it is complete."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from data.errors import ReelwiseError
from data.video.decoders.pictures import pictures
from data.video.types import Pixels, UnreadableVideo

_TICKS_PER_S = 90_000
_KEY_FRAME_EVERY = 30
_CODECS = {"h264": "libx264", "mpeg4": "mpeg4", "vp9": "libvpx-vp9"}


@dataclass(frozen=True)
class Change:
    """What `transcode` alters; the defaults change nothing but the encoding."""

    start_s: float = 0.0
    """Cut off everything before this time."""
    end_s: float | None = None
    """Cut off everything from this time on."""
    scale: float = 1.0
    """Factor on width and height."""
    size: tuple[int, int] | None = None
    """Width and height in pixels instead of `scale`."""
    crf: int = 28
    """Quality of x264: 18 very good, 28 poor, 40 bad."""
    crop: float = 1.0
    """Share of width and height kept around the centre."""
    saturation: float = 1.0
    """0 is grey, 1 unchanged."""
    speed: float = 1.0
    """1.25 plays a quarter faster, with all frames."""
    bar: float = 0.0
    """Share of the height under a black bar across the middle."""

    def size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Return the size written for a frame of this size: even, as H.264 in 4:2:0 needs."""
        wanted = self.size or (
            width_px * self.crop * self.scale,
            height_px * self.crop * self.scale,
        )
        return max(2, 2 * round(wanted[0] / 2)), max(2, 2 * round(wanted[1] / 2))

    def apply(self, pixels: Pixels) -> Pixels:
        """Return the frame cropped, resized, desaturated and barred."""
        height_px, width_px = pixels.shape[:2]
        size_px = self.size_px(width_px, height_px)
        kept_h, kept_w = max(1, round(height_px * self.crop)), max(1, round(width_px * self.crop))
        top, left = (height_px - kept_h) // 2, (width_px - kept_w) // 2
        out = np.ascontiguousarray(pixels[top : top + kept_h, left : left + kept_w])
        if size_px != (kept_w, kept_h):
            shrinks = size_px[0] < kept_w
            how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
            out = np.asarray(cv2.resize(out, size_px, interpolation=how), np.uint8)
        if self.saturation != 1.0:
            grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            mixed = cv2.addWeighted(out, self.saturation, grey, 1 - self.saturation, 0)
            out = np.asarray(mixed, np.uint8)
        if self.bar > 0:
            thick = round(size_px[1] * self.bar)
            first = (size_px[1] - thick) // 2
            out[first : first + thick] = 0
        return out


class _Sink:
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
    with _Sink(path, codec=codec, crf=crf, title=title) as sink:
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


def transcode(src: Path, dst: Path, change: Change | None = None) -> None:
    """Write a changed copy of the picture track: cut, resized, cropped, greyer, faster, barred.

    Frames keep their presentation times (less the cut, over the speed), so that a variable frame
    rate stays one. Sound and damaged frames are left out. The copy is H.264; the suffix of `dst`
    names its container.

    Raises:
        ReelwiseError: No frame could be read in this part.
    """
    change = change or Change()
    base = Fraction(1, _TICKS_PER_S)
    written = False
    with _Sink(dst, codec="h264", crf=change.crf) as sink:
        last = -1
        for pixels, start_s, end_s in _shown(src, change):
            first = round((start_s - change.start_s) / change.speed * _TICKS_PER_S)
            after = round((end_s - change.start_s) / change.speed * _TICKS_PER_S)
            if first > last:
                sink.write(change.apply(pixels), first, max(after - first, 1), base)
                last, written = first, True
        if not written:
            raise ReelwiseError(
                f"no frame of {src} could be read between {change.start_s:g} s and "
                f"{'its end' if change.end_s is None else f'{change.end_s:g} s'}",
                fix="check that the file plays, and that the times lie within it",
            )


def _shown(src: Path, change: Change) -> Iterator[tuple[Pixels, float, float]]:
    """Yield each frame on screen within the cut with the times from and until it is shown.

    The frame already on screen when the cut starts is shown from there.
    """
    decoded = itertools.chain(_decode(src), [None])
    now = next(decoded)
    while now is not None:
        after = next(decoded)
        start_s, length_s, pixels = now
        end_s = start_s + length_s if after is None else after[0]
        if change.end_s is not None and start_s >= change.end_s:
            return
        if end_s > change.start_s:
            until_s = end_s if change.end_s is None else min(end_s, change.end_s)
            yield pixels, max(start_s, change.start_s), until_s
        now = after


def _decode(src: Path) -> Iterator[tuple[float, float, Pixels]]:
    """Yield (time, duration, RGB pixels) of the frames in order of time, the first at 0."""
    try:
        yield from pictures(src)
    except UnreadableVideo as error:
        raise ReelwiseError(
            f"{src} could not be opened as a video: {error.reason}",
            fix="check that the file is there and plays",
        ) from error
