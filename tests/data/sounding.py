"""Small videos with sound whose beeps prove when it is heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av  # noqa: TID251  (tests make their own clips)
import numpy as np
from av.audio.frame import AudioFrame  # noqa: TID251
from av.stream import Disposition  # noqa: TID251
from numpy.typing import NDArray

from data.video.sound.types import RATE_HZ, SoundPiece

BEEP_S = 0.1
FRAME = 1024


def beeps(
    length_s: float, at_s: Iterable[float], *, rate_hz: int = 48_000, tone_hz: float = 700.0
) -> NDArray[np.float32]:
    """Silence with a beep of a tenth of a second at each of these times; (n,)."""
    samples = np.zeros(round(length_s * rate_hz), np.float32)
    tone = 0.5 * np.sin(2 * np.pi * tone_hz * np.arange(round(BEEP_S * rate_hz)) / rate_hz)
    for time_s in at_s:
        first = round(time_s * rate_hz)
        samples[first : first + len(tone)] = tone[: len(samples) - first]
    return samples


def heard(pieces: Iterable[SoundPiece]) -> list[float]:
    """When beeps begin, to a hundredth of a second."""
    found: list[float] = []
    last_s = -1.0
    for piece in pieces:
        loud = np.flatnonzero(np.abs(piece.samples) > 0.1) / RATE_HZ + piece.start_s
        for time_s in loud.tolist():
            if time_s - last_s > BEEP_S / 2:
                found.append(round(time_s, 2))
            last_s = time_s
    return found


@dataclass
class Sound:
    """One sound stream to write."""

    samples: NDArray[np.float32]
    """(n,) or (n, channels)."""
    start_s: float = 0.0
    rate_hz: int = 48_000
    layout: str = "mono"
    codec: str = "aac"
    gaps: Sequence[tuple[float, float]] = ()
    """(from, length) in seconds of its own time: nothing is written there, and time goes on."""
    marks: Disposition = field(default_factory=lambda: Disposition(0))
    language: str = ""
    title: str = ""
    options: dict[str, str] = field(default_factory=dict)


def film(
    path: Path,
    *sounds: Sound,
    length_s: float = 4.0,
    fps: int = 10,
    start_s: float = 0.0,
    container: dict[str, str] | None = None,
) -> Path:
    """Write a grey film with these sounds, interleaved by time."""
    with av.open(str(path), "w", options=container or {}) as out:
        video: Any = out.add_stream("mpeg4" if path.suffix == ".ts" else "libx264", rate=fps)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        packets = _pictures(video, round(length_s * fps), fps, start_s)
        for sound in sounds:
            packets += _sound(out, sound)
        for _, packet in sorted(packets, key=lambda pair: pair[0]):
            out.mux(packet)
    return path


def _pictures(video: Any, n: int, fps: int, start_s: float) -> list[tuple[float, Any]]:
    packets = []
    for number in range(n):
        picture = np.full((48, 64, 3), 40 + 8 * (number % 16), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = round(1000 * (start_s + number / fps)), Fraction(1, 1000)
        packets += video.encode(frame)
    packets += video.encode(None)
    return [(float(packet.dts * packet.time_base), packet) for packet in packets]


def _sound(out: Any, sound: Sound) -> list[tuple[float, Any]]:
    stream: Any = out.add_stream(
        sound.codec, rate=sound.rate_hz, layout=sound.layout, options=sound.options
    )
    stream.disposition = sound.marks
    if sound.language:
        stream.metadata["language"] = sound.language
    if sound.title:
        stream.metadata["title"] = sound.title
    context = stream.codec_context
    samples = sound.samples if sound.samples.ndim == 2 else sound.samples[:, None]
    n_channels = context.layout.nb_channels
    samples = np.repeat(samples, n_channels, axis=1) if samples.shape[1] == 1 else samples
    packets = []
    for first in range(0, len(samples), FRAME):
        time_s = first / sound.rate_hz
        if any(begins <= time_s < begins + length for begins, length in sound.gaps):
            continue
        packets += context.encode(_frame(samples[first : first + FRAME], context, sound, time_s))
    packets += context.encode(None)
    for packet in packets:
        packet.stream = stream
    return [(float((packet.dts or 0) * packet.time_base), packet) for packet in packets]


def _frame(samples: NDArray[np.float32], context: Any, sound: Sound, time_s: float) -> AudioFrame:
    name = context.format.name
    values: NDArray[Any] = samples if name.startswith("flt") else np.round(samples * 32767)
    values = values.astype(np.float32 if name.startswith("flt") else np.int16)
    planar = np.ascontiguousarray(values.T if name.endswith("p") else values.reshape(1, -1))
    frame = AudioFrame.from_ndarray(planar, format=name, layout=sound.layout)
    frame.sample_rate = sound.rate_hz
    frame.time_base = Fraction(1, sound.rate_hz)
    frame.pts = round((sound.start_s + time_s) * sound.rate_hz)
    return frame
