"""Where somebody speaks, and the windows in which a model hears it.

Only what holds a voice is transcribed: silence and noise are where models invent text, and most of
a film is neither cheap nor spoken. Stretches with a voice are packed into windows; each remembers
where it lies on the video's clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.video.sound.types import RATE_HZ, SoundPiece
from embeddings.words.speech.settings import Settings

Samples = NDArray[np.float32]

BLOCK_S = 120.0
"""Sound in which voices are looked for at once."""
BEFORE_S = 1.0
"""Sound before a block that the detector hears again, so that a block's border cuts no word."""
SILENT = 1e-4
"""A block whose samples lie closer together than this, three steps of 16 bits, holds no voice."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """Sound with a voice."""

    start_s: float
    """On the video's clock."""
    samples: Samples
    """(n,), `RATE_HZ` a second."""


@dataclass(eq=False)
class Window:
    """Stretches that are heard at once, at most `Settings.window_s`."""

    stretches: list[Stretch] = field(default_factory=list)

    @property
    def samples(self) -> Samples:
        """The stretches, one after the other."""
        return np.concatenate([stretch.samples for stretch in self.stretches])

    @property
    def length_s(self) -> float:
        """Of all stretches."""
        return sum(len(stretch.samples) for stretch in self.stretches) / RATE_HZ

    def on_clock(self, start_s: float, end_s: float) -> tuple[float, float]:
        """An interval of this window on the video's clock: within the stretch of its middle."""
        middle, before_s = (start_s + end_s) / 2, 0.0
        for stretch in self.stretches:
            length_s = len(stretch.samples) / RATE_HZ
            if middle < before_s + length_s or stretch is self.stretches[-1]:
                break
            before_s += length_s
        begin, end = (
            stretch.start_s + min(max(time_s - before_s, 0.0), length_s)
            for time_s in (start_s, end_s)
        )
        return begin, max(begin, end)


def windows_of(pieces: Iterable[SoundPiece], settings: Settings) -> Iterator[Window]:
    """The windows of a video in order of time, each as soon as it is full."""
    window = Window()
    for stretch in stretches_of(pieces, settings):
        if (
            window.stretches
            and window.length_s + len(stretch.samples) / RATE_HZ > settings.window_s
        ):
            yield window
            window = Window()
        window.stretches.append(stretch)
    if window.stretches:
        yield window


def stretches_of(pieces: Iterable[SoundPiece], settings: Settings) -> Iterator[Stretch]:
    """Where somebody speaks, in order of time, none longer than a window."""
    block = _Block(settings)
    for piece in pieces:
        if block.held and abs(piece.start_s - block.end_s) > 0.5 / RATE_HZ:
            yield from block.voices(is_last=True)
        block.add(piece)
        if block.end_s - block.start_s >= BLOCK_S:
            yield from block.voices(is_last=False)
    yield from block.voices(is_last=True)


class _Block:
    """Sound without a gap in which voices were not looked for yet."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.held: list[Samples] = []
        self.start_s = self.end_s = 0.0

    def add(self, piece: SoundPiece) -> None:
        if not self.held:
            self.start_s = self.end_s = piece.start_s
        self.held.append(piece.samples)
        self.end_s = piece.end_s

    def voices(self, *, is_last: bool) -> Iterator[Stretch]:
        """The stretches with a voice; what may go on after the block stays in it."""
        if not self.held:
            return
        samples = np.concatenate(self.held)
        border = len(samples) if is_last else len(samples) - round(BEFORE_S * RATE_HZ)
        kept_from = border
        for first, after in _voices(samples, self._settings):
            if after > border:
                kept_from = first
                break
            kept_from = max(border, after)
            yield Stretch(self.start_s + first / RATE_HZ, samples[first:after])
        rest = samples[kept_from:]
        self.held = [rest] if len(rest) else []
        self.start_s += kept_from / RATE_HZ


def _voices(samples: Samples, settings: Settings) -> list[tuple[int, int]]:
    """First and last sample, not included, of each stretch with a voice."""
    if float(np.ptp(samples)) < SILENT:
        return []
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=settings.voice,
        min_speech_duration_ms=round(1000 * settings.shortest_voice_s),
        min_silence_duration_ms=round(1000 * settings.pause_s),
        max_speech_duration_s=settings.window_s,
        speech_pad_ms=round(1000 * settings.pad_s),
    )
    found = get_speech_timestamps(samples, options)
    return [(int(each["start"]), int(each["end"])) for each in found]
