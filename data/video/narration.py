"""Give a film spoken words: made by espeak-ng where it is installed, laid at known times."""

import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from data.errors import ReelwiseError

PROGRAM = "espeak-ng"
PACKAGE = "espeak-ng"
"""The Debian package that has it."""
RATE_HZ = 22_050
"""Samples a second that espeak-ng makes."""
_LONGEST_S = 60.0
_FRAME = 1024


@dataclass(frozen=True)
class Voice:
    """How espeak-ng speaks."""

    name: str = "en-us"
    """One of `espeak-ng --voices`."""
    words_per_minute: int = 140
    """Its pace."""
    gap: int = 1
    """Pause between words, in hundredths of a second at the usual pace."""


@dataclass(frozen=True)
class Spoken:
    """A sentence and when it is said."""

    start_s: float
    """When its voice begins."""
    text: str
    """What is said."""


def can_speak() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which(PROGRAM) is not None


def speak(text: str, voice: Voice | None = None) -> NDArray[np.float32]:
    """(n,) samples of a sentence, -1 to 1, `RATE_HZ` a second; the same for the same words.

    Raises:
        ReelwiseError: espeak-ng is not installed, or does not know the voice.
    """
    voice = voice or Voice()
    program = shutil.which(PROGRAM)
    if program is None:
        raise ReelwiseError(
            f"{PROGRAM} is not installed, which makes speech",
            fix=f"apt-get install {PACKAGE}",
        )
    command = [program, "-v", voice.name, "-s", str(voice.words_per_minute), "-g", str(voice.gap)]
    done = subprocess.run(
        [*command, "--stdout", "--", text], capture_output=True, timeout=_LONGEST_S, check=False
    )
    if done.returncode or len(done.stdout) < 100:
        words = done.stderr.decode(errors="replace").strip()
        raise ReelwiseError(f"{PROGRAM} cannot speak: {words}", fix=f"{PROGRAM} --voices")
    with wave.open(BytesIO(done.stdout)) as sound:
        head = len(done.stdout) % 2 + 44  # its length is not in the header of a stream
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE_HZ, 1, 2)
    codes = np.frombuffer(done.stdout[head:], "<i2")
    return codes.astype(np.float32) / np.float32(32768)


def narrate(
    film: Path, to: Path, spoken: Sequence[Spoken], voice: Voice | None = None
) -> list[tuple[float, float]]:
    """Write a copy of a film with these sentences as its only sound; the picture stays as it is.

    Returns:
        When each begins and ends, in seconds.

    Raises:
        ReelwiseError: espeak-ng is not installed, or sentences overlap.
    """
    voices = [speak(each.text, voice) for each in spoken]
    ends_s = [s.start_s + len(v) / RATE_HZ for s, v in zip(spoken, voices, strict=True)]
    for end_s, after in zip(ends_s, spoken[1:], strict=False):
        if end_s > after.start_s:
            raise ReelwiseError(
                f"{after.text!r} begins at {after.start_s:g} s, before what is said ends",
                fix=f"begin it at {end_s:.1f} s or later",
            )
    sound = np.zeros(round(max(ends_s, default=0.0) * RATE_HZ) + 1, np.float32)
    for sentence, samples in zip(spoken, voices, strict=True):
        first = round(sentence.start_s * RATE_HZ)
        sound[first : first + len(samples)] = samples[: len(sound) - first]
    mux_sound(film, to, sound, rate_hz=RATE_HZ)
    return [(each.start_s, end_s) for each, end_s in zip(spoken, ends_s, strict=True)]


def mux_sound(film: Path, to: Path, samples: NDArray[np.float32], *, rate_hz: int) -> None:
    """Write a copy of a film with this mono sound, which begins with its picture.

    The suffix of `to` names the container; it appears only when it is complete.

    Raises:
        ReelwiseError: The picture cannot be copied.
    """
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.stem}-") as folder:
        part = Path(folder) / to.name
        with av.open(str(film.absolute())) as source, av.open(str(part), "w") as out:
            picture = source.streams.video[0]
            copy: Any = out.add_stream_from_template(picture)
            packets = [packet for packet in source.demux(picture) if packet.dts is not None]
            first = _first(film, picture, [p.pts for p in packets if p.pts is not None])
            for packet in packets:
                packet.pts = None if packet.pts is None else packet.pts - first
                packet.dts = None if packet.dts is None else packet.dts - first
                packet.stream = copy
            sounds = _encoded(out, samples, rate_hz)
            for packet in sorted([*packets, *sounds], key=_time_s):
                out.mux(packet)
        part.replace(to)


def _first(film: Path, picture: Any, stamps: Sequence[int]) -> int:
    """The first of the picture's time stamps.

    Raises:
        ReelwiseError: It has none, or its header is not in the container.
    """
    context = picture.codec_context
    if not stamps or (context.name in ("h264", "hevc") and not context.extradata):
        raise ReelwiseError(
            f"the picture of {film.name} cannot be copied: its container lacks its header or times",
            fix=f"convert it: ffmpeg -i {film.name} copy.mp4",
        )
    return min(stamps)


def _encoded(out: Any, samples: NDArray[np.float32], rate_hz: int) -> list[Any]:
    stream: Any = out.add_stream("aac", rate=rate_hz, layout="mono")
    stream.bit_rate = 64_000
    packets = []
    for first in range(0, len(samples), _FRAME):
        frame = AudioFrame.from_ndarray(
            samples[None, first : first + _FRAME].astype(np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), first
        packets += stream.codec_context.encode(frame)
    packets += stream.codec_context.encode(None)
    for packet in packets:
        packet.stream = stream
    return packets


def _time_s(packet: Any) -> float:
    return float((packet.dts or 0) * packet.time_base)
