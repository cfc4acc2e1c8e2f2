"""Pictures and sound of any part of one opened video, at times of its one clock."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from data.video.decoders.demuxing.packets import SoundPackets
from data.video.decoders.opening import OpenVideo, open_video
from data.video.decoders.paint import Painter
from data.video.decoders.pyav_decoder import PyavDecoding
from data.video.decoders.work import Work
from data.video.excerpts.sound import SoundRange
from data.video.sound.tracks import tracks_of
from data.video.types import DecodeRequest, FrameSpec, OnProgress, Pixels

LARGEST_PX = 8192
"""Longest side of a picture that is written."""
FASTEST_HZ = 1000.0
"""Pictures a second that are written at most."""
SLACK = 0.9
"""Pictures may come this much sooner, as a share of their distance: times are rounded."""


@dataclass
class Source:
    """An open video; any part of it can be read, in any order."""

    video: OpenVideo
    packets: dict[int, SoundPackets]
    on_progress: OnProgress

    @property
    def length_s(self) -> float:
        """How long the picture lasts."""
        return max(self.video.table.end_s, self.video.info.duration_s)

    def track(self) -> AudioStream | None:
        """The sound that is heard; None for a silent film."""
        tracks = tracks_of(self.video.container, self.packets)
        heard = [one for one in tracks if not self.packets[one.index].is_encrypted]
        return heard[0] if heard else None

    def pictures(
        self,
        start_s: float,
        end_s: float,
        *,
        longest_px: int = LARGEST_PX,
        most_hz: float = FASTEST_HZ,
    ) -> Iterator[tuple[float, Pixels]]:
        """Pictures (h, w, 3) with the time from which each is shown; the first is at the start.

        Damaged pictures are left out; where none is left the part is black. Width and height are
        even, and the same in every part.

        Args:
            start_s: Start of the part.
            end_s: Its end.
            longest_px: Longest side of a picture; larger ones are made smaller.
            most_hz: Pictures a second at most; of more some are left out.
        """
        with self.video.again() as container:
            # A decoder of its own: one that was used does not begin anew.
            stream = container.streams.video[self._place()]
            video = replace(
                self.video,
                container=container,
                stream=stream,
                work=Work(self.video.table.size_bytes),
            )
            decoding = PyavDecoding(
                video, DecodeRequest(video.path, FrameSpec(1, 1)), self.on_progress
            )
            shown = _thinned(decoding.between(start_s, end_s), SLACK / most_hz)
            yield from _drawn(video, decoding, shown, start_s, longest_px)

    def _place(self) -> int:
        """Number of the film among the picture streams of the file."""
        indexes = [each.index for each in self.video.container.streams.video]
        return indexes.index(self.video.stream.index)

    def sound(self, start_s: float, end_s: float, rate_hz: int) -> NDArray[np.float32]:
        """(2, n) stereo samples of a part, n = its length times the rate; silence where none is."""
        track = self.track()
        wanted = round(start_s * rate_hz), round(end_s * rate_hz)
        if track is None:
            return np.zeros((2, wanted[1] - wanted[0]), np.float32)
        reader = SoundRange(self.video, track.index, self.packets[track.index], self.on_progress)
        return reader.samples(*wanted, rate_hz)

    @classmethod
    @contextmanager
    def opened(cls, path: Path, on_progress: OnProgress = lambda: None) -> Iterator[Self]:
        """Open a video.

        Raises:
            UnreadableVideo: It is none, or none that can be opened.
        """
        packets: dict[int, SoundPackets] = {}
        with open_video(path, on_progress=on_progress, sounds=packets) as video:
            yield cls(video, packets, on_progress)


def _thinned(
    frames: Iterator[tuple[float, VideoFrame]], least_s: float
) -> Iterator[tuple[float, VideoFrame]]:
    """The frames that are shown for some time before the next one that is taken."""
    last_s = -math.inf
    for time_s, frame in frames:
        if time_s - last_s >= least_s:
            last_s = time_s
            yield time_s, frame


def _drawn(
    video: OpenVideo,
    decoding: PyavDecoding,
    shown: Iterator[tuple[float, VideoFrame]],
    start_s: float,
    longest_px: int,
) -> Iterator[tuple[float, Pixels]]:
    """The pictures of frames, the first from the start on; one black picture for none."""
    painter: Painter | None = None
    size = size_px(video, longest_px)
    for time_s, frame in shown:
        is_first = painter is None
        if painter is None:  # only a frame tells whether pictures are turned
            size = size_px(video, longest_px)
            painter = Painter(FrameSpec(*size))
        pixels = np.empty((size[1], size[0], 3), np.uint8)
        decoding.draw(painter, frame, pixels)
        yield start_s if is_first else time_s, pixels
    if painter is None:
        yield start_s, np.zeros((size[1], size[0], 3), np.uint8)


def size_px(video: OpenVideo, longest_px: int) -> tuple[int, int]:
    """Width and height at which a video is written."""
    info = video.info
    scale = min(1.0, longest_px / max(info.width_px, info.height_px))
    return _even(info.width_px * scale), _even(info.height_px * scale)


def _even(side: float) -> int:
    return max(2, 2 * round(side / 2))
