"""Stretches with a voice lie where it is heard, however the sound is cut into pieces."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from data.video.sound.types import RATE_HZ, SoundPiece
from embeddings.words.speech import voice
from embeddings.words.speech.settings import Settings
from embeddings.words.speech.voice import Samples, Stretch, Window, stretches_of, windows_of

SETTINGS = Settings()


@pytest.fixture
def loud_is_voice(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A detector that takes what is loud for a voice; gives the lengths of what it was shown."""
    shown: list[float] = []

    def detect(samples: Samples, settings: Settings) -> list[tuple[int, int]]:
        shown.append(len(samples) / RATE_HZ)
        loud = np.r_[0, (np.abs(samples) > 0.1).astype(int), 0]
        edges = np.flatnonzero(np.diff(loud))
        return [
            (int(first), int(after)) for first, after in zip(*edges.reshape(-1, 2).T, strict=True)
        ]

    monkeypatch.setattr(voice, "_voices", detect)
    return iter([shown])


def pieces(length_s: float, voices: list[tuple[float, float]], piece_s: float) -> list[SoundPiece]:
    sound = np.zeros(round(length_s * RATE_HZ), np.float32)
    for start_s, end_s in voices:
        sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = 0.5
    step = round(piece_s * RATE_HZ)
    return [
        SoundPiece(first / RATE_HZ, sound[first : first + step])
        for first in range(0, len(sound), step)
    ]


def spans(found: Iterator[Stretch]) -> list[tuple[float, float]]:
    return [
        (round(each.start_s, 3), round(each.start_s + len(each.samples) / RATE_HZ, 3))
        for each in found
    ]


@pytest.mark.usefixtures("loud_is_voice")
@pytest.mark.parametrize("piece_s", [0.7, 10.0, 400.0])
def test_a_voice_over_the_border_of_blocks_is_one(piece_s: float) -> None:
    voices = [(3.0, 5.0), (118.0, 125.0), (239.5, 241.0), (300.0, 320.0)]
    assert spans(stretches_of(pieces(330, voices, piece_s), SETTINGS)) == voices


def test_only_a_block_of_sound_is_held_at_once(loud_is_voice: Iterator[list[float]]) -> None:
    shown = next(loud_is_voice)
    list(stretches_of(pieces(600, [(100.0, 128.0)], 10.0), SETTINGS))
    assert max(shown) <= voice.BLOCK_S + 28 + 10


@pytest.mark.usefixtures("loud_is_voice")
def test_a_gap_ends_a_voice() -> None:
    loud = np.full(RATE_HZ, 0.5, np.float32)
    found = spans(stretches_of([SoundPiece(1.0, loud), SoundPiece(9.0, loud)], SETTINGS))
    assert found == [(1.0, 2.0), (9.0, 10.0)]


def stretch(start_s: float, length_s: float) -> Stretch:
    return Stretch(start_s, np.zeros(round(length_s * RATE_HZ), np.float32))


@pytest.mark.usefixtures("loud_is_voice")
def test_windows_are_full_but_never_longer_than_a_model_hears() -> None:
    voices = [(start, start + 8.0) for start in np.arange(0, 200, 10.0).tolist()]
    windows = list(windows_of(pieces(210, voices, 10.0), SETTINGS))
    assert all(window.length_s <= SETTINGS.window_s for window in windows)
    assert [len(window.stretches) for window in windows] == [2] * 10


def test_times_of_a_window_are_those_of_its_stretches() -> None:
    window = Window([stretch(10.0, 2.0), stretch(60.0, 3.0)])
    assert window.on_clock(0.5, 1.0) == pytest.approx((10.5, 11.0))
    assert window.on_clock(2.5, 3.0) == pytest.approx((60.5, 61.0))
    # a word that reaches over the seam lies where its middle does, and not beyond
    assert window.on_clock(1.5, 2.2) == pytest.approx((11.5, 12.0))
    assert window.on_clock(1.9, 2.9) == pytest.approx((60.0, 60.9))
    assert window.on_clock(4.9, 9.0) == pytest.approx((62.9, 63.0))


def test_silence_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("looked for a voice in silence")

    monkeypatch.setattr("faster_whisper.vad.get_speech_timestamps", fail)
    flat = np.full(RATE_HZ * 5, 0.01, np.float32)  # silence with an offset
    assert list(stretches_of([SoundPiece(0.0, flat)], SETTINGS)) == []
    flat[::2] = 0.02
    with pytest.raises(AssertionError):
        list(stretches_of([SoundPiece(0.0, flat)], SETTINGS))


def test_hum_and_noise_have_no_voice() -> None:
    t = np.arange(20 * RATE_HZ) / RATE_HZ
    hum = (0.3 * np.sin(2 * np.pi * 50 * t)).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.1, len(t)).astype(np.float32)
    assert list(stretches_of([SoundPiece(0.0, hum), SoundPiece(20.0, noise)], SETTINGS)) == []
