"""Convert a decoded frame to the RGB pixels of a `FrameSpec`, as a player shows it.

Upright (all eight orientations), with the shape of its pixels, in the colours that its tags say,
HDR as a standard picture, and of interlaced pictures one field. One pass of swscale goes from YUV
to RGB at the final size: conversion at full size costs far more.
"""

from dataclasses import dataclass
from typing import Any, Self

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from data.video.decoders.tone import HDR, Grade
from data.video.types import FrameSpec, Pixels

SHRINK_WITH = Interpolation.AREA
"""Below half size, averaging looks like bicubic and costs half as much."""
SCALE_WITH = Interpolation.BICUBIC
HD_HEIGHT_PX = 720
"""Video without a colour tag is BT.709 from this height on and BT.601 below, as in players."""
LONGEST_SIDE = 16
"""No picture is scaled to more than this many times a side of its frame: a strip of a few pixels
is squeezed instead."""
STEEPEST = 8
"""Side of the picture over that of the frame from which only averaging works: swscale has no longer
filters."""
_MATRICES = frozenset((0, 1, 4, 5, 6, 7, 9))
"""Colour matrices (ITU-T H.273) that swscale knows; it refuses frames with others."""
_BT2020_CONSTANT = 10


@dataclass(frozen=True)
class Layout:
    """Where a scaled upright picture lies in the frame of a `FrameSpec`."""

    scaled_w: int
    """Width that the picture is scaled to."""
    scaled_h: int
    """Height that the picture is scaled to."""
    spec: FrameSpec
    """The frame."""

    @classmethod
    def of(cls, spec: FrameSpec, width: float, height: float) -> Self:
        """Layout of a picture with this display size."""
        if spec.fit == "squash":
            return cls(spec.width_px, spec.height_px, spec)
        ratios = (spec.width_px / width, spec.height_px / height)
        if spec.fit == "crop":
            scale = max(ratios)
            wide = min(max(spec.width_px, round(width * scale)), LONGEST_SIDE * spec.width_px)
            high = min(max(spec.height_px, round(height * scale)), LONGEST_SIDE * spec.height_px)
            return cls(wide, high, spec)
        scale = min(ratios)
        wide = min(spec.width_px, max(1, round(width * scale)))
        return cls(wide, min(spec.height_px, max(1, round(height * scale))), spec)

    def place(self, scaled: Pixels, out: Pixels) -> None:
        """Cut or pad a scaled upright picture into `out`."""
        spec = self.spec
        if spec.fit == "pad":
            top = (spec.height_px - self.scaled_h) // 2
            left = (spec.width_px - self.scaled_w) // 2
            if scaled.shape != out.shape:
                out[...] = spec.fill_rgb
            out[top : top + self.scaled_h, left : left + self.scaled_w] = scaled
            return
        top = (self.scaled_h - spec.height_px) // 2
        left = (self.scaled_w - spec.width_px) // 2
        out[...] = scaled[top : top + spec.height_px, left : left + spec.width_px]


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways in which a stored picture lies on the screen."""

    is_turned: bool = False
    """Rows become columns, before any mirroring."""
    mirrors_x: bool = False
    """Left becomes right, on the screen."""
    mirrors_y: bool = False
    """Top becomes bottom, on the screen."""

    @classmethod
    def of(cls, frame: VideoFrame) -> Self:
        """The orientation next to a frame's display matrix (`libavutil/display.h`)."""
        matrix: Any = frame.side_data.get("DISPLAYMATRIX")
        if matrix is None:
            return cls()
        a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def apply(self, pixels: Pixels) -> Pixels:
        """View of (h, w, 3) stored pixels as they are shown."""
        shown = pixels.transpose(1, 0, 2) if self.is_turned else pixels
        return shown[:: -1 if self.mirrors_y else 1, :: -1 if self.mirrors_x else 1]


class Painter:
    """Draws frames for one spec; keeps swscale's tables between frames of one size."""

    def __init__(self, spec: FrameSpec) -> None:
        self._spec = spec
        self._scaler = VideoReformatter()
        self._fields = _Fields()
        self._looks: tuple[Any, ...] = ()
        self._turn = Orientation()
        self._grade: Grade | None = None

    def _look(self, frame: VideoFrame) -> None:
        """Read a frame's side data, once for all frames that look alike.

        A frame whose side data was read refers to itself: its memory waits for the collector.
        """
        tags = (frame.rotation, frame.color_trc, frame.color_primaries)
        looks = (frame.width, frame.height, *tags)
        if looks != self._looks:
            self._looks, self._turn, self._grade = looks, Orientation.of(frame), Grade.of(frame)

    def paint(self, frame: VideoFrame, shape: float, out: Pixels) -> None:
        """Draw a frame upright into `out` (h, w, 3) uint8; `shape`: a pixel's width over height."""
        self._look(frame)
        turn = self._turn
        wide, high = frame.width * shape, float(frame.height)
        layout = Layout.of(self._spec, *((high, wide) if turn.is_turned else (wide, high)))
        size = (layout.scaled_w, layout.scaled_h)
        drawn = self._draw(frame, *(size[::-1] if turn.is_turned else size))
        scaled = _pixels(drawn) if self._grade is None else self._grade.apply(_codes(drawn))
        layout.place(turn.apply(scaled), out)

    def _draw(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        """The frame as RGB at this size, of 16 bits a channel where it is to be graded."""
        matrix = _matrix(frame)
        if frame.interlaced_frame:
            frame = self._fields.upper(frame)
        ratios = frame.width / width, frame.height / height
        shrinks = min(ratios) >= 2 or max(ratios) >= STEEPEST
        return self._scaler.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24" if self._grade is None else "rgb48le",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            interpolation=SHRINK_WITH if shrinks else SCALE_WITH,
            threads=1,
        )


class _Fields:
    """Takes the upper field of interlaced frames: the other one is of another moment."""

    def __init__(self) -> None:
        self._size: tuple[int, int, str] | None = None
        self._graph: Any = None

    def upper(self, frame: VideoFrame) -> VideoFrame:
        """Every second line of a frame, without a copy."""
        size = (frame.width, frame.height, frame.format.name)
        if size != self._size:
            self._size, self._graph = size, av.filter.Graph()
            source = self._graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=frame.time_base,
            )
            field = self._graph.add("field", "type=top")
            sink = self._graph.add("buffersink")
            source.link_to(field)
            field.link_to(sink)
            self._graph.configure()
        self._graph.push(frame)
        upper: VideoFrame = self._graph.pull()
        return upper


def _pixels(frame: VideoFrame) -> Pixels:
    """View of an RGB frame's memory, without the padding of its rows."""
    plane = frame.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    pixels: Pixels = lines[: frame.height, : frame.width * 3].reshape(frame.height, frame.width, 3)
    return pixels


def _codes(frame: VideoFrame) -> NDArray[np.uint16]:
    """The same of a frame with 16 bits a channel."""
    plane = frame.planes[0]
    lines = np.frombuffer(memoryview(plane), "<u2").reshape(-1, plane.line_size // 2)
    codes: NDArray[np.uint16] = lines[: frame.height, : frame.width * 3]
    return codes.reshape(frame.height, frame.width, 3)


def scale_rgb(pixels: Pixels, width: int, height: int) -> Pixels:
    """(h, w, 3) uint8 RGB at another size."""
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    return _pixels(frame.reformat(width=width, height=height, interpolation=SCALE_WITH)).copy()


def _matrix(frame: VideoFrame) -> Colorspace | None:
    """Colour matrix of a frame where its tag says none that can be used; None where it does."""
    if int(frame.colorspace) in _MATRICES:
        return None
    if frame.color_trc in HDR or frame.colorspace == _BT2020_CONSTANT:
        return Colorspace.BT2020
    return Colorspace.ITU709 if frame.height >= HD_HEIGHT_PX else Colorspace.ITU601
