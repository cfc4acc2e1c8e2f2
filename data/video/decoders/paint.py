"""Convert a decoded frame to the RGB pixels of a `FrameSpec`.

One pass of swscale goes from YUV to RGB at the final size: conversion at full size costs far more.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from data.video.types import FrameSpec, Pixels

SHRINK_WITH = Interpolation.AREA
"""Below half size, averaging looks like bicubic and costs half as much."""
SCALE_WITH = Interpolation.BICUBIC
HD_HEIGHT_PX = 720
"""Video without a colour tag is BT.709 from this height on and BT.601 below, as in players."""


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
            wide = max(spec.width_px, round(width * scale))
            return cls(wide, max(spec.height_px, round(height * scale)), spec)
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


def quarter_turns(frame: VideoFrame) -> int:
    """Counter-clockwise quarter turns that make a frame upright, 0 to 3."""
    return round(frame.rotation / 90) % 4


class Painter:
    """Draws frames for one spec; keeps swscale's tables between frames of one size."""

    def __init__(self, spec: FrameSpec) -> None:
        self._spec = spec
        self._scaler = VideoReformatter()

    def paint(self, frame: VideoFrame, shape: float, out: Pixels) -> None:
        """Draw a frame upright into `out` (h, w, 3) uint8; `shape`: a pixel's width over height."""
        turns = quarter_turns(frame)
        wide, high = frame.width * shape, float(frame.height)
        layout = Layout.of(self._spec, *((high, wide) if turns % 2 else (wide, high)))
        scaled = _rgb(self._scaler, frame, layout, sideways=turns % 2 == 1)
        layout.place(np.rot90(scaled, turns) if turns else scaled, out)


def _rgb(scaler: VideoReformatter, frame: VideoFrame, layout: Layout, *, sideways: bool) -> Pixels:
    width, height = layout.scaled_w, layout.scaled_h
    if sideways:
        width, height = height, width
    shrinks = frame.width >= 2 * width and frame.height >= 2 * height
    drawn = scaler.reformat(
        frame,
        width=width,
        height=height,
        format="rgb24",
        src_colorspace=_colorspace(frame),
        interpolation=SHRINK_WITH if shrinks else SCALE_WITH,
        threads=1,
    )
    return _pixels(drawn)


def _pixels(frame: VideoFrame) -> Pixels:
    """View of an RGB frame's memory, without the padding of its rows."""
    plane = frame.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    pixels: Pixels = lines[: frame.height, : frame.width * 3].reshape(frame.height, frame.width, 3)
    return pixels


def scale_rgb(pixels: Pixels, width: int, height: int) -> Pixels:
    """(h, w, 3) uint8 RGB at another size."""
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    return _pixels(frame.reformat(width=width, height=height, interpolation=SCALE_WITH)).copy()


def _colorspace(frame: VideoFrame) -> Colorspace | None:
    untagged = int(frame.colorspace) in (2, int(Colorspace.DEFAULT))
    return Colorspace.ITU709 if untagged and frame.height >= HD_HEIGHT_PX else None
