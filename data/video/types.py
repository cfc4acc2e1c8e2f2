"""Requests and results of decoding, shared by the decoders, their child processes and callers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
FrameFit = Literal["squash", "crop", "pad"]
DecodeState = Literal["done", "partial", "failed"]
OnProgress = Callable[[], None]
"""Called often while a decoder works: it distinguishes a slow file from a stuck decoder."""

SAMPLE_FPS = 2.0
"""Frames per second of video that are embedded."""
HELD_S = 10.0
"""A picture that stands longer is sampled for this long only, as long as the longest clip: until
the next one, nothing new is shown."""
FRAMES_PER_BATCH = 64
LONGEST_VIDEO_S = 48 * 3600.0
"""Videos that show more than this are refused; time in which one picture stands does not count."""


@dataclass(frozen=True)
class FrameSpec:
    """Size and fit of the frames that an encoder takes."""

    width_px: int
    """Width of every frame."""
    height_px: int
    """Height of every frame."""
    fit: FrameFit = "squash"
    """squash: each side is scaled separately; crop: covers, cut to the centre; pad: fits inside."""
    fill_rgb: tuple[int, int, int] = (0, 0, 0)
    """Colour of the bars that `pad` adds."""

    def __post_init__(self) -> None:
        """Refuse empty frames."""
        if min(self.width_px, self.height_px) < 1:
            raise ValueError(
                f"frame of {self.width_px}x{self.height_px} px; both sides must be >= 1"
            )

    @property
    def frame_bytes(self) -> int:
        """Bytes of one RGB frame."""
        return self.width_px * self.height_px * 3


@dataclass(frozen=True)
class DecodeRequest:
    """One video, or a range of it, to sample."""

    path: Path
    """The file."""
    spec: FrameSpec
    """Size and fit of the frames."""
    fps: float = SAMPLE_FPS
    """Samples per second of video."""
    start_s: float = 0.0
    """Start of the range."""
    end_s: float | None = None
    """End of the range, not included; None for the end of the video."""
    decoder: str = "auto"
    """One of `decoding.DECODERS`, or "auto" for the first that can read the file."""
    key: int = 0
    """The caller's number for this request; `DecodePool.run` returns it with every result."""
    most_frames: int | None = None
    """Most frames; a longer range is sampled at fewer than `fps`. None for no limit."""

    def __post_init__(self) -> None:
        """Refuse empty ranges, no frames, and rates that are not positive."""
        if not self.fps > 0:
            raise ValueError(f"fps={self.fps}; must be > 0")
        if self.most_frames is not None and self.most_frames < 1:
            raise ValueError(f"most_frames={self.most_frames}; must be >= 1")
        if self.start_s < 0 or (self.end_s is not None and self.end_s <= self.start_s):
            raise ValueError(f"range {self.start_s}..{self.end_s} s; needs 0 <= start_s < end_s")


@dataclass(frozen=True)
class Sample:
    """One sampled frame, not drawn yet."""

    time_s: float
    """When it is shown."""
    draw: Callable[[Pixels], None]
    """Writes its pixels into an (h, w, 3) array; valid until the next sample is taken."""


@dataclass(frozen=True, eq=False)
class FrameBatch:
    """Some frames of one video, in order."""

    pixels: Pixels
    """(n, h, w, 3) uint8 RGB, 1 <= n <= `FRAMES_PER_BATCH`; a copy that belongs to the receiver."""
    times_s: NDArray[np.float64]
    """(n,) seconds from the start of the video, ascending: when each frame is shown."""
    keyframes_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Key frames of the file up to the last of these frames and after those of the batch before: of
    several between two samples the last. A file without times has none."""


@dataclass(frozen=True)
class VideoInfo:
    """What a file says about itself."""

    codec: str
    """Name of the codec: h264, vp9, ..."""
    width_px: int
    """Width as shown, after rotation and pixel shape."""
    height_px: int
    """Height as shown, after rotation and pixel shape."""
    fps: float
    """Mean frames per second; 0.0 where the file does not say."""
    duration_s: float
    """Length according to the file; where it does not say, the sum of its packets."""
    recorded_us: int | None = None
    """When it was recorded, microseconds since 1970 UTC; None where the file does not say."""


@dataclass(frozen=True)
class Ending:
    """How the decoding of one video ended."""

    state: DecodeState
    """done: at least 98 % of the length that the file promises; partial: less; failed: no frame."""
    reason: str = ""
    """What a person needs to know; empty when done."""
    decoded_s: float = 0.0
    """Seconds of video that were decoded."""
    decoder: str = ""
    """Name of the decoder that read the file; empty where none was reached."""
    cpu_s: float = 0.0
    """CPU seconds of the child process."""
    info: VideoInfo | None = None
    """What the file says about itself; None where it could not be opened."""
