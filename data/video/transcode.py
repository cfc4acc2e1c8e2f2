"""Changed copies of video files, as queries and damaged libraries have them."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from data.errors import ReelwiseError, UnreadableVideo
from data.video.decoders.pictures import pictures
from data.video.types import Pixels
from data.video.write import VideoSink

_TICKS_PER_S = 60_000  # MPEG-4 has 16 bits for it
_BASE = Fraction(1, _TICKS_PER_S)


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
    mirrored: bool = False
    """Left and right change places."""
    border: float = 0.0
    """Share of width and height that a black border takes on each side; the size stays."""
    logo: float = 0.0
    """Side of a white square with a dark ring in the upper right corner, as a share of the
    height."""
    codec: str = "h264"
    """Codec of the copy: h264, mpeg4 or vp9."""

    def size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Return the size written for a frame of this size: even, as H.264 in 4:2:0 needs."""
        wanted = self.size or (
            width_px * self.crop * self.scale,
            height_px * self.crop * self.scale,
        )
        return max(2, 2 * round(wanted[0] / 2)), max(2, 2 * round(wanted[1] / 2))

    def apply(self, pixels: Pixels) -> Pixels:
        """Return the frame cropped, mirrored, resized, desaturated, barred, bordered, marked."""
        height_px, width_px = pixels.shape[:2]
        size_px = self.size_px(width_px, height_px)
        kept_h, kept_w = max(1, round(height_px * self.crop)), max(1, round(width_px * self.crop))
        top, left = (height_px - kept_h) // 2, (width_px - kept_w) // 2
        out = np.ascontiguousarray(pixels[top : top + kept_h, left : left + kept_w])
        if self.mirrored:
            out = np.ascontiguousarray(out[:, ::-1])
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
        return self._marked(self._bordered(out))

    def _bordered(self, out: Pixels) -> Pixels:
        """The picture made smaller inside a black border."""
        if self.border <= 0:
            return out
        height_px, width_px = out.shape[:2]
        left, top = round(width_px * self.border), round(height_px * self.border)
        inner = (max(1, width_px - 2 * left), max(1, height_px - 2 * top))
        framed = np.zeros_like(out)
        small = cv2.resize(out, inner, interpolation=cv2.INTER_AREA)
        framed[top : top + inner[1], left : left + inner[0]] = small
        return framed

    def _marked(self, out: Pixels) -> Pixels:
        """The picture with a logo."""
        side = round(out.shape[0] * self.logo)
        if side > 0:
            edge, ring = side // 3, max(1, side // 4)
            right = out.shape[1] - edge
            square = out[edge : edge + side, max(0, right - side) : right]
            square[:] = 255
            square[ring:-ring, ring:-ring] = (40, 40, 120)
        return out


def transcode(src: Path, dst: Path, change: Change | None = None) -> None:
    """Write a changed copy of the picture track: cut, resized, cropped, mirrored, faster and so on.

    Frames keep their presentation times (less the cut, over the speed), so that a variable frame
    rate stays one. Sound and damaged frames are left out. The suffix of `dst` names the container.

    Raises:
        ReelwiseError: No frame could be read in this part.
    """
    join([(src, change or Change())], dst)


def join(parts: Sequence[tuple[Path, Change]], dst: Path) -> None:
    """Write changed parts of videos one after the other, in the size and codec of the first.

    Raises:
        ReelwiseError: No frame could be read of one of them.
    """
    with VideoSink(dst, codec=parts[0][1].codec, crf=parts[0][1].crf) as sink:
        last, size = -1, None
        for src, change in parts:
            change = change if size is None else replace(change, size=size)
            before = last
            last, size = _append(sink, src, change, last + 1)
            if last == before:
                raise _nothing(src, change)


def _append(
    sink: VideoSink, src: Path, change: Change, from_tick: int
) -> tuple[int, tuple[int, int] | None]:
    """Write the frames of one part from a tick on; gives the last tick shown, and the size."""
    last, size = from_tick - 1, change.size
    for pixels, start_s, end_s in _shown(src, change):
        first = from_tick + round((start_s - change.start_s) / change.speed * _TICKS_PER_S)
        after = from_tick + round((end_s - change.start_s) / change.speed * _TICKS_PER_S)
        if first > last:
            out = change.apply(pixels)
            sink.write(out, first, max(after - first, 1), _BASE)
            last, size = max(after - 1, first), (out.shape[1], out.shape[0])
    return last, size


def _nothing(src: Path, change: Change) -> ReelwiseError:
    end = "its end" if change.end_s is None else f"{change.end_s:g} s"
    return ReelwiseError(
        f"no frame of {src} could be read between {change.start_s:g} s and {end}",
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
