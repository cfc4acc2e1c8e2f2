"""Whisper base from the packages on speech of espeak-ng: what is said, when, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from data.lines import Reading
from data.video.narration import PACKAGE, Spoken, can_speak, narrate
from data.video.sound.types import RATE_HZ
from embeddings.words.speech import SpeechReader, load_speech
from embeddings.words.speech.invented import is_invented
from embeddings.words.speech.settings import Settings
from tests.data.sounding import film

SAID = (
    Spoken(1.2, "The museum opens a new hall about the history of printing."),
    Spoken(7.5, "A thunderstorm is coming over the mountains tonight."),
)


@pytest.fixture(scope="module")
def speech() -> Iterator[SpeechReader]:
    with load_speech(threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def narrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with two sentences; without espeak-ng skipped, or failed where it is required."""
    if not can_speak():
        reason = f"no espeak-ng here: install the Debian package {PACKAGE}"
        if os.environ.get("REELWISE_REQUIRE_VOICE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("spoken")
    narrate(film(folder / "film.mp4", length_s=12, fps=2), folder / "said.mp4", SAID)
    return folder / "said.mp4"


@pytest.fixture(scope="module")
def reading(speech: SpeechReader, narrated: Path) -> Reading:
    environment, before = dict(os.environ), torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        found = speech.read(narrated, lambda: None)
        assert torch.get_num_threads() == 3  # the process is as it was
        assert dict(os.environ) == environment
    finally:
        torch.set_num_threads(before)
    return found


def test_sentences_are_heard_when_they_are_said(reading: Reading) -> None:
    assert len(reading.lines) == len(SAID)
    for line, said in zip(reading.lines, SAID, strict=True):
        assert line.start_s == pytest.approx(said.start_s, abs=0.5)
        assert line.end_s < said.start_s + 6
        wanted, heard = said.text.lower().split(), line.text.lower().split()
        assert len(set(wanted) & set(heard)) >= 0.7 * len(wanted)
        assert (line.language, line.confidence > 0.5) == ("en", True)


def test_the_same_sound_gives_the_same_lines(
    reading: Reading, speech: SpeechReader, narrated: Path
) -> None:
    assert speech.read(narrated, lambda: None) == reading


def test_even_without_looking_for_a_voice_silence_has_no_line(speech: SpeechReader) -> None:
    silence = np.zeros(10 * RATE_HZ, np.float32)
    model = speech._load()
    (heard,) = model.transcribe([silence], model.encode([silence]), "en", lambda: None)
    assert heard.words  # it writes "you"
    assert is_invented(heard.words, heard, Settings())


def test_each_window_is_encoded_alone_and_as_among_others(
    speech: SpeechReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = speech._load()
    draw = np.random.default_rng(0)
    windows = [draw.normal(0, 0.1, n * RATE_HZ).astype(np.float32) for n in (1, 2)]
    sizes: list[int] = []
    encode = model._model.encode

    def counted(batch: NDArray[np.float32]) -> object:
        sizes.append(len(batch))
        return encode(batch)

    monkeypatch.setattr(model._model, "encode", counted)
    both = np.array(model.encode(windows))
    assert sizes == [1, 1]
    assert np.array_equal(both[0], np.array(model.encode(windows[:1]))[0])
