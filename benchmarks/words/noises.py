"""Sounds in which nobody speaks; a minute of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.video.sound.types import RATE_HZ

LENGTH_S = 60
Sound = NDArray[np.float32]


def noises(seed: int = 0) -> dict[str, Sound]:
    """Silence, noise of four colours, hum, music-like tones, knocks; (n,) samples by name."""
    draw = np.random.default_rng(seed)
    n = LENGTH_S * RATE_HZ
    t = np.arange(n) / RATE_HZ
    white = draw.normal(0, 0.1, n)
    pink = _coloured(draw.normal(size=n), 0.5)
    made = {
        "silence": np.zeros(n),
        "hiss": white / 100,
        "white": white,
        "pink": pink,
        "brown": _coloured(draw.normal(size=n), 1.0),
        "wind": pink * (1 + np.sin(2 * np.pi * 0.3 * t)) / 2,
        "hum": 0.3 * np.sin(2 * np.pi * 50 * t) + 0.1 * np.sin(2 * np.pi * 150 * t),
        "buzz": 0.3 * np.sign(np.sin(2 * np.pi * 110 * t)) * (1 + np.sin(8 * np.pi * t)) / 2,
        "sweep": 0.4 * np.sin(2 * np.pi * (200 + 30 * t) * t),
        "clicks": (draw.random(n) < 0.0005).astype(float),
        "knocks": draw.normal(0, 0.5, n) * np.exp(-(t % 3) * 3),
        "melody": _melody(draw, n),
        "chords": 0.3 * _melody(draw, n) + 0.3 * _melody(draw, n) + 0.3 * _melody(draw, n),
    }
    return {name: np.clip(sound, -1, 1).astype(np.float32) for name, sound in made.items()}


def _coloured(white: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(white)
    frequency = np.maximum(1, np.arange(len(spectrum)))
    sound = np.fft.irfft(spectrum / frequency**power, len(white))
    return np.asarray(0.5 * sound / np.abs(sound).max())


def _melody(draw: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Plucked tones of a scale, with overtones."""
    sound, at = np.zeros(n), 0
    while at < n:
        length = min(int(draw.uniform(0.15, 0.6) * RATE_HZ), n - at)
        t = np.arange(length) / RATE_HZ
        base_hz = 220 * 2 ** (draw.integers(0, 24) / 12)
        tone = sum(np.sin(2 * np.pi * base_hz * k * t) / k for k in (1, 2, 3, 5))
        sound[at : at + length] = 0.25 * np.exp(-t * draw.uniform(1, 6)) * tone
        at += length
    return sound
