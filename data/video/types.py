"""The words that everything about reading video shares: what is asked for, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import ReelwiseError

Pixels = NDArray[np.uint8]
Fit = Literal["squash", "crop", "pad"]
DecodeState = Literal["done", "partial", "failed"]
Progress = Callable[[], None]
"""Called often while a decoder works, so that whoever watches can tell slow from stuck."""

SAMPLE_FPS = 2.0
"""Frames per second of video that are embedded."""
FRAMES_PER_BATCH = 64


class UnreadableVideo(ReelwiseError):
    """A file that no picture can be had from.

    Args:
        reason: What is the matter with the file, without its name.
        final: True where no other decoder could do better (empty, text, encrypted, too large).
    """

    def __init__(self, reason: str, *, final: bool = True, fix: str | None = None) -> None:
        super().__init__(reason, fix=fix or "play the file in a video player; replace or remove it")
        self.reason = reason
        self.final = final


@dataclass(frozen=True)
class FrameSpec:
    """The pictures that an encoder wants."""

    width_px: int
    """Width of every delivered frame."""
    height_px: int
    """Height of every delivered frame."""
    fit: Fit = "squash"
    """squash: each side on its own; crop: covers, cut to the centre; pad: fits inside."""
    fill_rgb: tuple[int, int, int] = (0, 0, 0)
    """Colour of the bars that `pad` adds."""

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be drawn."""
        if min(self.width_px, self.height_px) < 1:
            raise ValueError(
                f"frame of {self.width_px}x{self.height_px} px; both sides must be >= 1"
            )

    @property
    def frame_bytes(self) -> int:
        """Bytes of one RGB frame."""
        return self.width_px * self.height_px * 3


@dataclass(frozen=True)
class VideoInfo:
    """What a file says about itself before it is decoded."""

    container: str
    """Name of the container, as `containers.sniff` tells it: mp4, matroska, gif, ..."""
    codec: str
    """Name of the codec: h264, vp9, ..."""
    width_px: int
    """Width as displayed, after rotation and pixel shape."""
    height_px: int
    """Height as displayed, after rotation and pixel shape."""
    fps: float
    """Mean frames per second; 0.0 where the file does not say."""
    duration_s: float
    """Promised length; where the file does not say, what its packets add up to."""
    rotation_deg: int
    """Counter-clockwise turn that makes the picture upright: 0, 90, 180 or 270."""
    n_frames_promised: int | None
    """Frames that the header counts; None where it does not."""


@dataclass(frozen=True)
class FrameBatch:
    """Some frames of one video, in order."""

    pixels: Pixels
    """(n, h, w, 3) uint8 RGB, 1 <= n <= 64."""
    times_s: NDArray[np.float64]
    """(n,) seconds from the start of the video, ascending: when each frame was on the screen."""


@dataclass(frozen=True)
class DecodeRequest:
    """One video to sample."""

    path: Path
    """Absolute path."""
    spec: FrameSpec
    """Size and fit of the frames."""
    fps: float = 2.0
    """Samples per second of video."""
    start_s: float = 0.0
    """First moment wanted."""
    end_s: float | None = None
    """End of what is wanted, not included; None for all."""

    def __post_init__(self) -> None:
        """Refuse ranges and rates without meaning."""
        if not self.fps > 0:
            raise ValueError(f"fps={self.fps}; must be > 0")
        if self.start_s < 0 or (self.end_s is not None and self.end_s <= self.start_s):
            raise ValueError(f"range {self.start_s}..{self.end_s} s; needs 0 <= start_s < end_s")


@dataclass(frozen=True)
class Sample:
    """A frame that is wanted, not yet drawn."""

    time_s: float
    """When it was on the screen."""
    draw: Callable[[Pixels], None]
    """Writes its pixels into an (h, w, 3) array; valid until the next sample is taken."""


@dataclass(frozen=True)
class Outcome:
    """How a decode ended."""

    state: DecodeState
    """done needs at least 98 % of the promised length."""
    reason: str
    """Empty when done; otherwise what a person needs to know."""
    decoded_s: float
    """Seconds of video that could be decoded."""
