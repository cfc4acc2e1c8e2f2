"""Narrated films, indexed with their words, and each sentence asked as a user asks.

A query is the whole sentence, to every channel. It counts as found where the first hit is of its
film and begins where it is said: at most a second before its voice, and before its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made.videos import real_videos
from benchmarks.words.sentences import OTHER, sentences
from data.home import resolve_home
from data.lines import Line, Reading
from data.toons.library import write_library
from data.video.narration import RATE_HZ, Spoken, Voice, narrate, speak
from data.video.types import OnProgress
from embeddings.opening.choice import load_encoder
from embeddings.words.speech import SpeechReader
from embeddings.words.speech.invented import plain_text
from indexer.build.pipeline import RunOptions, index_with
from indexer.search.query import Query
from indexer.search.searcher import Searcher

PER_FILM = 3
"""Sentences."""
FIRST_S = 0.7
BETWEEN_S = 0.9
NEAR_S = 1.0
ENGLISH = "en"
UNHEARD = frozenset(("fr",))
"""Voices of espeak-ng that no setting makes Whisper base understand (docs/log.md): told by
themselves, and not counted in `recall`."""


@dataclass(frozen=True)
class Said:
    """A sentence of a film."""

    film: str
    language: str
    start_s: float
    end_s: float
    text: str


@dataclass
class Listening:
    """The reader, which also keeps what it read."""

    reader: SpeechReader
    readings: dict[str, Reading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.id, self.channel = self.reader.id, self.reader.channel

    def read(self, path: Path, on_progress: OnProgress) -> Reading:
        """As `LineReader`."""
        self.readings[path.name] = self.reader.read(path, on_progress)
        return self.readings[path.name]


def ask_for_words(reader: SpeechReader, here: Path, n_toons: int, n_real: int) -> dict[str, Any]:
    """Recall, starts and words by language; the films lie below `here`."""
    films = here / "films"
    films.mkdir()
    said = list(_narrated(here, films, n_toons, n_real))
    encoder, home, heard = load_encoder("toon"), resolve_home(here / "home"), Listening(reader)
    index_with(home, [films], encoder, RunOptions(readers=[heard]))
    with closing(Searcher(home, encoder)) as searcher:
        starts_s = [_start_of(searcher, each) for each in said]
    lines = {name: reading.lines for name, reading in heard.readings.items()}
    figures = _figures(said, starts_s)
    for language in dict.fromkeys(each.language for each in said):
        figures |= _of_language(language, said, starts_s, lines)
    return figures | {
        "films": len(lines),
        "lines_a_sentence": round(sum(map(len, lines.values())) / len(said), 2),
    }


def _narrated(here: Path, films: Path, n_toons: int, n_real: int) -> Iterator[Said]:
    """Write the films; gives what is said in them."""
    n_other = sum(-(-len(texts) // PER_FILM) for texts in OTHER.values())
    toons = iter(
        sorted(write_library(here / "toons", n_toons + n_other, seed=11).folder.glob("*.mp4"))
    )
    english = [next(toons) for _ in range(n_toons)] + real_videos((".mp4",))[:n_real]
    spoken = {ENGLISH: sentences(PER_FILM * len(english)), **OTHER}
    for language, texts in spoken.items():
        voice = Voice() if language == ENGLISH else Voice(language)
        for first in range(0, len(texts), PER_FILM):
            film = english[first // PER_FILM] if language == ENGLISH else next(toons)
            to = films / f"{language}-{film.stem}.mkv"
            laid = _laid(texts[first : first + PER_FILM], voice)
            for each, (start_s, end_s) in zip(laid, narrate(film, to, laid, voice), strict=True):
                yield Said(to.name, language, start_s, end_s, each.text)


def _laid(texts: Sequence[str], voice: Voice) -> list[Spoken]:
    """Sentences one after the other, with a pause between."""
    spoken, at_s = [], FIRST_S
    for text in texts:
        spoken.append(Spoken(round(at_s, 3), text))
        at_s += len(speak(text, voice)) / RATE_HZ + BETWEEN_S
    return spoken


def _start_of(searcher: Searcher, said: Said) -> float | None:
    """Where the first hit begins; None where it is another moment than the one that is meant."""
    hits = searcher.search(Query(said.text), 1).hits
    if not hits or hits[0].path.name != said.film:
        return None
    start_s = hits[0].start_s
    return start_s if said.start_s - NEAR_S <= start_s < said.end_s else None


def _figures(said: Sequence[Said], starts_s: Sequence[float | None]) -> dict[str, Any]:
    """Of all languages that a voice of espeak-ng speaks so that they are understood."""
    rows = [
        (each, start_s)
        for each, start_s in zip(said, starts_s, strict=True)
        if each.language not in UNHEARD
    ]
    off_s = [abs(start_s - each.start_s) for each, start_s in rows if start_s is not None]
    return {
        "queries": len(rows),
        "recall": round(len(off_s) / len(rows), 3),
        "start_within_1s": round(sum(each <= NEAR_S for each in off_s) / len(rows), 3),
        "start_off_median_s": round(float(np.median(off_s)), 3) if off_s else None,
        "missed": [each.text for each, start_s in rows if start_s is None],
    }


def _of_language(
    language: str,
    said: Sequence[Said],
    starts_s: Sequence[float | None],
    lines: Mapping[str, tuple[Line, ...]],
) -> dict[str, Any]:
    rows = [(each, s) for each, s in zip(said, starts_s, strict=True) if each.language == language]
    films = {each.film for each, _ in rows}
    taken_for = Counter(line.language for film in films for line in lines[film])
    return {
        f"recall_{language}": round(sum(s is not None for _, s in rows) / len(rows), 3),
        f"words_right_{language}": round(_words_right([each for each, _ in rows], lines), 3),
        f"taken_for_{language}": dict(taken_for.most_common()),
    }


def _words_right(said: Iterable[Said], lines: Mapping[str, tuple[Line, ...]]) -> float:
    """Share of the spoken words that are in the lines of their film."""
    wanted = hit = 0
    for film in {each.film for each in said}:
        there = Counter(word for line in lines[film] for word in _words(line.text))
        words = Counter(word for each in said if each.film == film for word in _words(each.text))
        wanted += sum(words.values())
        hit += sum(min(count, there[word]) for word, count in words.items())
    return hit / wanted if wanted else 0.0


def _words(text: str) -> list[str]:
    return plain_text(text).split()
