"""Decoded sound on one clock: gaps stay gaps, what overlaps is heard once.

The rule: a frame lies where its time stamp says. Time stamps round and jitter, so sound that is off
by little goes on; a short gap is silence, and after a long one a new piece begins. Time never goes
back: sound that was there already is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from data.video.sound.types import RATE_HZ, SoundPiece

Samples = NDArray[np.float32]

JITTER_S = 0.05
"""A time stamp that is off by less is rounding."""
FILLED_S = 1.0
"""A gap that is shorter is filled with silence."""
PIECE_S = 10.0
"""Length of the pieces that are handed on."""


class Timeline:
    """Frames in, pieces out, in order of time."""

    def __init__(self) -> None:
        self._resampler: AudioResampler | None = None
        self._setup: tuple[str, str, int] | None = None
        self._start: int | None = None
        self._at = 0
        self._skip = 0
        self._held: list[Samples] = []

    @property
    def reached_s(self) -> float:
        """End of the sound so far."""
        return self._at / RATE_HZ

    def add(self, frame: AudioFrame, time_s: float | None) -> Iterator[SoundPiece]:
        """Lay the next frame; gives the pieces that are complete.

        Args:
            frame: As it was decoded, of any rate and layout.
            time_s: When it begins; None where that is not known: after the one before.
        """
        setup = (frame.format.name, frame.layout.name, frame.sample_rate)
        if setup != self._setup:
            self._flush()
            self._setup = setup
        if time_s is not None:
            yield from self._move_to(round(time_s * RATE_HZ))
        if self._resampler is None:
            self._resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        frame.pts = None  # the resampler would fill and cut by its own rules
        for mono in self._resampler.resample(frame):
            self._keep(_samples(mono))
        if self._start is not None and self._at - self._start >= PIECE_S * RATE_HZ:
            yield from self._piece()

    def end(self) -> Iterator[SoundPiece]:
        """Give what is left."""
        self._flush()
        yield from self._piece()

    def _move_to(self, target: int) -> Iterator[SoundPiece]:
        """Bring the end of the sound so far to where the next frame begins."""
        if abs(target - self._at) <= JITTER_S * RATE_HZ and self._start is not None:
            self._skip = 0
            return
        if target > self._at:
            self._flush()
        gap = target - self._at
        if gap > FILLED_S * RATE_HZ or self._start is None:
            yield from self._piece()
            self._at = max(self._at, target)
            gap = target - self._at
        self._skip = max(0, -gap)
        if gap > 0:
            self._keep(np.zeros(gap, np.float32))

    def _keep(self, samples: Samples) -> None:
        cut = min(self._skip, len(samples))
        self._skip -= cut
        samples = samples[cut:]
        if not len(samples):
            return
        if self._start is None:
            self._start = self._at
        self._held.append(samples)
        self._at += len(samples)

    def _flush(self) -> None:
        """Take what the resampler still holds."""
        resampler, self._resampler = self._resampler, None
        if resampler is not None:
            for mono in resampler.resample(None):
                self._keep(_samples(mono))

    def _piece(self) -> Iterator[SoundPiece]:
        if self._start is not None:
            yield SoundPiece(self._start / RATE_HZ, np.concatenate(self._held))
        self._start, self._held = None, []


def _samples(mono: AudioFrame) -> Samples:
    """The samples of a resampled frame: what is no number is silence."""
    samples = np.nan_to_num(mono.to_ndarray().reshape(-1), nan=0.0, posinf=0.0, neginf=0.0)
    clipped: Samples = np.clip(samples, -1.0, 1.0).astype(np.float32)
    return clipped
