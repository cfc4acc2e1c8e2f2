"""A narrated film says its sentences when it should, and keeps its picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import ReelwiseError
from data.video import narration
from data.video.children.pool import decode_one
from data.video.narration import Spoken, Voice, mux_sound, narrate, speak
from data.video.sound.decoding import open_sound
from data.video.types import DecodeRequest, FrameSpec
from tests.data.paint import numbers, paint
from tests.data.sounding import beeps, heard


@pytest.fixture
def voiced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of espeak-ng: half a second of tone for each word."""

    def tone(text: str, voice: Voice | None = None) -> NDArray[np.float32]:
        n = round(0.5 * len(text.split()) * narration.RATE_HZ)
        return np.asarray(0.5 * np.sin(np.arange(n) * 0.2), np.float32)

    monkeypatch.setattr(narration, "speak", tone)


def test_the_sound_is_added_and_the_picture_stays(tmp_path: Path) -> None:
    film, to = paint(tmp_path / "film.mp4", n=30), tmp_path / "said.mkv"
    mux_sound(film, to, beeps(3, [0.5, 2.0], rate_hz=16_000), rate_hz=16_000)
    with open_sound(to) as sound:
        assert heard(sound.pieces()) == pytest.approx([0.5, 2.0], abs=0.02)
    pixels, _, ending = decode_one(DecodeRequest(to, FrameSpec(64, 48), fps=10.0))
    assert numbers(pixels) == list(range(30))
    assert ending.state == "done"
    assert {path.name for path in tmp_path.iterdir()} == {"film.mp4", "said.mkv"}


@pytest.mark.usefixtures("voiced")
def test_sentences_begin_when_they_should(tmp_path: Path) -> None:
    film, to = paint(tmp_path / "film.mp4", n=30), tmp_path / "said.mp4"
    times = narrate(film, to, [Spoken(0.4, "two words"), Spoken(2.0, "one")])
    assert np.array(times) == pytest.approx(np.array([(0.4, 1.4), (2.0, 2.5)]), abs=1e-3)
    with open_sound(to) as sound:
        (piece,) = sound.pieces()
    loud = np.abs(piece.samples).reshape(-1)[: 16_000 * 3].copy()
    levels = [float(loud[round(16_000 * at) :][:800].max()) for at in (0.2, 0.6, 1.7, 2.2)]
    assert [level > 0.2 for level in levels] == [False, True, False, True]


@pytest.mark.usefixtures("voiced")
def test_sentences_that_overlap_are_refused(tmp_path: Path) -> None:
    film = paint(tmp_path / "film.mp4", n=10)
    with pytest.raises(ReelwiseError, match="begins at 1 s, before what is said ends") as error:
        narrate(film, tmp_path / "to.mp4", [Spoken(0.4, "two words"), Spoken(1.0, "one")])
    assert error.value.fix == "begin it at 1.4 s or later"


def test_without_espeak_ng_there_is_a_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ReelwiseError, match="espeak-ng is not installed") as error:
        speak("hello")
    assert error.value.fix == "apt-get install espeak-ng"


def test_a_picture_without_a_header_is_not_copied(tmp_path: Path) -> None:
    raw = paint(tmp_path / "film.h264", n=10)
    with pytest.raises(ReelwiseError, match=r"film\.h264 cannot be copied"):
        mux_sound(raw, tmp_path / "to.mp4", beeps(1, []), rate_hz=48_000)
    assert not (tmp_path / "to.mp4").exists()
