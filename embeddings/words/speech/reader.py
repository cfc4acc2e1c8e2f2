"""What is said in a video, as lines."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Self

from data.errors import ReelwiseError
from data.lines import Channel, Line, Reading, language_code
from data.video.children.listening import Listener
from data.video.types import Ending, OnProgress
from embeddings.words.speech.cutting import lines_of
from embeddings.words.speech.invented import PHRASES_FILE, confidence_of, is_invented
from embeddings.words.speech.model_files import ModelFiles
from embeddings.words.speech.models import AUTO, find_model
from embeddings.words.speech.settings import Settings
from embeddings.words.speech.voice import Window, windows_of
from embeddings.words.speech.whisper import Whisper, code_of
from embeddings.words.speech.words import Heard, Word

NO_SPEECH = "no speech"
SURE_LANGUAGE = 0.7
"""A language that is less probable gives way to the one that the file names, else to the one in
which the first windows read best."""
CANDIDATES = 3
"""Languages in which they are read then."""
MOST_ALIKE = 2
"""The same line this many times in a row may be said; more are a loop of the model."""


class SpeechReader:
    """Transcribes the sound of videos, one at a time; threads may share it.

    The model is loaded for the first voice that is heard, the child that decodes is started for the
    first video.

    Args:
        files: The model, measured.
        language: Code of the language that is spoken; None to find it for each video.
        settings: What shapes a line.
        threads: Of the model; as many as there are cores by default.
    """

    channel = Channel.SPEECH

    def __init__(
        self,
        files: ModelFiles,
        *,
        language: str | None = None,
        settings: Settings | None = None,
        threads: int | None = None,
    ) -> None:
        self._files = files.measured()
        self._language = language
        self._settings = settings or Settings()
        self._threads = threads
        self._whisper: Whisper | None = None
        self._listener: Listener | None = None
        self._lock = Lock()
        self.name = files.name
        """As a user typed it, and as `status` prints it."""
        self.id = _engine_id(self._files, language, self._settings)
        """Safe as a folder name; see `LineReader`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._whisper is not None

    def close(self) -> None:
        """End the child and let the model go; both come again where they are needed."""
        with self._lock:
            if self._listener is not None:
                self._listener.close()
            self._listener = self._whisper = None

    def read(self, path: Path, on_progress: OnProgress) -> Reading:
        """What is said in a video, see `LineReader`.

        Raises:
            UnreadableVideo: The file is no video, or none that can be opened.
            ReelwiseError: The model cannot be loaded, or no child can be started.
        """
        with self._lock:
            self._listener = self._listener or Listener()
            pieces = self._listener.pieces(path, on_progress)
            windows = windows_of(pieces, self._settings)
            lines = tuple(_without_loops(self._lines(windows, on_progress)))
            ending = self._listener.ending
        return _reading(lines, ending or Ending("done"))

    def _lines(self, windows: Iterator[Window], on_progress: OnProgress) -> Iterator[Line]:
        """The lines of all windows, a batch at a time."""
        language = self._language
        while batch := list(islice(windows, self._settings.batch)):
            whisper = self._load()
            samples = [window.samples for window in batch]
            on_progress()
            encoded = whisper.encode(samples)
            on_progress()
            if language is None:
                lengths_s = [window.length_s for window in batch]
                candidates = self._candidates(whisper.languages(encoded, lengths_s))
            else:
                candidates = [language]
            read = {
                code: whisper.transcribe(samples, encoded, code, on_progress) for code in candidates
            }
            language = max(candidates, key=lambda code: _log_prob(read[code]))
            heard = read[language]
            for window, each in zip(batch, heard, strict=True):
                for words in lines_of(_on_clock(each.words, window), self._settings):
                    if not is_invented(words, each, self._settings):
                        yield _line(words, code_of(language))

    def _load(self) -> Whisper:
        if self._whisper is None:
            whisper = Whisper(self._files, self._settings, self._threads)
            whisper.check_language(self._language)
            self._whisper = whisper
        return self._whisper

    def _candidates(self, probabilities: dict[str, float]) -> list[str]:
        """The languages that a video may be in, the most probable first; one where it is sure."""
        ranked = sorted(probabilities, key=lambda code: (-probabilities[code], code))
        if probabilities[ranked[0]] >= SURE_LANGUAGE:
            return ranked[:1]
        track = self._listener.track if self._listener else None
        named = language_code(track.language) if track else ""
        return [named] if named in probabilities else ranked[:CANDIDATES]


def load_speech(
    name: str = AUTO, *, language: str | None = None, threads: int | None = None
) -> SpeechReader:
    """A reader of spoken words; the model's files are found and measured, not loaded.

    Args:
        name: See `find_model`.
        language: The language that is spoken, by code or name; None to find it for each video.
        threads: Of the model; as many as there are cores by default.

    Raises:
        ReelwiseError: The model is unknown or not here, or the language is unknown.
    """
    code = language_named(language) if language else None
    return SpeechReader(find_model(name), language=code, threads=threads)


def language_named(name: str) -> str:
    """The code of a language.

    Raises:
        ReelwiseError: It is none.
    """
    code = language_code(name)
    if not code:
        raise ReelwiseError(
            f"there is no language {name!r}", fix="give a code such as en, de, fr, es or ja"
        )
    return code


def _engine_id(files: ModelFiles, language: str | None, settings: Settings) -> str:
    phrases = hashlib.sha256(PHRASES_FILE.read_bytes()).hexdigest()
    shape = {"files": files.digest, "language": language, "phrases": phrases, **asdict(settings)}
    digest = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", Path(files.name).name).strip("-.")[:40] or "model"
    return f"speech-{slug}-{digest[:16]}"


def _log_prob(heard: Sequence[Heard]) -> float:
    """How well windows read: the mean over their words."""
    weights = [1 + len(each.words) for each in heard]
    return sum(w * each.log_prob for w, each in zip(weights, heard, strict=True)) / sum(weights)


def _on_clock(words: Iterable[Word], window: Window) -> list[Word]:
    placed = []
    for word in words:
        start_s, end_s = window.on_clock(word.start_s, word.end_s)
        placed.append(replace(word, start_s=start_s, end_s=end_s))
    return placed


def _line(words: tuple[Word, ...], language: str) -> Line:
    text = " ".join("".join(word.text for word in words).split())
    return Line(
        Channel.SPEECH,
        round(words[0].start_s, 3),
        round(max(words[-1].end_s, words[0].start_s), 3),
        text,
        language,
        round(confidence_of(words), 4),
    )


def _without_loops(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, but of those that are the same in a row only the first few."""
    before, times = "", 0
    for line in lines:
        times = times + 1 if line.text == before else 1
        before = line.text
        if times <= MOST_ALIKE:
            yield line


def _reading(lines: tuple[Line, ...], ending: Ending) -> Reading:
    if ending.state == "done":
        return Reading(lines, "done", ending.reason or ("" if lines else NO_SPEECH))
    return Reading(lines, "partial", ending.reason)
