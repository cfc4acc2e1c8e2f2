"""Pictures and sound to H.264 and AAC: one piece of a stream, or a whole file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from data.video.excerpts.covers import Cover, cover_picture, silence
from data.video.excerpts.fragments import fragment_of, head_of
from data.video.excerpts.source import Source
from data.video.types import Pixels

BASE = Fraction(1, 90_000)
"""Ticks of the picture."""
RATE_HZ = 48_000
AAC_FRAME = 1024
"""Samples of one packet of AAC."""
LEAD_FRAMES = 2
"""Packets before a piece that are encoded and thrown away: the first one of AAC fades in."""
SOUND_BITS = 128_000
_SLOWEST_HZ, _FASTEST_HZ = 1.0, 60.0


@dataclass(frozen=True)
class Quality:
    """How a picture is encoded."""

    longest_px: int
    """Longest side; larger pictures are made smaller."""
    crf: int
    """Quality of x264: 18 cannot be told from the original, 23 is good."""
    preset: str
    """Speed of x264."""
    b_frames: bool
    """Smaller, but a piece would not begin where it should."""
    most_hz: float
    """Pictures a second at most; of more some are left out."""


STREAMED = Quality(longest_px=1280, crf=23, preset="superfast", b_frames=False, most_hz=30.0)
"""While somebody waits."""
KEPT = Quality(longest_px=8192, crf=18, preset="fast", b_frames=True, most_hz=1000.0)
"""A file to keep."""


def write_piece(
    source: Source, start_s: float, end_s: float, out: Path, covers: Sequence[Cover] = ()
) -> None:
    """Write the fragment of a stream for one interval; what follows after it goes on seamlessly.

    Sound comes in packets of 1024 samples: those that begin in the interval belong to it.
    """
    content = _fragmented(source, start_s, end_s, covers)
    sound = ceil(start_s * RATE_HZ / AAC_FRAME) * AAC_FRAME
    out.write_bytes(fragment_of(content, {1: round(start_s / BASE), 2: sound}))


def write_head(source: Source, out: Path) -> None:
    """Write what comes before the fragments of a stream: sizes and codecs, no picture."""
    out.write_bytes(head_of(_fragmented(source, 0.0, min(0.1, max(source.length_s, 0.01)), ())))


def write_clip(
    source: Source, start_s: float, end_s: float, out: Path, covers: Sequence[Cover] = ()
) -> None:
    """Write an interval as a file of its own, exactly; the suffix names the container."""
    options = {"movflags": "+faststart"} if out.suffix in (".mp4", ".m4v", ".mov") else {}
    with av.open(str(out), "w", options=options) as container:
        writer = _Writer(container, source, _Part(start_s, end_s, covers), KEPT)
        sounds = iter(writer.whole_sound())
        sound = next(sounds, None)
        for packet in writer.picture():
            while sound is not None and _time_s(sound) <= _time_s(packet):
                container.mux(sound)
                sound = next(sounds, None)
            container.mux(packet)
        for rest in (sound, *sounds):
            if rest is not None:
                container.mux(rest)


@dataclass(frozen=True)
class _Part:
    """An interval, and what is not shown of the video."""

    start_s: float
    end_s: float
    covers: Sequence[Cover]


def _fragmented(source: Source, start_s: float, end_s: float, covers: Sequence[Cover]) -> bytes:
    """A whole fragmented MP4 of one interval, its times counted from its own beginning."""
    from io import BytesIO

    memory = BytesIO()
    options = {"movflags": "frag_custom+empty_moov+default_base_moof+skip_trailer",
               "use_editlist": "0", "fflags": "+bitexact"}  # fmt: skip
    with av.open(memory, "w", format="mp4", options=options) as container:
        writer = _Writer(container, source, _Part(start_s, end_s, covers), STREAMED)
        for packet in writer.picture():
            container.mux(packet)
        for packet in writer.sound_packets():
            container.mux(packet)
    return memory.getvalue()


class _Writer:
    """The two streams of one interval."""

    def __init__(self, container: Any, source: Source, part: _Part, quality: Quality) -> None:
        self._source = source
        self._start_s, self._end_s = part.start_s, part.end_s
        self._covers = part.covers
        self._quality = quality
        self._shown = source.pictures(
            part.start_s, part.end_s, longest_px=quality.longest_px, most_hz=quality.most_hz
        )
        self._first = next(self._shown)
        self._picture = self._picture_stream(container)
        self._sound: Any = None
        if source.track() is not None:
            self._sound = container.add_stream("aac", rate=RATE_HZ, layout="stereo")
            self._sound.bit_rate = SOUND_BITS
            self._sound.time_base = Fraction(1, RATE_HZ)

    def _picture_stream(self, container: Any) -> Any:
        fps = self._source.video.info.fps or 25.0
        rate = Fraction(min(max(fps, _SLOWEST_HZ), _FASTEST_HZ)).limit_denominator(1001)
        stream: Any = container.add_stream("libx264", rate=rate)
        height_px, width_px = self._first[1].shape[:2]
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.codec_context.time_base = stream.time_base = BASE
        stream.codec_context.gop_size = 250
        stream.codec_context.thread_count = 1
        stream.codec_context.max_b_frames = 2 if self._quality.b_frames else 0
        stream.options = {"crf": str(self._quality.crf), "preset": self._quality.preset,
                          "profile": "high", "flags": "+bitexact"}  # fmt: skip
        return stream

    def picture(self) -> Iterator[Any]:
        """The packets of the picture."""
        context = self._picture.codec_context
        for pixels, first, length in self._timed():
            self._source.on_progress()
            shown_s = self._start_s + float(first * BASE)
            seen = cover_picture(pixels, shown_s, shown_s + float(length * BASE), self._covers)
            frame = VideoFrame.from_ndarray(seen, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base, frame.duration = first, BASE, length
            yield from self._of(self._picture, context.encode(frame))
        yield from self._of(self._picture, context.encode(None))

    def _timed(self) -> Iterator[tuple[Pixels, int, int]]:
        """Each picture with its first tick and the number of ticks for which it is shown."""
        whole = max(1, round((self._end_s - self._start_s) / BASE))
        (_, pixels), at = self._first, 0
        for time_s, following in self._shown:
            after = min(round((time_s - self._start_s) / BASE), whole - 1)
            if after > at:
                yield pixels, at, after - at
                at = after
            pixels = following
        yield pixels, at, whole - at

    def whole_sound(self) -> Iterator[Any]:
        """The packets of all sound of the interval."""
        if self._sound is None:
            return
        samples = self._source.sound(self._start_s, self._end_s, RATE_HZ)
        silence(samples, round(self._start_s * RATE_HZ), RATE_HZ, self._covers)
        yield from self._encoded(samples)

    def sound_packets(self) -> Iterator[Any]:
        """The packets that begin in the interval, counted from the first of them."""
        if self._sound is None:
            return
        first = ceil(self._start_s * RATE_HZ / AAC_FRAME)
        after = max(first + 1, ceil(self._end_s * RATE_HZ / AAC_FRAME))
        fed = [(first - LEAD_FRAMES) * AAC_FRAME, (after + 1) * AAC_FRAME]
        samples = self._source.sound(max(0, fed[0]) / RATE_HZ, fed[1] / RATE_HZ, RATE_HZ)
        silence(samples, max(0, fed[0]), RATE_HZ, self._covers)
        silent = np.zeros((2, fed[1] - fed[0] - samples.shape[1]), np.float32)
        for packet in self._encoded(np.concatenate([silent, samples], axis=1)):
            number = (packet.pts or 0) // AAC_FRAME - LEAD_FRAMES
            if 0 <= number < after - first:
                packet.pts = packet.dts = number * AAC_FRAME
                yield packet

    def _encoded(self, samples: Any) -> Iterator[Any]:
        context = self._sound.codec_context
        for first in range(0, samples.shape[1], AAC_FRAME):
            part = np.ascontiguousarray(samples[:, first : first + AAC_FRAME])
            frame = AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), first
            yield from self._of(self._sound, context.encode(frame))
        yield from self._of(self._sound, context.encode(None))

    def _of(self, stream: Any, packets: Any) -> Iterator[Any]:
        for packet in packets:
            packet.stream = stream
            yield packet


def _time_s(packet: Any) -> float:
    return float((packet.dts if packet.dts is not None else packet.pts or 0) * packet.time_base)
