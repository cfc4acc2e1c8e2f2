"""Changed copies of video files, as queries and damaged libraries have them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from data.errors import ReelwiseError, UnreadableVideo
from data.video.decoders.pictures import pictures
from data.video.types import Pixels
from data.video.write import VideoSink

_TICKS_PER_S = 90_000


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
    with VideoSink(dst, codec="h264", crf=change.crf) as sink:
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
