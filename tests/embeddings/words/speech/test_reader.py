"""From sound to lines, with a model whose answers are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from data.lines import Channel
from data.video.children import listening
from data.video.sound.types import RATE_HZ, SoundPiece, Track
from data.video.types import Ending, OnProgress
from embeddings.words.speech import SpeechReader, reader
from embeddings.words.speech.model_files import ModelFiles
from embeddings.words.speech.settings import Settings
from embeddings.words.speech.voice import Samples, Stretch, Window
from embeddings.words.speech.words import Heard, Word

FILES = ModelFiles("tiny", {}, {"model.bin": "0" * 64})
FILM = Path("film.mkv")


class Model:
    """Says one sentence in each window, half a second after it begins."""

    found: ClassVar[dict[str, float]]
    says: ClassVar[Sequence[str]]
    asked: ClassVar[list[str]]
    reads: ClassVar[dict[str, float]]

    def __init__(self, *_: object) -> None:
        pass

    def check_language(self, language: str | None) -> None:
        assert language in (None, "de")

    def encode(self, windows: Sequence[Samples]) -> Sequence[Samples]:
        return windows

    def languages(self, encoded: Sequence[Samples], lengths_s: Sequence[float]) -> dict[str, float]:
        assert [len(each) / RATE_HZ for each in encoded] == list(lengths_s)
        return self.found

    def transcribe(
        self, windows: Sequence[Samples], encoded: Any, language: str, on_progress: OnProgress
    ) -> list[Heard]:
        on_progress()
        self.asked.extend([language] * len(windows))
        text = self.says[len(self.asked) % len(self.says)]
        return [self._heard(text, self.reads.get(language, -0.2)) for _ in windows]

    def _heard(self, text: str, log_prob: float) -> Heard:
        words = [
            Word(0.5 + at * 0.3, 0.8 + at * 0.3, f" {word}", 0.9)
            for at, word in enumerate(text.split())
        ]
        return Heard(tuple(words), log_prob, 0.01, 1.2)


Stage = Callable[..., SpeechReader]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A reader of a film with voices at these times, and how its sound ended."""

    def make(
        voices_s: Sequence[float],
        ending: Ending | None = None,
        *,
        track: str = "",
        says: Sequence[str] = ("a red boat left the harbour",),
        found: dict[str, float] | None = None,
        reads: dict[str, float] | None = None,
        **options: Any,
    ) -> SpeechReader:
        Model.says, Model.found, Model.asked = says, found or {"en": 0.9}, []
        Model.reads = reads or {}

        class Listener(listening.Listener):
            def pieces(self, path: Path, on_progress: OnProgress = lambda: None) -> Any:
                assert path == FILM
                self.track = Track("aac", track, 1)
                yield SoundPiece(0.0, np.zeros(1, np.float32))
                self.ending = ending or Ending("done")

        def windows(pieces: Iterable[SoundPiece], settings: Settings) -> Iterator[Window]:
            list(pieces)
            for start_s in voices_s:
                yield Window([Stretch(start_s, np.zeros(5 * RATE_HZ, np.float32))])

        monkeypatch.setattr(reader, "Whisper", Model)
        monkeypatch.setattr(reader, "Listener", Listener)
        monkeypatch.setattr(reader, "windows_of", windows)
        return SpeechReader(FILES, **options)

    return make


def test_lines_lie_where_they_are_said(stage: Stage) -> None:
    reading = stage([10.0, 50.0]).read(FILM, lambda: None)
    assert [(line.start_s, line.end_s) for line in reading.lines] == [(10.5, 12.3), (50.5, 52.3)]
    first = reading.lines[0]
    assert (first.channel, first.language) == (Channel.SPEECH, "en")
    assert first.text == "a red boat left the harbour"
    assert first.confidence == pytest.approx(0.9)
    assert (reading.state, reading.reason) == ("done", "")


def test_without_a_voice_no_model_is_loaded(stage: Stage) -> None:
    silent = stage([])
    reading = silent.read(FILM, lambda: None)
    assert (reading.lines, reading.state, reading.reason) == ((), "done", "no speech")
    assert not silent.is_loaded
    mute = stage([], Ending("done", "no sound")).read(FILM, lambda: None)
    assert (mute.state, mute.reason) == ("done", "no sound")


def test_the_model_is_loaded_once_and_let_go(stage: Stage) -> None:
    speech = stage([1.0])
    with speech:
        speech.read(FILM, lambda: None)
        before = speech._load()
        speech.read(FILM, lambda: None)
        assert speech._load() is before
    assert not speech.is_loaded
    assert speech.read(FILM, lambda: None).lines


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (Ending("partial", "the sound breaks off at 12.3 s"), "the sound breaks off at 12.3 s"),
        (Ending("failed", "its sound is encrypted"), "its sound is encrypted"),
    ],
)
def test_what_could_not_be_heard_is_told(ending: Ending, reason: str, stage: Stage) -> None:
    reading = stage([1.0], ending).read(FILM, lambda: None)
    assert (reading.state, reading.reason, len(reading.lines)) == ("partial", reason, 1)


def test_the_language_is_found_once_for_a_video(stage: Stage) -> None:
    speech = stage([at * 10.0 for at in range(11)], found={"fr": 0.8, "en": 0.2})
    reading = speech.read(FILM, lambda: None)
    assert {line.language for line in reading.lines} == {"fr"}
    assert Model.asked == ["fr"] * 11


def test_a_doubtful_language_gives_way_to_what_the_file_says(stage: Stage) -> None:
    doubtful, sure = {"en": 0.4, "de": 0.3}, {"en": 0.8, "de": 0.1}

    def language(found: dict[str, float], track: str) -> str:
        return stage([1.0], found=found, track=track).read(FILM, lambda: None).lines[0].language

    assert language(doubtful, "ger") == "de"
    assert language(sure, "ger") == "en"
    assert language(doubtful, "") == language(doubtful, "tlh") == "en"


def test_a_doubtful_language_is_the_one_that_reads_best(stage: Stage) -> None:
    found = {"nn": 0.5, "la": 0.2, "nl": 0.1, "de": 0.05}
    reads = {"nn": -0.9, "la": -0.8, "nl": -0.3, "de": -0.1}
    speech = stage([at * 10.0 for at in range(9)], found=found, reads=reads)
    assert {line.language for line in speech.read(FILM, lambda: None).lines} == {"nl"}
    assert Model.asked == ["nn"] * 8 + ["la"] * 8 + ["nl"] * 8 + ["nl"]


def test_a_language_that_is_given_is_not_looked_for(stage: Stage) -> None:
    given = stage([1.0], found={"en": 1.0}, language="de")
    assert given.read(FILM, lambda: None).lines[0].language == "de"


def test_an_old_code_of_a_language_is_told_as_the_new_one(stage: Stage) -> None:
    assert stage([1.0], found={"jw": 1.0}).read(FILM, lambda: None).lines[0].language == "jv"


def test_a_line_that_is_repeated_on_and_on_is_a_loop(stage: Stage) -> None:
    reading = stage([at * 10.0 for at in range(9)]).read(FILM, lambda: None)
    assert len(reading.lines) == reader.MOST_ALIKE
    in_turns = ["a red boat left", "the black car came"]
    speech = stage([at * 10.0 for at in range(10)], says=in_turns, settings=Settings(batch=1))
    assert len(speech.read(FILM, lambda: None).lines) == 10


def test_invented_text_is_left_out_and_said_to_be_no_speech(stage: Stage) -> None:
    reading = stage([1.0], says=["Untertitel der Amara.org-Community"]).read(FILM, lambda: None)
    assert (reading.lines, reading.reason) == ((), "no speech")


def test_progress_is_told_while_a_model_works(stage: Stage) -> None:
    told: list[None] = []
    stage([at * 10.0 for at in range(16)]).read(FILM, lambda: told.append(None))
    assert len(told) >= 6
